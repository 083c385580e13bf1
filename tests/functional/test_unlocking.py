"""Bidders with locks of their own: they unlock at the opening, and what becomes of those who do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, event, select

from bids.manifest import Manifest
from bids.objects import build_statement, read_signed
from bids.unlock_receipts import check_unlock_receipt
from bids.unlocking import Unlocking
from signing.encoding import b64decode, b64encode, format_time
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import AFTER, OpeningHouse, failures, shared_house
from trading.audit.models import PrivateAct
from trading.unlocking import services
from trading.unlocking.models import UnlockedBid
from trading.unlocking.services import Unlockings
from trading.web.liveness import beat
from trading.web.models import Beat, Outage

WINDOW = timedelta(minutes=30)


@pytest.fixture(scope="module", params=["sqlite"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    yield from shared_house(request, tmp_path_factory.mktemp("unlocking"))


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    with home.platform.database.transaction() as session:
        session.execute(delete(Outage))
        session.execute(delete(Beat))
    return home.start_over()


@pytest.fixture
def tender(house: OpeningHouse) -> Tendering:
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    return house.tender(house.enrol("agency"), custodians, lock=True)


def bids(house: OpeningHouse, tender: Tendering, count: int) -> list[tuple[Who, Sealed]]:
    found = [house.enrol("supplier") for _ in range(count)]
    return [(supplier, house.bid(supplier, tender)) for supplier in found]


def address(tender: Tendering, sealed: Sealed) -> str:
    return f"/tenders/{tender.id}/bids/{sealed.bid}/unlocking"


def secret_of(sealed: Sealed) -> dict[str, str]:
    assert sealed.secret is not None
    return {"secret": b64encode(sealed.secret)}


def unlock(house: OpeningHouse, tender: Tendering, mine: tuple[Who, Sealed]) -> dict[str, Any]:
    supplier, sealed = mine
    return dict(house.call("POST", address(tender, sealed), supplier, secret_of(sealed), 200).json)


def answering(house: OpeningHouse, minutes: Sequence[tuple[int, int]]) -> None:
    """The platform answers in these minutes after the deadline, and is down in between."""
    for begin, end in minutes:
        for minute in range(begin * 2, end * 2 + 1):
            house.clock.ahead(AFTER + minute * timedelta(seconds=30))
            beat(house.platform)
    house.clock.ahead(AFTER)


def unlocking(house: OpeningHouse, tender: Tendering) -> dict[str, Any]:
    return dict(house.call("GET", f"/tenders/{tender.id}/unlocking").json)


def over(house: OpeningHouse) -> None:
    """The window has ended, and the jobs have seen it."""
    house.clock.ahead(AFTER + WINDOW + timedelta(seconds=5))
    house.work()


def test_all_unlock_and_the_bids_open_at_once(house: OpeningHouse, tender: Tendering) -> None:
    first, second = bids(house, tender, 2)
    assert house.call("GET", address(tender, first[1]), first[0]).json["state"] == "waiting"
    # Before the window the secret is refused, and kept nowhere.
    problem = house.refused("POST", address(tender, first[1]), first[0], secret_of(first[1]), "unlock-early")
    assert problem["rule"] == "unlock-minutes" and "16" in problem["article"]
    house.open(tender)
    assert house.state(tender) == "opening"
    assert house.opening(tender)["unlocking"]["unlocked"] == 0
    with house.platform.database.reading() as session:
        assert not session.scalars(select(UnlockedBid)).all()
        kept = session.scalars(select(PrivateAct.details).where(PrivateAct.tender_id == tender.id)).all()
    assert first[1].secret is not None
    assert not any(b64encode(first[1].secret) in details for details in kept)

    answer = unlock(house, tender, first)
    roots = house.trust(tender).roots
    mine = {name: getattr(first[1].manifest, name) for name in ("tender", "policy", "bid", "lock")}
    receipt = check_unlock_receipt(b64decode(answer["receipt"]), roots, **mine)
    assert format_time(receipt.received_at) == answer["received_at"]
    house.work()
    # One of two: nothing is opened, no price is shown, not even to be computed from what is public.
    shown = house.opening(tender)
    assert (shown["state"], shown["opened"], shown["unlocking"]["unlocked"]) == ("opening", 0, 1)
    assert unlocking(house, tender)["file"] is None
    # The other's secret unlocks no bid of mine, and nobody unlocks another's bid.
    house.refused("POST", address(tender, second[1]), second[0], secret_of(first[1]), "unlock-secret-wrong")
    house.refused("POST", address(tender, second[1]), first[0], secret_of(second[1]), "bid-not-found")
    assert unlock(house, tender, first) == answer

    unlock(house, tender, second)
    house.work()
    assert house.state(tender) == "opened"
    assert all(row["opened"] for row in house.record(tender)["bids"])
    assert house.acts(tender)[-3:] == ["opening.frozen", "opening.unlocked", "tender.opened"]
    # Again after the end: the same receipt.
    assert unlock(house, tender, first) == answer
    winner = house.evaluate(tender)["winner"]
    house.award(tender, winner)
    _, report = house.verified(tender)
    assert report.ok, failures(report)


def test_who_stayed_silent_by_the_record_and_by_the_agencys_decision(
    house: OpeningHouse, tender: Tendering
) -> None:
    good, silent, failing = bids(house, tender, 3)
    answering(house, [(0, 31)])
    house.open(tender)
    house.refused("POST", address(tender, failing[1]), failing[0], secret_of(good[1]), "unlock-secret-wrong")
    unlock(house, tender, good)
    over(house)

    assert house.state(tender) == "opened"
    found = {row["bid"]: (row["opened"], row.get("fault"), row.get("reason")) for row in rows(house, tender)}
    assert found == {
        good[1].bid: (True, None, None),
        silent[1].bid: (False, "bidder", "unlock-revoked"),
        failing[1].bid: (False, "unknown", "unlock-unknown"),
    }
    statement = Unlocking.parse(b64decode(unlocking(house, tender)["file"]))
    row = statement.of(failing[1].bid)
    assert row is not None and row.fetched and row.attempts == 2  # asked in two languages
    house.refused("POST", address(tender, silent[1]), silent[0], secret_of(silent[1]), "unlock-late")

    winner = house.evaluate(tender)["winner"]
    assert winner == good[1].bid
    award = house.decision(tender, winner)
    problem = house.refused(
        "POST", f"/tenders/{tender.id}/award", tender.agency, award, "award-unlock-undecided"
    )
    assert problem["rule"] == "unlock-minutes"

    decide(house, tender, silent[1].bid, "withdrawn", code="unlock-decision-other")
    answer = decide(house, tender, failing[1].bid, "revoked")
    assert answer == {"bids": [failing[1].bid]}
    assert [each["verdict"] for each in unlocking(house, tender)["decisions"]] == ["revoked"]
    house.award(tender, winner)
    _, report = house.verified(tender)
    assert report.ok, failures(report)


def test_after_the_platform_was_down_the_bidder_is_not_blamed(house: OpeningHouse, tender: Tendering) -> None:
    bids(house, tender, 1)
    answering(house, [(0, 10), (15, 31)])
    house.open(tender)
    over(house)
    assert [row["reason"] for row in rows(house, tender)] == ["unlock-unknown"]
    assert len(Unlocking.parse(b64decode(unlocking(house, tender)["file"])).outages) == 1
    # Nobody is left to evaluate: the tender fails, and the package says that nothing was decided.
    assert house.state(tender) == "failed"
    _, report = house.verified(tender)
    assert report.ok, failures(report)

    house.start_over()
    other = house.tender(house.enrol("agency"), tender.custodians, lock=True)
    (long,) = bids(house, other, 1)
    answering(house, [(0, 2), (29, 31)])
    house.open(other)
    over(house)
    assert [(row["fault"], row["reason"]) for row in rows(house, other)] == [("platform", "unlock-withdrawn")]
    house.refused("POST", address(other, long[1]), long[0], secret_of(long[1]), "unlock-late")


def killed(at: str, place: str, subject: str, **facts: Any) -> None:
    """The process ends here."""
    if place == at:
        raise KeyboardInterrupt


def test_a_replaced_bid_is_not_asked_and_the_window_ends_once_whatever_crashes(
    house: OpeningHouse, tender: Tendering, monkeypatch: pytest.MonkeyPatch
) -> None:
    supplier = house.enrol("supplier")
    first = house.bid(supplier, tender)
    second = house.bid(supplier, tender, replaces=first.bid)
    house.open(tender)
    house.refused("POST", address(tender, first), supplier, secret_of(first), "unlock-not-current")
    unlock(house, tender, (supplier, second))
    for place in ("unlocking:started", "unlocking:written", "unlocking:logged"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(services, "step", partial(killed, place))
            Unlockings(house.platform).end(tender.id)
        assert unlocking(house, tender)["file"] is None and "opening.unlocked" not in house.acts(tender)
    ended = [Unlockings(house.platform).end(tender.id) for _ in range(3)]
    assert ended == [True, False, False]
    house.work()
    assert house.acts(tender).count("opening.unlocked") == 1
    assert Manifest.parse(first.manifest.raw).lock != second.manifest.lock


def test_the_lock_is_held_no_longer_for_many_bidders(house: OpeningHouse, tender: Tendering) -> None:
    many = house.tender(tender.agency, tender.custodians, lock=True)
    first = [bids(house, each, count) for each, count in ((tender, 1), (many, 3))]
    asked: list[str] = []
    house.open(tender)
    house.open(many)

    def counted(act: Callable[[], object]) -> int:
        asked.clear()
        act()
        return len(asked)

    engine = house.platform.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    unlocks, ends = [], []
    for each, mine in zip((tender, many), first, strict=True):
        house.clock.ahead(AFTER)
        unlocks.append(counted(partial(unlock, house, each, mine[0])))
        assert not [one for one in asked if "ledger_leaves.raw" in one]
        house.clock.ahead(AFTER + WINDOW + timedelta(seconds=5))
        ends.append(counted(partial(Unlockings(house.platform).end, each.id)))
    # What the log's entry costs differs by a statement.
    assert unlocks[0] == unlocks[1] and abs(ends[0] - ends[1]) < 3


def test_without_a_lock_there_is_nothing_to_unlock(house: OpeningHouse, tender: Tendering) -> None:
    plain = house.tender(house.enrol("agency"), tender.custodians)
    supplier = house.enrol("supplier")
    sealed = house.bid(supplier, plain)
    assert house.call("GET", address(plain, sealed), supplier).json["state"] == "none"
    body = {"secret": b64encode(bytes(32))}
    house.refused("POST", address(plain, sealed), supplier, body, "unlock-not-asked")
    house.call("GET", f"/tenders/{plain.id}/unlocking", status=404)


def rows(house: OpeningHouse, tender: Tendering) -> list[dict[str, Any]]:
    return list(house.record(tender)["bids"])


def decide(
    house: OpeningHouse, tender: Tendering, bid: str, verdict: str, code: str | None = None
) -> dict[str, Any]:
    digest = read_signed(b64decode(unlocking(house, tender)["file"]), "unlocking").digest
    members: dict[str, Any] = {
        "at": format_time(house.now()), "tender": tender.id, "unlocking": digest,
        "decisions": [{"bid": bid, "verdict": verdict, "reason": "已书面说明情况"}],
    }  # fmt: skip
    body = {"file": b64encode(house.state_as(tender.agency, build_statement("unlock-decision", members)))}
    place = f"/tenders/{tender.id}/unlock-decisions"
    if code is not None:
        return house.refused("POST", place, tender.agency, body, code)
    return dict(house.call("POST", place, tender.agency, body, 200).json)
