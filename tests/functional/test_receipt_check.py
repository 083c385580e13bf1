"""A supplier sees whether the platform kept its promise, and a supervisor whether an accusation is true."""

from __future__ import annotations

import io
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from sqlalchemy import delete, select

from bids.receipt_bundle import read_bundle
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import OpeningHouse
from trading.cli import sunseal
from trading.commands.receipt_check import EXIT_BROKEN
from trading.submission.models import LedgerLeaf

pytestmark = pytest.mark.one_database


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class Scene:
    """A tender with three bids, one withdrawn, and what its suppliers keep in a folder."""

    def __init__(self, house: OpeningHouse, folder: Path) -> None:
        self.house, self.folder = house, folder
        custodians = tuple(house.enrol("custodian") for _ in range(3))
        self.suppliers = [house.enrol("supplier") for _ in range(3)]
        self.tender: Tendering = house.tender(house.enrol("agency"), custodians)
        self.bids: list[Sealed] = [house.bid(who, self.tender) for who in self.suppliers]
        house.withdraw(self.suppliers[2], self.tender, self.bids[2])
        (folder / "roots.pem").write_bytes(house.call("GET", "/certificates/roots.pem").body)
        (folder / "log.key").write_bytes(house.call("GET", "/log/key").body)

    def bundle(self, number: int, name: str) -> Path:
        """A supplier's bundle as the platform gives it now."""
        who: Who = self.suppliers[number]
        path = f"/tenders/{self.tender.id}/bids/{self.bids[number].bid}/bundle.zip"
        out = self.folder / name
        out.write_bytes(self.house.call("GET", path, who).body)
        return out

    def drop(self, number: int) -> None:
        """The platform loses a bid from its ledger, receipt or not, and closes."""
        with self.house.platform.database.transaction() as session:
            session.execute(delete(LedgerLeaf).where(LedgerLeaf.bid_id == self.bids[number].bid))
            left = select(LedgerLeaf).where(LedgerLeaf.tender_id == self.tender.id)
            for position, leaf in enumerate(session.scalars(left.order_by(LedgerLeaf.position)).all()):
                leaf.position = position
                session.flush()
        self.close()

    def close(self) -> None:
        self.house.past_deadline()
        self.house.work()

    def check(self, path: Path, *more: object, anchored: bool = True) -> int:
        own = ("--roots", self.folder / "roots.pem", "--log-key", self.folder / "log.key")
        arguments = ("receipt", "check", path, *(own if anchored else ()), *more, "--lang", "en")
        return sunseal.run([str(one) for one in arguments])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    house = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    yield Scene(house, tmp_path)
    house.close()


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, scene.house.app.app, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_promise_kept_before_and_after_the_closing(
    scene: Scene, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = scene.bundle(0, "before.zip")
    assert scene.check(before, "--server", address) == 1
    assert "cannot be told yet" in capsys.readouterr().out
    scene.close()
    assert scene.check(before, "--server", address) == 0
    assert "kept its promise" in capsys.readouterr().out
    # The bundle of after the closing needs no server, nor, to agree with itself, anchors.
    assert scene.check(scene.bundle(1, "after.zip")) == 0
    assert scene.check(scene.bundle(1, "again.zip"), anchored=False) == 0
    assert "Unanchored" in capsys.readouterr().out
    withdrawn = scene.bundle(2, "withdrawn.zip")
    assert len(read_bundle(io.BytesIO(withdrawn.read_bytes()))) == 2
    assert scene.check(withdrawn) == 0
    assert not list(scene.folder.glob("*.proof.zip"))


def test_by_the_evidence_package(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    before = scene.bundle(0, "before.zip")
    scene.close()
    scene.house.cancel(scene.tender)
    package = scene.folder / "evidence.zip"
    package.write_bytes(scene.house.package(scene.tender))
    assert scene.check(before, "--package", package) == 0
    said = capsys.readouterr().out
    assert "in the public log" in said and "2 leaves" not in said
    receipt = scene.folder / "receipt.json"
    receipt.write_bytes(read_bundle(io.BytesIO(before.read_bytes()))[0].receipt)
    assert scene.check(receipt, "--package", package) == 0
    assert scene.check(package) == 1


def test_a_dropped_bid_is_proved_to_a_supervisor_who_trusts_nobody(
    scene: Scene, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, other = scene.bundle(0, "mine.zip"), scene.bundle(1, "other.zip")
    scene.drop(0)
    assert scene.check(mine, "--server", address) == EXIT_BROKEN
    assert "BROKE its promise" in capsys.readouterr().out
    proof = scene.folder / "mine.proof.zip"
    assert scene.check(proof) == EXIT_BROKEN, "by the file alone"
    capsys.readouterr()
    assert scene.check(proof, anchored=False) == 1, "the accuser's own roots prove nothing"
    assert "make up a platform" in capsys.readouterr().out
    (scene.folder / "roots.pem").rename(scene.folder / "true.pem")
    (scene.folder / "roots.pem").write_bytes(scene.house.other_root())
    assert scene.check(proof) == 1, "signed by another platform than the supervisor knows"
    (scene.folder / "true.pem").rename(scene.folder / "roots.pem")
    assert scene.check(other, "--server", address) == 0, "who was not wronged has no proof"
    # An accusation that was worked on is recognised, whatever was changed.
    with zipfile.ZipFile(proof) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    leaf = files["ledger.jsonl"].splitlines(keepends=True)[0]
    for name, forged in (
        ("ledger.jsonl", files["ledger.jsonl"].replace(leaf, b"")),
        ("receipt.json", files["receipt.json"].replace(scene.bids[0].bid.encode(), b"0" * 32)),
        ("manifest.json", read_bundle(io.BytesIO(other.read_bytes()))[0].document or b""),
    ):
        path = scene.folder / f"forged-{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for each, data in {**files, name: forged}.items():
                archive.writestr(each, data)
        assert scene.check(path) == 1
        assert "This proves nothing" in capsys.readouterr().out


@pytest.mark.outside
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_checks_a_bundle_as_its_readme_says(scene: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(scene.bundle(0, "bundle.zip")) as archive:
        archive.extractall(folder)
    text = (folder / "README.txt").read_text("utf-8")
    commands = text[text.index("    jq") : text.index("外部时间戳机构的")]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert "Verification: OK" in done.stdout, done.stderr
    assert "CMS Verification successful" in done.stderr
