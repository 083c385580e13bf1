"""Offers: the notice's items, all once, in order; prices that make sense; amounts computed again."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bids.offer import Correction, Offer, build_offer, recompute
from signing import canonical
from tests.bids_factory import World, refused

WORLD = World(1)
TENDER = WORLD.tender(items=3)  # quantities 2.5, 88, 1000.125
NOTICE = TENDER.notice
PRICES = {"1": "100.005", "2": "3", "3": "0.95"}
WORDS = "壹仟肆佰陆拾肆元壹角叁分"
RAW = build_offer(NOTICE, PRICES, delivery_days=30, quality="GB/T 19001", total_in_words=WORDS)


def changed(edit: Callable[[dict[str, Any]], object]) -> bytes:
    members: dict[str, Any] = json.loads(RAW)
    edit(members)
    return canonical.dumps(members)


def test_built_offers_are_right_to_the_cent() -> None:
    offer = Offer.parse(RAW, NOTICE)
    assert offer.digest == canonical.digest(RAW)
    assert [(line.number, line.unit_price, line.amount) for line in offer.lines] == [
        ("1", Decimal("100.005"), Decimal("250.01")),  # 250.0125
        ("2", Decimal("3"), Decimal("264.00")),
        ("3", Decimal("0.95"), Decimal("950.12")),  # 950.11875
    ]
    assert offer.total == Decimal("1464.13")
    assert offer.announced == {
        "delivery_days": 30,
        "quality": "GB/T 19001",
        "total_in_words": WORDS,
    }
    recomputed = recompute(offer, NOTICE)
    assert recomputed.corrections == ()
    assert recomputed.total == offer.total
    assert recomputed.lines["3"] == Decimal("950.12")


def test_a_price_without_a_leading_zero_is_written_out() -> None:
    offer = Offer.parse(build_offer(NOTICE, {**PRICES, "3": " .95 "}), NOTICE)
    assert offer.lines[2].unit_price == Decimal("0.95")
    assert b'"unit_price":"0.95"' in offer.raw


def test_a_free_item_is_allowed() -> None:
    assert Offer.parse(build_offer(NOTICE, {**PRICES, "2": "0"}), NOTICE).lines[1].amount == Decimal("0.00")


def test_currencies_without_minor_digits() -> None:
    notice = WORLD.tender(items=2, changes={"currency": "JPY", "estimate": None}).notice
    offer = Offer.parse(build_offer(notice, {"1": "1.5", "2": "2"}), notice)
    assert (str(offer.lines[0].amount), str(offer.total)) == ("4", "180")


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        ({"1": "1", "2": "1"}, "price-missing"),
        ({**PRICES, "4": "1"}, "offer-item-unknown"),
        ({**PRICES, "2": "-3"}, "number-negative"),
        ({**PRICES, "2": ""}, "number-form"),
        ({**PRICES, "2": "."}, "number-form"),
        ({**PRICES, "2": "1,000"}, "number-form"),
        ({**PRICES, "2": "1e3"}, "number-form"),
        ({**PRICES, "2": "1" * 16}, "number-absurd"),
        ({**PRICES, "2": "0.000000001"}, "number-absurd"),
    ],
)
def test_prices_that_are_missing_negative_or_absurd(prices: dict[str, str], code: str) -> None:
    with refused(code):
        build_offer(NOTICE, prices)


def test_the_refusal_names_the_item() -> None:
    with refused("number-negative", path="unit price of item 2", value="-3"):
        build_offer(NOTICE, {**PRICES, "2": "-3"})
    with refused("price-missing", item="3"):
        build_offer(NOTICE, {"1": "1", "2": "1"})


def test_only_announced_fields_are_taken() -> None:
    with refused("member-unknown", path="colour"):
        build_offer(NOTICE, PRICES, colour="red")
    with refused("form-whole", path="delivery_days"):
        build_offer(NOTICE, PRICES, delivery_days=-1)


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda o: o.update(currency="USD"), "currency-differs"),
        (lambda o: o.update(currency="Yuan"), "form-pattern"),
        (lambda o: o.pop("items"), "member-missing"),
        (lambda o: o.pop("total"), "member-missing"),
        (lambda o: o.update(items=[]), "form-list"),
        (lambda o: o.update(discount="1.00"), "member-unknown"),
        (lambda o: o["items"].pop(), "price-missing"),
        (lambda o: o["items"].reverse(), "offer-item-order"),
        (lambda o: o["items"].append(o["items"][0]), "offer-item-duplicate"),
        (lambda o: o["items"][1].update(number="9"), "offer-item-unknown"),
        (lambda o: o["items"][1].update(number="1"), "offer-item-duplicate"),
        (lambda o: o["items"][1].update(number=2), "form-text"),
        (lambda o: o["items"][1].pop("unit_price"), "member-missing"),
        (lambda o: o["items"][1].update(unit_price=None), "number-form"),
        (lambda o: o["items"][1].update(unit_price=3), "number-form"),
        (lambda o: o["items"][1].update(unit_price="-3"), "number-negative"),
        (lambda o: o["items"][1].update(unit_price="9" * 16), "number-absurd"),
        (lambda o: o["items"][1].update(amount="264"), "amount-digits"),
        (lambda o: o["items"][1].update(amount="-264.00"), "number-negative"),
        (lambda o: o.update(total="1464.1"), "amount-digits"),
        (lambda o: o.update(total="9" * 37 + ".00"), "number-absurd"),
        (lambda o: o.update(total="NaN"), "number-form"),
        (lambda o: o.update(type="sunseal/contents/v1"), "wrong-type"),
    ],
)
def test_refused(edit: Callable[[dict[str, Any]], object], code: str) -> None:
    with refused(code):
        Offer.parse(changed(edit), NOTICE)


def test_places_are_named() -> None:
    with refused("number-negative", path="items[1].unit_price", value="-3"):
        Offer.parse(changed(lambda o: o["items"][1].update(unit_price="-3")), NOTICE)
    with refused("amount-digits", path="items[1].amount"):
        Offer.parse(changed(lambda o: o["items"][1].update(amount="264")), NOTICE)
    with refused("price-missing", item="3"):
        Offer.parse(changed(lambda o: o["items"].pop()), NOTICE)


def test_wrong_sums_are_corrected_on_record() -> None:
    def edit(offer: dict[str, Any]) -> None:
        offer["items"][1]["amount"] = "2640.00"
        offer["total"] = "1.00"

    offer = Offer.parse(changed(edit), NOTICE)
    assert offer.total == Decimal("1.00")
    recomputed = recompute(offer, NOTICE)
    assert recomputed.total == Decimal("1464.13")
    assert recomputed.corrections == (
        Correction("2", "amount", Decimal("2640.00"), Decimal("264.00")),
        Correction(None, "total", Decimal("1.00"), Decimal("1464.13")),
    )


def test_a_right_sum_of_wrong_lines_is_corrected_too() -> None:
    def edit(offer: dict[str, Any]) -> None:
        offer["items"][0]["amount"] = "250.00"
        offer["total"] = "1464.12"

    corrections = recompute(Offer.parse(changed(edit), NOTICE), NOTICE).corrections
    assert [(one.item, one.field) for one in corrections] == [("1", "amount"), (None, "total")]


def test_an_offer_that_is_larger_than_an_index_is_refused() -> None:
    with refused("too-large"):
        Offer.parse(b" " * ((4 << 20) + 1), NOTICE)
