"""Custodians over HTTP: what they are told, what they hand in, and what is refused of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bids.custody import check_closed
from bids.objects import build_statement
from signing import canonical
from signing.certificates import fingerprint
from signing.encoding import b64decode, b64encode, format_time
from signing.suite import SUNSEAL_1
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture
def custodians(house: OpeningHouse) -> tuple[Who, ...]:
    return tuple(house.enrol("custodian") for _ in range(3))


@pytest.fixture
def agency(house: OpeningHouse) -> Who:
    return house.enrol("agency")


@pytest.fixture
def tender(house: OpeningHouse, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(agency, custodians)


def tasks(house: OpeningHouse, custodian: Who, query: str = "") -> list[dict[str, Any]]:
    return list(house.call("GET", f"/custody/tenders{query}", custodian).json["items"])


def test_a_custodian_is_told_what_waits_for_it(
    house: OpeningHouse, agency: Who, custodians: tuple[Who, ...]
) -> None:
    one = custodians[0]
    assert tasks(house, one) == []
    draft = house.draft(agency, custodians)
    task = {
        "tender": draft["id"], "state": "draft", "key_wanted": True, "key_held": False,
        "segment": "bid", "deadline": draft["deadline"], "released": False, "erase": False,
    }
    assert tasks(house, one) == [task]
    house.hand_in_key(one, draft["id"])
    assert tasks(house, one) == [{**task, "key_wanted": False, "key_held": True}]
    house.hand_in_key(one, draft["id"])
    assert tasks(house, house.enrol("custodian")) == []
    for other in (agency, house.enrol("supplier")):
        house.call("GET", "/custody/tenders", other, status=403)
    house.call("GET", "/custody/tenders", status=401)


def test_tasks_come_in_pages(house: OpeningHouse, agency: Who, custodians: tuple[Who, ...]) -> None:
    drafts = sorted(house.draft(agency, custodians)["id"] for _ in range(3))
    first = house.call("GET", "/custody/tenders?limit=2", custodians[0]).json
    assert [item["tender"] for item in first["items"]] == drafts[:2]
    rest = house.call("GET", f"/custody/tenders?limit=2&cursor={first['next']}", custodians[0]).json
    assert [item["tender"] for item in rest["items"]] == drafts[2:]
    assert rest["next"] is None


def test_keys_of_others_are_refused(house: OpeningHouse, agency: Who, custodians: tuple[Who, ...]) -> None:
    draft = house.draft(agency, custodians)["id"]
    public = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed()).public
    body = {"sealing_key": b64encode(public), "signature": b64encode(b"\x30\x00")}
    address = f"/custody/tenders/{draft}/key"
    house.refused("PUT", address, custodians[0], body, "sealing-key-signature")
    house.refused("PUT", address, house.enrol("custodian"), body, "custodian-not-of-tender")
    house.call("PUT", address, agency, body, 403)
    house.refused("PUT", f"/custody/tenders/{'0' * 32}/key", custodians[0], body, "not-found")


def test_a_custodian_checks_everything_from_what_is_served(house: OpeningHouse, tender: Tendering) -> None:
    first, second = house.enrol("supplier"), house.enrol("supplier")
    replaced = house.bid(first, tender)
    current = house.bid(first, tender, replaces=replaced.bid)
    gone = house.bid(second, tender)
    house.withdraw(second, tender, gone)
    house.past_deadline()
    house.work()
    closed = house.closed(tender)
    assert len(closed.leaves) == 4
    assert house.closed(tender, page=200) == closed
    assert [bid.bid for bid in house.checked(tender).current] == [current.bid]
    end = house.call("GET", f"/tenders/{tender.id}/ledger?start=4").json
    assert end == {"size": 4, "items": [], "next": None}


def test_who_bids_is_not_in_the_trust_before_the_closing(house: OpeningHouse, tender: Tendering) -> None:
    supplier = house.enrol("supplier")
    house.bid(supplier, tender)
    certificate = fingerprint(supplier.signer.certificate)
    before = house.trust(tender)
    assert certificate not in before.enrolments
    assert {each.role for each in before.enrolments.values()} == {"agency", "custodian"}
    house.past_deadline()
    house.work()
    assert certificate in house.trust(tender).enrolments


def test_a_lists_that_is_missing_is_noticed(house: OpeningHouse, tender: Tendering) -> None:
    house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    trust = replace(house.trust(tender), crls={})
    with pytest.raises(Exception, match="revocation"):
        check_closed(house.closed(tender), trust, None, None)


def released(house: OpeningHouse, tender: Tendering, bids: int = 1) -> tuple[Who, dict[str, Any]]:
    """A closed tender's first custodian and the release it would hand in."""
    for _ in range(bids):
        house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()
    custodian = tender.custodians[0]
    statement, _ = house.released(tender, custodian)
    return custodian, statement


def refused(house: OpeningHouse, tender: Tendering, who: Who, statement: dict[str, Any], code: str) -> None:
    body = house.release_body(who, tender, statement, {})
    house.refused("PUT", f"/custody/tenders/{tender.id}/release", who, body, code)


def test_releases_that_do_not_fit_are_refused(house: OpeningHouse, tender: Tendering) -> None:
    custodian, statement = released(house, tender, 2)
    rows = statement["shares"]
    share = next(row for row in rows if "share" in row)
    other = bytearray(b64decode(share["share"]))
    other[0] ^= 1
    lying = [{**share, "share": b64encode(bytes(other))} if row is share else row for row in rows]
    for shares, code in (
        (lying, "release-share"), (rows[:-1], "release-other-bids"), (rows[::-1], "release-other-bids"),
        ([*rows, rows[0]], "release-other-bids"),
    ):
        refused(house, tender, custodian, {**statement, "shares": shares}, code)
    refused(house, tender, custodian, {**statement, "closing": "0" * 64}, "release-other-closing")
    early = format_time(tender.notice.deadline - timedelta(seconds=1))
    refused(house, tender, custodian, {**statement, "at": early}, "release-early")
    other_custodian = tender.custodians[1]
    refused(house, tender, other_custodian, statement, "release-not-yours")
    assert tasks(house, custodian)[0]["released"] is False


