"""The supplier's and the agency's programs where bidders lock their bids themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bids.custody import check_closed
from bids.errors import BidError
from bids.trust import Trust
from bids.unlock_file import UnlockFile, read_unlock_file
from signing.cosignatures import CosignatureSigner
from signing.encoding import b64encode
from signing.notes import (
    Checkpoint,
    NoteVerifier,
    format_checkpoint,
    generate_note_key,
    read_checkpoint,
)
from signing.policies import parse_policy
from signing.suite import SUNSEAL_1
from tests.functional.house import Tendering
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.functional.test_unlocking import WINDOW, answering
from tests.functional.wsgi_transport import LyingTransport
from tests.unit.trading.client.test_log_follower import Log
from trading.client.agency import Agency
from trading.client.api import Api, ApiProblem
from trading.client.attachments import open_attachments
from trading.client.closed import fetch_closed, fetch_trust
from trading.client.errors import ClientError
from trading.client.keyfile import KeyFile
from trading.client.supplier import Supplier, prepare_bid
from trading.client.unlocking import Unlocker, fetch_unlocking, log_of


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    folder = tmp_path_factory.mktemp("unlocking-client")
    made = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}")
    yield made
    made.close()


class Desk:
    """A supplier's machine: its files, its line to the platform, its programs."""

    def __init__(self, house: OpeningHouse, tender: Tendering, folder: Path) -> None:
        self.house, self.tender, self.folder = house, tender, folder
        self.who = house.enrol("supplier")
        folder.mkdir()
        self.line = LyingTransport(house.app.app)
        self.roots = house.platform.keys.roots
        api = Api(self.line, self.who.token, "en")
        self.supplier = Supplier(api, self.roots)
        self.unlocker = self.begin()

    def begin(self) -> Unlocker:
        api = Api(self.line, self.who.token, "en")
        follower = log_of(api, self.folder / "bid.log-seen", self.tender.id)
        return Unlocker(api, self.roots, follower, self.house.now)

    def bid(self) -> UnlockFile:
        """Prepared from files as by `sunseal bid prepare`, and handed in."""
        (self.folder / "offer.json").write_text(json.dumps({"unit_prices": {"1": "2", "2": "3"}}))
        (self.folder / "plan.txt").write_bytes(b"secret plan")
        done = prepare_bid(
            notice=self.tender.notice.raw, signature=self.tender.signature,
            offer=self.folder / "offer.json", attachments=[self.folder / "plan.txt"],
            key=KeyFile(self.who.signer, self.roots), roots=self.roots, out=self.folder / "bid.sealed",
            at=self.house.now(),
        )  # fmt: skip
        assert done.unlock == self.folder / "bid.unlock"
        assert done.unlock.stat().st_mode & 0o077 == 0
        file = read_unlock_file(done.unlock.read_bytes())
        assert (file.tender, file.bid) == (self.tender.id, done.prepared.bid)
        assert file.secret not in (self.folder / "bid.sealed").read_bytes()
        with (self.folder / "bid.sealed").open("rb") as source:
            self.supplier.submit(source)
        return file

    def unlock(self, file: UnlockFile) -> Any:
        return self.unlocker.unlock(file)

    def sent(self, file: UnlockFile) -> int:
        """How often the secret left this machine."""
        text = b64encode(file.secret).encode()
        return sum(text in body for _, _, body in self.line.sent)


@pytest.fixture
def tender(house: OpeningHouse) -> Tendering:
    house.start_over()
    custodians = tuple(house.enrol("custodian") for _ in range(2))
    return house.tender(house.enrol("agency"), custodians, lock=True)


def test_from_preparing_to_the_opened_attachments(
    house: OpeningHouse, tender: Tendering, tmp_path: Path
) -> None:
    seed = house.put_envelope_key(tender.agency)
    desk = Desk(house, tender, tmp_path / "desk")
    file = desk.bid()
    # Nobody talks it into unlocking early, whatever the platform says of its window.
    desk.line.lies["/unlocking"] = lambda answer: {**answer, "state": "open"}
    with pytest.raises(BidError) as early:
        desk.unlock(file)
    assert early.value.code == "opening-early"
    desk.line.lies.clear()
    house.past_deadline()
    with pytest.raises(ApiProblem) as unproved:
        desk.unlock(file)
    assert unproved.value.code in ("tender-not-closed", "ledger-not-closed")
    house.work()
    with pytest.raises(BidError) as unfrozen:
        desk.unlock(file)
    assert unfrozen.value.code == "unlock-not-frozen" and desk.sent(file) == 0

    for custodian in tender.custodians:
        house.release(tender, custodian)
    states: list[str] = []
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        house.work(3)

    desk.line.breaks_before = lambda method, path: path.endswith("/unlocking") and not pauses
    assert desk.unlocker.wait(file, sleep, lambda state: states.append(state["state"]))["state"] == "open"
    assert states[-1] == "open" and pauses
    desk.line.breaks_before = lambda method, path: False
    done = desk.unlock(file)
    assert desk.sent(file) == 1
    assert desk.unlocker.wait(file, sleep, lambda state: None)["state"] == "unlocked"
    assert desk.unlock(file).receipt == done.receipt
    house.work()
    assert house.state(tender) == "opened"

    public = Api(LyingTransport(house.app.app), tender.agency.token, "en")
    log = NoteVerifier.from_vkey(house.platform.keys.log.vkey)
    trust = fetch_trust(public, tender.id, desk.roots, log)
    checked = check_closed(fetch_closed(public, tender.id).closed, trust, None, None)
    unlocking = fetch_unlocking(public, tender.id, Trust(desk.roots))
    assert unlocking is not None and unlocking.of(file.bid) is not None
    key, (bid,) = SUNSEAL_1.sealing_key(seed), checked.current
    folder = tmp_path / "opened"
    folder.mkdir()
    with pytest.raises(BidError) as locked:
        open_attachments(public, checked.notice, bid.manifest, key, folder, "bid")
    assert locked.value.code == "lock-secret-missing"
    (opened,) = open_attachments(public, checked.notice, bid.manifest, key, folder, "bid", file.secret)
    assert opened.problem is None and (folder / opened.name).read_bytes() == b"secret plan"


