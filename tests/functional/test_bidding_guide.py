"""docs/bidding.md, command by command, by a supplier's shell against a platform over real HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.functional.fuzzing import served
from tests.functional.house import House
from tests.functional.opening_house import OpeningHouse
from trading.web.messages import MESSAGES

TREE = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PASSWORD = "三只小猪"
SHIMS = {
    "sunseal": "from trading.cli import main; main()",
    # What the guide asks of curl, for machines that have none.
    "curl": "import sys, urllib.request as r; r.urlretrieve(sys.argv[4], sys.argv[3])",
}


@dataclass
class Desk:
    """A supplier's folder and shell; variables that a block sets live on in the next, as in a terminal."""

    folder: Path
    known: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def do(self, block: str) -> None:
        """Run a block of the guide; its assignments of example values take the real ones."""
        for name, value in self.known.items():
            block = re.sub(rf"^((?:export )?{name}=).*$", rf"\g<1>{value}", block, flags=re.MULTILINE)
        assigned = "".join(f"export {name}='{value}'\n" for name, value in self.known.items())
        environment = {
            "PATH": f"{self.folder / 'tools'}:{os.environ['PATH']}", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(TREE), "SUNSEAL_PASSWORD": PASSWORD, "HOME": str(self.folder),
        }  # fmt: skip
        result = subprocess.run(
            ["bash", "-euc", assigned + block], cwd=self.folder, env=environment, timeout=120,
            capture_output=True, text=True,
        )  # fmt: skip
        assert result.returncode == 0, f"{block}\n{result.stdout}\n{result.stderr}"
        self.said = result.stdout

    def heard(self, pattern: str) -> str:
        """What the last block said, by a pattern with one group."""
        found = re.search(pattern, self.said)
        assert found is not None, self.said
        return found.group(1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OpeningHouse]:
    made = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    (folder / "tools").mkdir(parents=True)
    for name, program in SHIMS.items():
        tool = folder / "tools" / name
        tool.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{program}' \"$@\"\n")
        tool.chmod(0o755)
    (folder / "施工方案.pdf").write_bytes(b"%PDF-1.7 plan")
    return Desk(folder)


def token_for(house: House) -> str:
    facts = {"scheme": "CN-USCC", "identifier": "GUIDE", "name": "城北建设公司", "roles": ["supplier"]}
    id = house.call("POST", "/organisations", house.operator, facts, 201).json["id"]
    person = {"person": "李工", "role": "supplier", "days": 30}
    return str(house.call("POST", f"/organisations/{id}/tokens", house.operator, person, 201).json["token"])


def test_the_guide_is_true_from_the_key_to_the_evidence(house: OpeningHouse, desk: Desk) -> None:
    guide = (TREE / "docs" / "bidding.md").read_text("utf-8")
    enrol, fetch, offer, seal, submit, follow, replace, withdraw, again, *ended = BLOCK.findall(guide)
    proofs, promise, evidence = ended
    custodians = tuple(house.enrol("custodian") for _ in range(2))
    tender = house.tender(house.enrol("agency"), custodians)
    (desk.folder / "token.txt").write_text(token_for(house) + "\n")
    with served(house.platform) as document:
        desk.known = {"SUNSEAL_SERVER": document.removesuffix("/api/v1/openapi.json"), "TENDER": tender.id}
        desk.do(enrol)
        assert desk.heard(r"platform's root: ([0-9a-f]{64})")
        for block in (fetch, offer, seal):
            desk.do(block)
        first = desk.heard(r"Bid: ([0-9a-f]{32})")
        desk.do(submit)
        assert desk.heard(r"Bid ([0-9a-f]{32}) was received") == first
        desk.do(follow)
        assert re.search(rf"{first}  \S+  current", desk.said)
        assert desk.said.count("The receipt holds") == 2
        kept = desk.folder / "bid.sealed.receipt.json"
        assert kept.read_bytes() == (desk.folder / "again.json").read_bytes()
        desk.known["BID"] = first
        desk.do(replace)
        second = desk.heard(r"Bid ([0-9a-f]{32}) was received")
        desk.do(withdraw)
        assert desk.heard(r"Bid ([0-9a-f]{32}) was withdrawn") == second
        assert (desk.folder / f"{second}.withdrawal-receipt.json").exists()
        desk.do(again)
        third = desk.heard(r"Bid ([0-9a-f]{32}) was received")
        house.open(tender)
        desk.known["LOG_KEY"] = house.platform.keys.log.vkey
        desk.do(proofs)
        assert "the closing is in the log" in desk.said
        desk.do(promise)
        assert "The platform kept its promise" in desk.said
        assert house.evaluate(tender)["winner"] == third
        house.award(tender, third)
        house.work()
        desk.do(evidence)


def test_the_guides_codes_are_the_platforms() -> None:
    table = (TREE / "docs" / "bidding.md").read_text("utf-8").partition("| code |")[2]
    codes = re.findall(r"^\| ([a-z-]+) \|", table, re.MULTILINE)
    assert len(codes) >= 5 and set(codes) <= set(MESSAGES)
