"""openssl as referee of everything signed in a package that the real application made, with the package's
roots as the only anchors; and the README in it, command by command."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from signing import canonical
from signing.encoding import b64decode, parse_time
from tests.functional.house import Sealed
from tests.functional.opening_house import OpeningHouse

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
ROOTS = "certificates/roots.pem"


@dataclass(frozen=True)
class Unpacked:
    """An evidence package as a folder, with what a careful reader knows from elsewhere."""

    folder: Path
    log_key: str
    current: Sealed
    gone: Sealed

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def names(self, pattern: str) -> list[str]:
        return sorted(str(each.relative_to(self.folder)) for each in self.folder.glob(pattern))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unpacked]:
    """An amended tender with a replaced, a withdrawn and a winning bid, awarded."""
    folder = tmp_path_factory.mktemp("package")
    house = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}")
    custodians = tuple(house.enrol("custodian") for _ in range(2))
    tender = house.tender(house.enrol("agency"), custodians)
    suppliers = [house.enrol("supplier") for _ in range(2)]
    first = house.bid(suppliers[0], tender)
    tender = house.amend(tender, title="道路改造第一标段（更正）")
    current = house.bid(suppliers[0], tender, replaces=first.bid)
    gone = house.bid(suppliers[1], tender)
    house.withdraw(suppliers[1], tender, gone)
    house.open(tender)
    house.evaluate(tender)
    house.award(tender, current.bid)
    data = house.package(tender)
    (folder / "unpacked").mkdir()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder / "unpacked")
    (folder / "unpacked" / "PACKAGE.zip").write_bytes(data)
    yield Unpacked(folder / "unpacked", house.platform.keys.log.vkey, current, gone)
    house.close()


def openssl(
    package: Unpacked, signature: bytes, content: bytes, at: datetime, *more: str, roots: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """`openssl cms -verify` as of `at`; `more` are further options."""
    place = package.folder / "checked"
    place.mkdir(exist_ok=True)
    for name, data in (("p7s", signature), ("content", content), ("roots", roots or package.read(ROOTS))):
        (place / name).write_bytes(data)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "p7s", "-content", "content"]
    command += ["-CAfile", "roots", "-no-CApath", "-no-CAstore", "-attime", str(int(at.timestamp()))]
    return subprocess.run([*command, "-out", "out", *more], cwd=place, capture_output=True, timeout=30)


def time_in(data: bytes, *path: str) -> datetime:
    value = canonical.loads(data)
    for name in path:
        value = value[name]  # type: ignore[index, call-overload]
    return parse_time(str(value))


def beside(package: Unpacked) -> Iterator[tuple[str, str, datetime]]:
    """Objects with their signature in a file of its own: names, and as of when they are judged."""
    for content in ["notice.json", *package.names("notices/*.json")]:
        yield content, content.replace(".json", ".p7s"), time_in(package.read(content), "at")
    for kind, receipt in (("manifest", "receipt"), ("withdrawal", "withdrawal-receipt")):
        for content in package.names(f"bids/*/{kind}.json"):
            received = package.read(content.replace(f"{kind}.json", f"{receipt}.json"))
            at = time_in(received, "statement", "received_at")
            yield content, content.replace(".json", ".p7s"), at


def statements(package: Unpacked) -> list[str]:
    """Files that hold a statement and its signature."""
    fixed = ["closing.json", "opening-record.json", "award.json", "evidence.json"]
    return fixed + package.names("bids/*/*receipt.json") + package.names("shares/*/*.json")


def test_every_notice_manifest_and_withdrawal(package: Unpacked) -> None:
    found = list(beside(package))
    kinds = [Path(content).name.split(".")[0] for content, _, _ in found]
    assert kinds.count("manifest") == 3 and kinds.count("withdrawal") == 1 and len(found) == 6
    for content, signature, at in found:
        signed, data = package.read(signature), package.read(content)
        result = openssl(package, signed, data, at)
        assert result.returncode == 0, (content, result.stderr)
        assert openssl(package, signed, data, at, "-cades").returncode == 0, content
        assert openssl(package, signed, data.replace(b":", b";", 1), at).returncode != 0, content
        changed = bytearray(signed)
        changed[-1] ^= 1
        assert openssl(package, bytes(changed), data, at).returncode != 0, content
        before = at - timedelta(days=3650)
        assert openssl(package, signed, data, before).returncode != 0, f"{content}: no certificate yet"


def test_every_statement(package: Unpacked) -> None:
    names = statements(package)
    assert len(names) == 4 + 4 + 2
    for name in names:
        file = canonical.loads(package.read(name))
        statement = canonical.dumps(file["statement"])  # type: ignore[index, call-overload]
        signature = b64decode(file["signature"])  # type: ignore[index, call-overload]
        at = time_in(statement, "at")
        result = openssl(package, signature, statement, at)
        assert result.returncode == 0, (name, result.stderr)
        changed = statement.replace(package.current.manifest.tender.encode(), b"0" * 32)
        assert changed != statement
        assert openssl(package, signature, changed, at).returncode != 0, name


def test_another_root_is_no_anchor(package: Unpacked) -> None:
    chain = package.read("certificates/chain.pem")
    content, signature, at = next(beside(package))
    result = openssl(package, package.read(signature), package.read(content), at, roots=chain)
    assert result.returncode != 0, "an issuing authority alone must not be enough"


def test_revocation_by_the_packages_lists(package: Unpacked) -> None:
    """The list that a receipt names was in force when the bid came in, and covers its supplier."""
    anchors = package.read(ROOTS) + package.read("certificates/crl.pem")
    checked = [each for each in beside(package) if each[0].startswith("bids/")]
    for content, signature, at in checked:
        signed, data = package.read(signature), package.read(content)
        result = openssl(package, signed, data, at, "-crl_check", roots=anchors)
        assert result.returncode == 0, (content, result.stderr)
        assert openssl(package, signed, data, at, "-crl_check").returncode != 0, "no list, no answer"


# --- README.txt


def printed(package: Unpacked) -> list[list[str]]:
    """The commands of README.txt, Chinese and English, whole lines."""
    halves = package.read("README.txt").decode().split("==== English ====")
    found = []
    for half in halves:
        text = re.sub(r" \\\n\s+", " ", half)
        found.append([line.strip() for line in text.splitlines() if line.startswith("    ")])
        found[-1] += re.findall(r"(openssl crl .*)", text)
    return found


def without_jq(package: Unpacked, command: str) -> None:
    """What the jq command does, where there is no jq."""
    file = canonical.loads(package.read(command.split()[3].replace("BID", package.current.bid)))
    if command.startswith("jq -jcS .statement"):
        data = canonical.dumps(file["statement"])  # type: ignore[index, call-overload]
        (package.folder / "statement").write_bytes(data)
    else:
        into = package.folder / command.split("> ")[1]
        into.write_bytes(b64decode(file["signature"]))  # type: ignore[index, call-overload]


def run(package: Unpacked, command: str) -> subprocess.CompletedProcess[str]:
    notice = time_in(package.read("notice.json"), "at")
    closing = time_in(package.read("closing.json"), "statement", "at")
    at = str(int((notice if "notice.p7s" in command else closing).timestamp()))
    command = re.sub(r"(?<=-attime )\S+", at, command).replace("BID", package.current.bid)
    shell = ["bash", "-o", "pipefail", "-c", command]
    return subprocess.run(shell, cwd=package.folder, capture_output=True, text=True, timeout=60)


def test_the_readmes_commands_work_as_printed(package: Unpacked) -> None:
    chinese, english = printed(package)
    assert [each.split()[:2] for each in chinese] == [each.split()[:2] for each in english]
    assert len(english) == 13
    for command in chinese + english:
        if command.startswith("sunseal") or ("trust" in command and shutil.which("certutil") is None):
            continue
        if command.startswith("mkdir trust"):
            shutil.rmtree(package.folder / "trust", ignore_errors=True)
        if command.startswith("jq") and shutil.which("jq") is None:
            without_jq(package, command)
            continue
        result = run(package, command)
        assert result.returncode == 0, (command, result.stderr)
        if command.startswith("sha256sum"):
            listed = canonical.loads(package.read("evidence.json"))["statement"]["files"]  # type: ignore[index, call-overload]
            for line in result.stdout.splitlines():
                digest, name = line.split()
                assert listed[name] == digest  # type: ignore[index, call-overload]


def test_the_readmes_own_verifier_works_as_printed(package: Unpacked) -> None:
    for commands in printed(package):
        command = next(each for each in commands if each.startswith("sunseal"))
        words = command.split(" --")
        assert [each.split()[0] for each in words] == ["sunseal", "roots", "log-key"]
        arguments = ["verify", "PACKAGE.zip", "--roots", ROOTS, "--log-key", package.log_key]
        program = [sys.executable, "-c", "from trading.cli import main; main()", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        result = subprocess.run(program, cwd=package.folder, env=environment, capture_output=True, timeout=60)
        assert result.returncode == 0, result.stdout + result.stderr
