"""A supplier sees whether the platform kept its promise, and a supervisor whether an accusation is true."""

from __future__ import annotations

import io
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from sqlalchemy import delete, select

from bids.receipt_bundle import parse_receipt, read_bundle
from bids.unlock_receipts import UnlockReceipt
from signing.certificates import dump_pem
from signing.encoding import b64decode, b64encode
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.outside_stamper import new_stamper
from trading.cli import sunseal
from trading.commands.receipt_check import EXIT_BROKEN
from trading.submission.models import LedgerLeaf
from trading.unlocking.models import UnlockedBid

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
        return check(self.folder, path, *more, anchored=anchored)


def check(folder: Path, path: Path, *more: object, anchored: bool = True) -> int:
    own = ("--roots", folder / "roots.pem", "--log-key", folder / "log.key")
    arguments = ("receipt", "check", path, *(own if anchored else ()), *more, "--lang", "en")
    return sunseal.run([str(one) for one in arguments])


@contextmanager
def served(house: OpeningHouse) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, house.app.app, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    house = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    yield Scene(house, tmp_path)
    house.close()


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    with served(scene.house) as at:
        yield at


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


def test_a_secret_that_was_received_and_then_left_out_is_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stamper = new_stamper(datetime.now(UTC), "P-256")
    (tmp_path / "tsa.pem").write_bytes(dump_pem([stamper.root, stamper.intermediate]))
    house = OpeningHouse(
        tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}",
        tsa_urls="http://127.0.0.1:9/nobody-there own", tsa_roots_file=tmp_path / "tsa.pem",
    )  # fmt: skip
    custodians = tuple(house.enrol("custodian") for _ in range(2))
    tender = house.tender(house.enrol("agency"), custodians, lock=True)
    suppliers = [house.enrol("supplier") for _ in range(2)]
    bids = [house.bid(who, tender) for who in suppliers]
    (tmp_path / "roots.pem").write_bytes(house.call("GET", "/certificates/roots.pem").body)
    (tmp_path / "log.key").write_bytes(house.call("GET", "/log/key").body)
    house.open(tender)
    mine, other = tmp_path / "mine.unlocked.json", tmp_path / "other.unlocked.json"
    places = [f"/tenders/{tender.id}/bids/{one.bid}" for one in bids]
    for file, who, sealed, place in zip((mine, other), suppliers, bids, places, strict=True):
        body = {"secret": b64encode(sealed.secret or b"")}
        file.write_bytes(b64decode(house.call("POST", f"{place}/unlocking", who, body, 200).json["receipt"]))
        assert parse_receipt(file.read_bytes()).token is None, "it comes later, as from outside"
        # The platform loses the first one's secret before the window can end.
        if file == mine:
            house.work(2)
            own = house.call("GET", f"{place}/unlocking", who).json["receipt"]
            with house.platform.database.transaction() as session:
                session.execute(delete(UnlockedBid).where(UnlockedBid.bid_id == sealed.bid))
            mine.write_bytes(b64decode(own))
    stamped = parse_receipt(mine.read_bytes())
    assert stamped.token is not None and isinstance(stamped, UnlockReceipt)
    with served(house) as address:
        assert check(tmp_path, mine, "--server", address) == 1
        assert "window has not ended" in capsys.readouterr().out
        house.clock.ahead(AFTER + timedelta(minutes=31))
        house.work()
        assert check(tmp_path, other, "--server", address) == 0
        said = capsys.readouterr().out
        assert "kept its promise: your secret" in said and "is in the public log" in said
        assert check(tmp_path, mine, "--server", address) == EXIT_BROKEN
        assert "BROKE its promise" in capsys.readouterr().out
    proof = tmp_path / "mine.unlocked.proof.zip"
    assert check(tmp_path, proof) == EXIT_BROKEN, "the supervisor needs nothing but the file"
    said = capsys.readouterr().out
    assert "says that the bid was not unlocked" in said and "signature was there at" in said
    assert check(tmp_path, proof, anchored=False) == 1, "the accuser's own roots prove nothing"
    # What a bidder keeps holds both receipts, and both promises are judged.
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(house.call("GET", f"{places[1]}/bundle.zip", suppliers[1]).body)
    assert [parse_receipt(one.receipt).bid for one in read_bundle(bundle.open("rb"))] == [bids[1].bid] * 2
    capsys.readouterr()
    assert check(tmp_path, bundle) == 0
    assert capsys.readouterr().out.count("The platform kept its promise") == 2
    # By the evidence, whoever was wronged is right, and nobody else.
    house.cancel(tender)
    package = tmp_path / "evidence.zip"
    package.write_bytes(house.package(tender))
    assert check(tmp_path, mine, "--package", package, "--proof", tmp_path / "again.zip") == EXIT_BROKEN
    assert check(tmp_path, other, "--package", package) == 0
    house.close()


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
