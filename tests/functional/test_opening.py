"""Closing and opening over HTTP and by real jobs: once, never early, whatever happens in between."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from bids.custody import open_files_share
from bids.envelope import open_files
from bids.manifest import Manifest
from bids.objects import read_signed
from signing.encoding import b64decode, format_time
from signing.suite import SUNSEAL_1
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse
from trading.opening.models import OpenedBid, PublishedOpeningRecord
from trading.opening.record import stored_objects
from trading.opening.services import Openings
from trading.queue import ClaimLost
from trading.storage import Storage


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian") for _ in range(3))


@pytest.fixture
def tender(house: OpeningHouse, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(house.enrol("agency"), custodians)


def test_all_current_bids_are_opened_and_no_others(house: OpeningHouse, tender: Tendering) -> None:
    first, second, third = (house.enrol("supplier") for _ in range(3))
    replaced = house.bid(first, tender)
    current = house.bid(first, tender, replaces=replaced.bid)
    other = house.bid(second, tender)
    gone = house.bid(third, tender)
    house.withdraw(third, tender, gone)

    house.open(tender)

    record = house.record(tender)
    assert [row["bid"] for row in record["bids"]] == [current.bid, other.bid]
    assert all(row["opened"] and row["total"] == "13141.63" for row in record["bids"]), record["bids"]
    assert record["bids"][0]["announced"] == {"delivery_days": 30}
    answer = house.opening(tender)
    assert (answer["state"], answer["total"], answer["opened"]) == ("opened", 2, 2)
    pdf = house.call("GET", f"/tenders/{tender.id}/opening-record.pdf").body
    assert pdf.startswith(b"%PDF-") and len(pdf) > 10_000


def test_nothing_opens_early(house: OpeningHouse, tender: Tendering) -> None:
    house.bid(house.enrol("supplier"), tender)
    house.clock.ahead(timedelta(minutes=59, seconds=50))
    house.work()
    # A wake-up that comes early, from a machine with a wrong clock, closes nothing.
    house.platform.queue.send("close_tender", tender.id)
    house.platform.queue.send("freeze_releases", tender.id)
    house.platform.queue.send("open_bids", tender.id)
    house.settle()
    assert house.state(tender) == "published"
    for address in ("closing", "ledger"):
        house.refused("GET", f"/tenders/{tender.id}/{address}", None, None, "tender-not-closed")
    problem = house.call("GET", f"/tenders/{tender.id}/opening-record.pdf", status=404).json
    assert problem["code"] == "opening-record-not-ready"
    house.past_deadline()
    house.work()
    assert house.state(tender) == "closed"


def test_how_many_bid_is_not_told_before_the_freeze(house: OpeningHouse, tender: Tendering) -> None:
    for _ in range(2):
        house.bid(house.enrol("supplier"), tender)
    wanted = {"total": None, "opened": None, "waiting_until": None, "unlocking": None, "record": None}
    wanted |= {"segment": "bid", "stages": [], "threshold": 2}

    def told() -> dict[str, object]:
        return {name: value for name, value in house.opening(tender).items() if name != "custodians"}

    assert house.opening(tender) == {"state": "published", "custodians": None, **wanted}
    house.past_deadline()
    house.work()
    assert told() == {"state": "closed", **wanted}
    house.release(tender, tender.custodians[0])
    assert told() == {"state": "closed", **wanted}


def test_the_closing_waits_for_no_custodian_and_says_what_was_received(
    house: OpeningHouse, tender: Tendering
) -> None:
    sealed = house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    closing = house.call("GET", f"/tenders/{tender.id}/closing").json
    statement = read_signed(b64decode(closing["file"]), "closing").statement
    assert statement["deadline"] == format_time(tender.notice.deadline)
    assert statement["at"] >= statement["deadline"]
    checked = house.checked(tender)
    assert [bid.bid for bid in checked.current] == [sealed.bid]
    assert checked.minimum_reached


def test_threshold_releases_open_after_the_grace_and_not_before(
    house: OpeningHouse, tender: Tendering
) -> None:
    sealed = house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    one, two, late = tender.custodians
    assert house.release(tender, one).json == {"frozen": False}
    assert house.release(tender, two).json == {"frozen": False}
    house.work()
    assert house.state(tender) == "closed"
    house.clock.ahead(timedelta(hours=1, seconds=20))
    house.work()
    assert house.state(tender) == "opened"
    assert [row["bid"] for row in house.record(tender)["bids"]] == [sealed.bid]
    # A release that comes after the freeze is kept, but counts no more.
    assert house.release(tender, late).json == {"frozen": True}
    house.work()
    assert len(house.record(tender)["bids"]) == 1


def test_fewer_bidders_than_the_minimum_end_the_tender_unopened(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender = house.tender(house.enrol("agency"), custodians, rules="cn-works", sandbox=True)
    for _ in range(2):
        house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    assert house.state(tender) == "failed"
    assert house.opening(tender)["record"] is None
    # A custodian whose own check is broken is still refused by the platform.
    checked = house.checked(tender)
    assert not checked.minimum_reached and checked.suppliers == 2
    body = {"file": "e30=", "files_shares": []}
    house.call("PUT", f"/custody/tenders/{tender.id}/release", custodians[0], body, 422)
    with house.platform.database.reading() as session:
        assert session.get(PublishedOpeningRecord, tender.id) is None


def test_a_bid_that_does_not_open_stops_no_other(house: OpeningHouse, tender: Tendering) -> None:
    good, bad = house.enrol("supplier"), house.enrol("supplier")
    opened = house.bid(good, tender)
    sealed = house.bid(bad, tender)
    with house.platform.database.reading() as session:
        place = public_object(session, sealed.bid)
    house.spoil(place)

    house.open(tender)
    house.past_resupply()

    rows = {row["bid"]: row for row in house.record(tender)["bids"]}
    assert rows[opened.bid]["opened"]
    assert (rows[sealed.bid]["opened"], rows[sealed.bid]["fault"]) == (False, "platform")
    assert rows[sealed.bid]["reason"] == "ciphertext-altered"
    assert house.opening(tender)["opened"] == 1


def test_a_ciphertext_that_is_gone_is_the_platforms_fault(house: OpeningHouse, tender: Tendering) -> None:
    house.bid(house.enrol("supplier"), tender)
    sealed = house.bid(house.enrol("supplier"), tender)
    with house.platform.database.reading() as session:
        place = public_object(session, sealed.bid)
    house.platform.storage.delete(place.key, place.parts)
    house.open(tender)
    house.past_resupply()
    row = next(row for row in house.record(tender)["bids"] if row["bid"] == sealed.bid)
    assert (row["fault"], row["reason"]) == ("platform", "ciphertext-missing")


def test_no_bid_that_opens_ends_the_tender(house: OpeningHouse, tender: Tendering) -> None:
    sealed = house.bid(house.enrol("supplier"), tender)
    with house.platform.database.reading() as session:
        place = public_object(session, sealed.bid)
    house.platform.storage.delete(place.key, place.parts)
    house.open(tender)
    house.past_resupply()
    assert house.state(tender) == "failed"
    assert len(house.record(tender)["bids"]) == 1


def test_messages_doubled_lost_and_out_of_order_change_nothing(
    house: OpeningHouse, tender: Tendering
) -> None:
    for _ in range(3):
        house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    for _ in range(4):
        for name in ("open_bids", "close_tender", "freeze_releases", "close_tender"):
            house.platform.queue.send(name, tender.id)
    house.settle()
    # All of the broker's messages are lost; the scanner finds what is due from rows.
    house.platform.queue.broker.flush_all()
    for custodian in tender.custodians:
        house.release(tender, custodian)
    for _ in range(3):
        house.platform.queue.send("open_bids", tender.id)
    house.work()
    entries = house.acts(tender)
    for act in ("tender.closed", "opening.frozen", "tender.opened"):
        assert entries.count(act) == 1
    assert entries.count("custody.released") == 3
    assert len(house.record(tender)["bids"]) == 3


def test_an_opening_that_stopped_half_way_is_finished_from_its_rows(
    house: OpeningHouse, tender: Tendering
) -> None:
    bids = [house.bid(house.enrol("supplier"), tender).bid for _ in range(3)]
    house.past_deadline()
    house.work()
    for custodian in tender.custodians:
        house.release(tender, custodian)
    storage = FailingStorage(house.platform.storage, after=2)
    openings = Openings(replace(house.platform, storage=cast(Storage, storage)), batch_bids=1)
    with pytest.raises(ConnectionError):
        openings.open(tender.id)
    with house.platform.database.reading() as session:
        kept = select(func.count()).where(OpenedBid.tender_id == tender.id)
        assert session.scalar(kept) == 2
    assert house.opening(tender)["opened"] == 2
    # The dead worker's claim runs out by itself; until then nobody else opens.
    Openings(house.platform).open(tender.id)
    assert house.state(tender) == "opening"
    house.clock.ahead(timedelta(hours=1, seconds=60))
    house.work()
    assert house.state(tender) == "opened"
    assert [row["bid"] for row in house.record(tender)["bids"]] == bids
    assert all(row["total"] == "13141.63" for row in house.record(tender)["bids"])


class FailingStorage:
    """A storage whose connection breaks after so many reads."""

    def __init__(self, storage: Any, after: int) -> None:
        self._storage = storage
        self.after = after

    def chunks(self, key: str, parts: int) -> Any:
        if self.after == 0:
            raise ConnectionError("the storage does not answer")
        self.after -= 1
        return self._storage.chunks(key, parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)


def public_object(session: Any, bid: str) -> Any:
    return stored_objects(session, [bid], "bid", "public", 0)[bid, 0]


def test_a_worker_that_wakes_up_late_writes_nothing(house: OpeningHouse, tender: Tendering) -> None:
    for _ in range(2):
        house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    for custodian in tender.custodians:
        house.release(tender, custodian)
    sleeper = SleepingStorage(house.platform.storage)
    zombie = Openings(replace(house.platform, storage=cast(Storage, sleeper)))
    lost: list[bool] = []

    def sleep_and_write() -> None:
        try:
            zombie.open(tender.id)
        except ClaimLost:
            lost.append(True)

    thread = threading.Thread(target=sleep_and_write)
    thread.start()
    assert sleeper.asleep.wait(20)
    house.clock.ahead(timedelta(hours=1, seconds=60))
    house.work()
    assert house.state(tender) == "opened"
    record = house.record(tender)
    sleeper.wake.set()
    thread.join(20)
    assert lost == [True]
    assert house.record(tender) == record
    assert house.acts(tender).count("tender.opened") == 1


class SleepingStorage:
    """A storage that freezes its reader until it is woken."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self.asleep, self.wake = threading.Event(), threading.Event()

    def chunks(self, key: str, parts: int) -> Any:
        self.asleep.set()
        self.wake.wait(30)
        return self._storage.chunks(key, parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)