def test_a_log_that_hides_or_contradicts_gets_no_secret(
    house: OpeningHouse, tender: Tendering, tmp_path: Path
) -> None:
    desk = Desk(house, tender, tmp_path / "desk")
    file = desk.bid()
    house.open(tender)
    note = house.call("GET", "/log/checkpoint").body

    def without_the_last(answer: Any) -> Any:
        return {**answer, "entries": answer["entries"][:-1] + answer["entries"][:1]}

    desk.line.lies["/log/entries"] = without_the_last
    desk.unlocker.wait(file, lambda seconds: None, lambda state: None)
    with pytest.raises(BidError) as hidden:
        desk.unlock(file)
    assert hidden.value.code == "log-entries-false" and desk.sent(file) == 0
    desk.line.lies.clear()
    policy = parse_policy(policy_of(house))
    strict = Unlocker(desk.unlocker._api, desk.roots, desk.unlocker._follower, house.now, policy)
    with pytest.raises(ClientError) as unseen:
        strict.unlock_in_time(file, house.now(), lambda seconds: None)
    assert unseen.value.code == "cosignatures-missing" and desk.sent(file) == 0

    key = house.platform.keys.log
    size = read_checkpoint(note).size
    fork = format_checkpoint(Checkpoint(key.name, size, bytes(32)), key)
    desk.line.lies["/log/checkpoint"] = lambda answer: fork
    with pytest.raises(BidError) as forked:
        desk.unlock(file)
    assert forked.value.code == "log-rewritten" and desk.sent(file) == 0
    assert fork.rstrip(b"\n") in (next((desk.folder / "bid.log-seen" / "split-views").iterdir())).read_bytes()
    desk.line.lies.clear()
    shutil.rmtree(desk.folder / "bid.log-seen")
    again = desk.begin()
    desk.line.lies["/log/entries"] = without_the_last
    done = again.unlock_in_time(file, house.now() + WINDOW, lambda seconds: desk.line.lies.clear())
    assert done.receipt and desk.sent(file) == 1
    with pytest.raises(ClientError) as other:
        log_of(desk.unlocker._api, desk.folder / "bid.log-seen", tender.id, Log().signer.vkey)
    assert other.value.code == "log-key-other"


def policy_of(house: OpeningHouse) -> bytes:
    """A policy that wants a witness whom nobody asks."""
    witness = CosignatureSigner("witness.example/w", generate_note_key())
    return f"log {house.platform.keys.log.vkey}\nwitness w {witness.vkey}\nquorum w\n".encode()


def test_a_lost_line_and_the_agencys_decision(house: OpeningHouse, tender: Tendering, tmp_path: Path) -> None:
    mine, other = Desk(house, tender, tmp_path / "mine"), Desk(house, tender, tmp_path / "other")
    file, lost = mine.bid(), other.bid()
    answering(house, [(0, 31)])
    house.open(tender)
    tries = iter(range(3))
    mine.line.breaks_after = lambda method, path: method == "POST" and next(tries, None) is not None
    until = house.now() + WINDOW
    assert mine.unlocker.unlock_in_time(file, until, lambda seconds: None).received_at < until
    with pytest.raises(ApiProblem) as wrong:
        other.unlock(replace(lost, secret=file.secret))
    assert wrong.value.code == "unlock-secret-wrong" and wrong.value.rule == "unlock-minutes"
    agency = Agency(
        Api(LyingTransport(house.app.app), tender.agency.token, "en"),
        tender.agency.signer,
        mine.roots,
        house.now,
    )
    with pytest.raises(ClientError):
        agency.decide_unlocking(tender.id, {lost.bid: ("revoked", "x")})
    house.clock.ahead(AFTER + WINDOW + timedelta(seconds=5))
    house.work()
    with pytest.raises(BidError):
        agency.decide_unlocking(tender.id, {file.bid: ("revoked", "x")})
    assert agency.decide_unlocking(tender.id, {lost.bid: ("withdrawn", "电话说明，平台页面报错")}) == [
        lost.bid
    ]
    record = agency.opening_record(tender.id)
    assert record is not None
    agency.evaluate(tender.id, record, {})
    assert agency.award(tender.id, record, file.bid).winner == file.bid