def test_a_release_is_signed_by_the_key_of_the_policy(house: OpeningHouse, tender: Tendering) -> None:
    custodian, statement = released(house, tender)
    # Another person of the same custodian has a certificate, but not the key that the policy names.
    colleague = house.another_person(custodian)
    refused(house, tender, colleague, statement, "release-signer")
    stranger = replace(custodian, signer=tender.custodians[1].signer)
    refused(house, tender, stranger, statement, "certificate-not-yours")
    body = house.release_body(custodian, tender, statement, {})
    house.call("PUT", f"/custody/tenders/{tender.id}/release", tender.agency, body, 403)
    garbage = {"file": b64encode(b"{}"), "files_shares": []}
    house.call("PUT", f"/custody/tenders/{tender.id}/release", custodian, garbage, 422)


def test_a_custodian_releases_once(house: OpeningHouse, tender: Tendering) -> None:
    custodian, statement = released(house, tender)
    house.clock.ahead(timedelta(hours=1, seconds=6))
    body = house.release_body(custodian, tender, *house.released(tender, custodian))
    address = f"/custody/tenders/{tender.id}/release"
    assert house.call("PUT", address, custodian, body, 200).json == {"frozen": False}
    assert house.call("PUT", address, custodian, body, 200).json == {"frozen": False}
    assert house.acts(tender).count("custody.released") == 1
    assert tasks(house, custodian)[0]["released"] is True
    refused(house, tender, custodian, {**statement, "at": format_time(house.now())}, "release-second")


def test_nothing_is_released_before_the_closing_or_for_a_cancelled_tender(
    house: OpeningHouse, tender: Tendering
) -> None:
    custodian = tender.custodians[0]
    early = {
        "type": "sunseal/release/v1", "at": format_time(house.now()), "tender": tender.id, "segment": "bid",
        "custodian": custodian.id, "closing": "0" * 64, "shares": [],
    }  # fmt: skip
    refused(house, tender, custodian, early, "tender-not-closed")
    _, statement = released(house, tender)
    house.cancel(tender)
    refused(house, tender, custodian, statement, "release-not-wanted")


def test_every_files_share_released_goes_to_the_agency(house: OpeningHouse, tender: Tendering) -> None:
    custodian, statement = released(house, tender)
    bid = statement["shares"][0]["bid"]
    address = f"/custody/tenders/{tender.id}/release"
    sealed = {"bid": bid, "sealed": b64encode(bytes(1169))}
    body = {**house.release_body(custodian, tender, statement, {}), "files_shares": [sealed]}
    for shares in ([], [{**sealed, "bid": "0" * 32}]):
        house.refused("PUT", address, custodian, {**body, "files_shares": shares}, "release-files-shares")
    house.call("PUT", address, custodian, body, 200)


def test_erasures_are_recorded_when_the_key_is_needed_no_more(
    house: OpeningHouse, tender: Tendering
) -> None:
    custodian = tender.custodians[0]
    address = f"/custody/tenders/{tender.id}/erasure"
    house.bid(house.enrol("supplier"), tender)
    house.refused("PUT", address, custodian, house.erasure(tender, custodian), "erasure-too-early")
    house.open(tender)
    assert tasks(house, custodian)[0]["erase"] is True
    other = house.erasure(tender, custodian, key=bytes(1216))
    house.refused("PUT", address, custodian, other, "erasure-other-key")
    borrowed = house.erasure(tender, tender.custodians[1])
    house.refused("PUT", address, custodian, borrowed, "certificate-not-yours")
    stranger = house.enrol("custodian")
    house.refused("PUT", address, stranger, house.erasure(tender, stranger), "custodian-not-of-tender")
    answer = house.call("PUT", address, custodian, house.erasure(tender, custodian), 200).json
    assert house.call("PUT", address, custodian, house.erasure(tender, custodian), 200).json == answer
    assert house.acts(tender).count("custody.erased") == 1
    assert tasks(house, custodian) == []


def test_an_erasure_names_this_tender(house: OpeningHouse, tender: Tendering) -> None:
    custodian = tender.custodians[0]
    house.past_deadline()
    house.work()
    public = SUNSEAL_1.sealing_key(custodian.sealing_seed).public
    statement = build_statement(
        "erasure",
        {
            "at": format_time(house.now()), "tender": "0" * 32, "custodian": custodian.id,
            "sealing_key": canonical.digest(public),
        },
    )
    body = {"file": b64encode(house.state_as(custodian, statement))}
    house.refused("PUT", f"/custody/tenders/{tender.id}/erasure", custodian, body, "erasure-other-key")


def test_a_files_share_is_handed_in_once(house: OpeningHouse, tender: Tendering) -> None:
    custodian, statement = released(house, tender)
    _, files = house.released(tender, custodian)
    body = house.release_body(custodian, tender, statement, files)
    address = f"/custody/tenders/{tender.id}/release"
    doubled = {**body, "files_shares": body["files_shares"] * 2}
    house.refused("PUT", address, custodian, doubled, "release-files-shares")
    malformed = {**body, "files_shares": [{"bid": "x", "sealed": 7}]}
    house.refused("PUT", address, custodian, malformed, "request-invalid")
    house.call("PUT", address, custodian, body, 200)