def test_the_agency_fetches_and_opens_the_attachments(house: OpeningHouse, tender: Tendering) -> None:
    seed = house.put_envelope_key(tender.agency)
    supplier = house.enrol("supplier")
    attachment = bytes(range(256)) * 50_000  # more than one part of 8 MiB
    sealed = house.bid(supplier, tender, attachment=attachment)
    address = f"/tenders/{tender.id}/files/{sealed.bid}"
    house.refused("GET", address, tender.agency, None, "tender-not-closed")
    house.past_deadline()
    house.work()
    house.refused("GET", address, tender.agency, None, "tender-not-opened")
    for custodian in tender.custodians:
        house.release(tender, custodian)
    house.work()

    desk = house.call("GET", address, tender.agency).json
    policy = tender.notice.policy
    key = SUNSEAL_1.sealing_key(seed)
    shares = [
        open_files_share(
            key, tender.id, sealed.bid, "bid", policy.custodian(each["custodian"]), each["sealed"]
        )
        for each in desk["shares"]
    ]
    assert [each["number"] for each in desk["objects"]] == [0, 1]
    files: dict[str, io.BytesIO] = {}
    opened = open_files(
        Manifest.parse(b64decode(desk["manifest"])), shares,
        lambda number: io.BytesIO(house.call("GET", f"{address}/{number}", tender.agency).body),
        tender.notice, lambda name: files.setdefault(name, Kept()),
    )
    assert len(opened) == 1
    assert next(iter(files.values())).getvalue() == attachment

    for other in (None, supplier, house.enrol("agency"), tender.custodians[0]):
        house.call("GET", address, other, status=401 if other is None else 403)
        house.call("GET", f"{address}/1", other, status=401 if other is None else 403)
    house.call("GET", f"{address}/7", tender.agency, status=404)
    nobody = f"/tenders/{tender.id}/files/{'0' * 32}"
    house.refused("GET", nobody, tender.agency, None, "bid-not-opened")


class Kept(io.BytesIO):
    """A file whose bytes are still there after it was closed."""

    def close(self) -> None:
        return None
