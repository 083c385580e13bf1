"""What storage lost of a bid: its bidder supplies the same bytes again in time, and the opening goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from obstore.exceptions import GenericError
from sqlalchemy import select

from signing import canonical
from signing.encoding import parse_time
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import AFTER, OpeningHouse
from trading.audit.models import LogEntry
from trading.opening.record import StoredObject, stored_objects
from trading.queue import Scanner
from trading.storage import Storage

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture
def tender(house: OpeningHouse) -> Tendering:
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    return house.tender(house.enrol("agency"), custodians)


def place_of(house: OpeningHouse, bid: Sealed) -> StoredObject:
    with house.platform.database.reading() as session:
        return stored_objects(session, [bid.bid], "bid", "public", 0)[bid.bid, 0]


def lose(house: OpeningHouse, bid: Sealed) -> bytes:
    """The ciphertext of the public part, which storage has no more."""
    place = place_of(house, bid)
    data = b"".join(house.platform.storage.chunks(place.key, place.parts))
    house.platform.storage.delete(place.key, place.parts)
    return data


def wanted(house: OpeningHouse, supplier: Who, tender: Tendering) -> list[dict[str, object]]:
    items = house.call("GET", f"/tenders/{tender.id}/bids", supplier).json["items"]
    return [one for item in items for one in item["wanted"]]


def test_the_opening_waits_for_the_same_bytes_and_goes_on_with_them(
    house: OpeningHouse, tender: Tendering
) -> None:
    suppliers = [house.enrol("supplier") for _ in range(3)]
    bids = [house.bid(each, tender) for each in suppliers]
    lost, spoilt = lose(house, bids[0]), place_of(house, bids[1])
    altered = b"".join(house.platform.storage.chunks(spoilt.key, spoilt.parts))
    house.spoil(spoilt)
    house.open(tender)

    # Then: nothing is shown of any bid, each bidder is told what is wanted, and nothing is left to do
    shown = house.opening(tender)
    assert (shown["state"], shown["total"], shown["record"]) == ("opening", 3, None)
    until = parse_time(shown["waiting_until"])
    assert timedelta(minutes=29) < until - house.now() <= timedelta(minutes=30)
    (one,) = wanted(house, suppliers[0], tender)
    assert one == {
        "part": "public", "number": 0, "sha256": canonical.digest(lost), "size": len(lost),
        "until": shown["waiting_until"],
    }  # fmt: skip
    assert len(wanted(house, suppliers[1], tender)) == 1 and wanted(house, suppliers[2], tender) == []
    assert Scanner(house.platform).scan() == 0

    # When: one supplies, then the other
    house.upload_bytes(suppliers[0], tender.id, lost)
    house.work()
    assert house.opening(tender)["state"] == "opening" and wanted(house, suppliers[0], tender) == []
    house.upload_bytes(suppliers[1], tender.id, altered)
    house.work()

    # Then: all are open, once, and the package holds what was supplied
    shown = house.opening(tender)
    assert (shown["state"], shown["opened"], shown["waiting_until"]) == ("opened", 3, None)
    house.award(tender, house.evaluate(tender)["winner"])
    package, report = house.verified(tender)
    assert report.ok
    assert package.read(f"bids/{bids[0].bid}/bid/public.sealed") == lost
    with house.platform.database.reading() as session:
        acts = select(LogEntry.act).where(LogEntry.tender_id == tender.id).order_by(LogEntry.position)
        found = list(session.scalars(acts))
    assert found.count("bid.resupplied") == 2
    assert found.index("opening.frozen") < found.index("bid.resupplied") < found.index("tender.opened")


def test_nobody_else_and_nothing_else_is_taken_after_the_deadline(
    house: OpeningHouse, tender: Tendering
) -> None:
    first, second = house.enrol("supplier"), house.enrol("supplier")
    bid = house.bid(first, tender)
    house.bid(second, tender)
    lost = lose(house, bid)
    path = f"/tenders/{tender.id}/uploads"
    body = {"sha256": canonical.digest(lost), "size": len(lost)}
    house.open(tender)
    house.refused("POST", path, second, body, "bid-late")
    house.refused("POST", path, first, {**body, "size": len(lost) + 1}, "bid-late")
    house.refused("POST", path, first, {**body, "sha256": "0" * 64}, "bid-late")
    begun = house.call("POST", path, first, body, 201).json
    wrong = bytes(len(lost))
    house.call("PUT", f"/uploads/{begun['id']}/parts/0", first, wrong, 204)
    refusal = house.call("POST", f"/uploads/{begun['id']}/completion", first, status=422).json
    assert refusal["code"] == "upload-digest"
    assert len(wanted(house, first, tender)) == 1
    house.upload_bytes(first, tender.id, lost)
    house.work()
    assert house.opening(tender)["opened"] == 2
    house.refused("POST", path, second, {**body, "sha256": "1" * 64}, "bid-late")


def test_past_the_window_it_is_the_platforms_fault_for_good(house: OpeningHouse, tender: Tendering) -> None:
    first, second = house.enrol("supplier"), house.enrol("supplier")
    bid = house.bid(first, tender)
    house.bid(second, tender)
    lost = lose(house, bid)
    house.open(tender)
    begun = house.call(
        "POST", f"/tenders/{tender.id}/uploads", first, {"sha256": canonical.digest(lost), "size": len(lost)}
    ).json
    house.past_resupply()
    shown = house.opening(tender)
    assert (shown["state"], shown["total"], shown["opened"]) == ("opened", 2, 1)
    row = next(row for row in house.record(tender)["bids"] if row["bid"] == bid.bid)
    assert (row["opened"], row["fault"], row["reason"]) == (False, "platform", "ciphertext-missing")
    assert wanted(house, first, tender) == []
    body = house.call("PUT", f"/uploads/{begun['id']}/parts/0", first, lost, status=422).json
    assert body["code"] == "bid-late"


def test_a_copy_that_is_lost_again_is_asked_for_again(house: OpeningHouse, tender: Tendering) -> None:
    first, second = house.enrol("supplier"), house.enrol("supplier")
    bids = [house.bid(first, tender), house.bid(second, tender)]
    lost = [lose(house, bid) for bid in bids]
    house.open(tender)
    house.upload_bytes(first, tender.id, lost[0])
    copy = place_of(house, bids[0])
    house.platform.storage.delete(copy.key, copy.parts)
    house.clock.ahead(AFTER + timedelta(minutes=5))
    house.upload_bytes(second, tender.id, lost[1])
    house.work()
    assert house.opening(tender)["state"] == "opening"
    assert len(wanted(house, first, tender)) == 1 and wanted(house, second, tender) == []


@pytest.mark.parametrize(
    ("error", "count"), [(OSError(5, "Input/output error"), 1), (GenericError("no such bucket"), 3)]
)
def test_what_storage_does_not_give_back_stops_no_other_bid(
    house: OpeningHouse, tender: Tendering, monkeypatch: pytest.MonkeyPatch, error: Exception, count: int
) -> None:
    bids = [house.bid(house.enrol("supplier"), tender) for _ in range(count)]
    sick, chunks = place_of(house, bids[0]).key, Storage.chunks

    def failing(self: Storage, key: str, parts: int) -> Iterator[bytes]:
        if key == sick:
            raise error
        return chunks(self, key, parts)

    monkeypatch.setattr(Storage, "chunks", failing)
    house.open(tender)
    house.past_resupply()
    house.clock.ahead(AFTER + timedelta(minutes=62))
    house.work()
    shown = house.opening(tender)
    assert (shown["opened"], shown["total"]) == (count - 1, count)
    assert shown["state"] == ("opened" if count > 1 else "failed")
