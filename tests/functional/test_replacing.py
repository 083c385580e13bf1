"""Replacing and withdrawing bids, and what a postponement does to them."""

from __future__ import annotations

import pytest

from bids.ledger import parse_leaf
from bids.receipts import check_receipt
from signing.encoding import new_id
from tests.functional.bidding import (
    HOUR,
    ledger,
    refused_bid,
    withdrawal,
    withdrawals,
)
from tests.functional.house import House, Tendering, Who, receipt_of, signed

pytestmark = pytest.mark.one_database


def test_a_replacement_names_the_current_bid(house: House, supplier: Who, tender: Tendering) -> None:
    first = house.bid(supplier, tender)
    fresh = house.seal(supplier, tender)
    house.upload(supplier, tender, fresh)
    refused_bid(house, supplier, tender, fresh, "replaces-stale", "replacement")
    second = house.bid(supplier, tender, replaces=first.bid)
    stale = house.seal(supplier, tender, replaces=first.bid)
    house.upload(supplier, tender, stale)
    problem = refused_bid(house, supplier, tender, stale, "replaces-stale", "replacement")
    assert problem["params"]["wanted"] == second.bid
    foreign = house.seal(supplier, tender, replaces=house.bid(house.enrol("supplier"), tender).bid)
    house.upload(supplier, tender, foreign)
    refused_bid(house, supplier, tender, foreign, "replaces-stale", "replacement")
    assert house.own_bids(supplier, tender) == {first.bid: "replaced", second.bid: "current"}


def test_another_key_of_the_same_supplier_replaces_and_withdraws_nothing(
    house: House, supplier: Who, tender: Tendering
) -> None:
    first = house.bid(supplier, tender)
    colleague = house.another_person(supplier)
    usurping = house.seal(colleague, tender, replaces=first.bid)
    house.upload(colleague, tender, usurping)
    refused_bid(house, colleague, tender, usurping, "bid-key-differs", "replacement")
    raw, signature = withdrawal(house, colleague, tender, first.bid)
    problem = house.refused("POST", withdrawals(tender), colleague, signed(raw, signature), "bid-key-differs")
    assert problem["rule"] == "replacement"
    assert house.own_bids(supplier, tender) == {first.bid: "current"}


def test_a_withdrawal_is_a_leaf_with_a_receipt_and_bidding_again_is_allowed(
    house: House, supplier: Who, tender: Tendering
) -> None:
    first = house.bid(supplier, tender)
    raw, signature = withdrawal(house, supplier, tender, first.bid)
    body = signed(raw, signature)
    answer = house.call("POST", withdrawals(tender), supplier, body, 201).json
    check_receipt(receipt_of(answer), raw, signature, house.platform.keys.roots)
    leaves = [parse_leaf(leaf) for leaf in ledger(house, tender)]
    assert [(leaf.kind, leaf.bid) for leaf in leaves] == [
        ("acceptance", first.bid),
        ("withdrawal", first.bid),
    ]
    assert house.own_bids(supplier, tender) == {first.bid: "withdrawn"}
    assert house.call("POST", withdrawals(tender), supplier, body, 200).json == answer
    naming = house.seal(supplier, tender, replaces=first.bid)
    house.upload(supplier, tender, naming)
    refused_bid(house, supplier, tender, naming, "replaces-stale", "replacement")
    second = house.bid(supplier, tender)
    assert house.own_bids(supplier, tender) == {first.bid: "withdrawn", second.bid: "current"}
    with house.later(HOUR):
        assert house.call("POST", withdrawals(tender), supplier, body, 200).json == answer
        late = signed(*withdrawal(house, supplier, tender, second.bid))
        house.refused("POST", withdrawals(tender), supplier, late, "bid-late")


def test_withdrawals_of_what_is_not_ones_current_bid_are_refused(
    house: House, supplier: Who, tender: Tendering
) -> None:
    first = house.bid(supplier, tender)
    second = house.bid(supplier, tender, replaces=first.bid)
    path = withdrawals(tender)
    others = house.bid(house.enrol("supplier"), tender)
    for bid in (first.bid, others.bid, new_id()):
        body = signed(*withdrawal(house, supplier, tender, bid))
        house.refused("POST", path, supplier, body, "withdrawal-not-current")
    for field, wrong in (("tender", new_id()), ("policy", "0" * 64), ("supplier", new_id())):
        body = signed(*withdrawal(house, supplier, tender, second.bid, **{field: wrong}))
        problem = house.refused("POST", path, supplier, body, "withdrawal-disagrees")
        assert problem["params"] == {"field": field} and problem["article"]
    raw, _ = withdrawal(house, supplier, tender, second.bid)
    house.refused("POST", path, supplier, signed(raw, b""), "signature-missing")
    house.refused("POST", path, supplier, signed(second.manifest.raw, second.signature), "wrong-type")
    assert house.own_bids(supplier, tender)[second.bid] == "current"


def test_a_postponement_voids_bids_and_a_new_one_may_name_the_void_one(
    house: House, supplier: Who, tender: Tendering
) -> None:
    other = house.enrol("supplier")
    void, forgotten = house.bid(supplier, tender), house.bid(other, tender)
    postponed = house.amend(tender, deadline=tender.notice.deadline + HOUR)
    assert house.own_bids(supplier, tender) == {void.bid: "void"}
    body = signed(*withdrawal(house, supplier, postponed, void.bid))
    house.refused("POST", withdrawals(tender), supplier, body, "withdrawal-not-current")
    again = house.bid(supplier, postponed, replaces=void.bid)
    afresh = house.bid(other, postponed)
    assert house.own_bids(supplier, tender) == {void.bid: "replaced", again.bid: "current"}
    assert house.own_bids(other, tender) == {forgotten.bid: "void", afresh.bid: "current"}
