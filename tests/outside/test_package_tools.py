"""What README.txt of an evidence package says holds: other people's tools check it without us."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from bids import package as names
from bids.receipts import Receipt
from signing import canonical
from signing.encoding import b64decode, parse_time
from tests.bids_factory import World
from tests.package_factory import Case

pytestmark = pytest.mark.outside


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package, unpacked."""
    place = tmp_path_factory.mktemp("package")
    data = Case(World(seed=91)).run().package()
    (place / "package.zip").write_bytes(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(place)
    return place


def openssl_accepts(folder: Path, signature: str, content: str, at: str) -> bool:
    seconds = str(int(parse_time(at).timestamp()))
    command = [tool("openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-in", signature]
    command += ["-content", content, "-CAfile", names.ROOTS, "-attime", seconds, "-out", "/dev/null"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def test_openssl_accepts_the_notice_and_no_other(folder: Path) -> None:
    at = canonical.loads((folder / names.NOTICE).read_bytes())["at"]
    assert openssl_accepts(folder, names.NOTICE_SIGNATURE, names.NOTICE, at)
    assert not openssl_accepts(folder, names.NOTICE_SIGNATURE, names.CLOSING, at)


def test_openssl_accepts_every_manifest_as_of_its_receipt(folder: Path) -> None:
    bids = sorted((folder / "bids").iterdir())
    assert len(bids) == 3
    for bid in bids:
        Receipt.parse((bid / "receipt.json").read_bytes())
        received = canonical.loads((bid / "receipt.json").read_bytes())["statement"]["received_at"]
        assert openssl_accepts(folder, str(bid / "manifest.p7s"), str(bid / "manifest.json"), received)


def test_jq_and_openssl_take_every_statement_apart_and_accept_it(folder: Path) -> None:
    jq = tool("jq")
    shares = sorted(str(path.relative_to(folder)) for path in (folder / "shares/bid").iterdir())
    for name in (names.CLOSING, names.OPENING_RECORD, names.AWARD, names.EVIDENCE, *shares):
        part = subprocess.run([jq, "-jcS", ".statement", name], cwd=folder, capture_output=True, check=True)
        (folder / "statement").write_bytes(part.stdout)
        signed = canonical.loads((folder / name).read_bytes())
        (folder / "statement.p7s").write_bytes(b64decode(signed["signature"]))
        assert openssl_accepts(folder, "statement.p7s", "statement", signed["statement"]["at"]), name


def test_sha256sum_gives_the_digests_that_evidence_lists(folder: Path) -> None:
    listed = canonical.loads((folder / names.EVIDENCE).read_bytes())["statement"]["files"]
    run = subprocess.run([tool("sha256sum"), *listed], cwd=folder, capture_output=True, check=True, text=True)
    assert dict(line.split()[::-1] for line in run.stdout.splitlines()) == listed


def test_unzip_finds_nothing_wrong(folder: Path) -> None:
    run = subprocess.run([tool("unzip"), "-t", "package.zip"], cwd=folder, capture_output=True, check=False)
    assert run.returncode == 0


def test_openssl_reads_the_revocation_list(folder: Path) -> None:
    command = [tool("openssl"), "crl", "-in", names.CRLS, "-noout", "-text"]
    run = subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True)
    assert "Parties authority" in run.stdout
