"""Offers as people write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bids.errors import BidError
from bids.notice import Notice
from bids.offer import Offer, build_offer
from tests.bids_factory import World
from trading.client.errors import ClientError
from trading.client.offers import read_offer


@pytest.fixture(scope="module")
def notice() -> Notice:
    return World(seed=3).tender(items=2).notice


def read(tmp_path: Path, notice: Notice, value: Any) -> Offer:
    path = tmp_path / "offer.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return Offer.parse(read_offer(path, notice), notice)


def test_three_forms_of_one_offer(tmp_path: Path, notice: Notice) -> None:
    prices = {"1": "12.50", "2": "0.95"}
    wanted = build_offer(notice, prices, delivery_days=30)
    by_number = read(tmp_path, notice, {"unit_prices": {"1": "12.50", "2": ".95"}, "delivery_days": 30})
    lines = [{"number": "1", "unit_price": "12.50"}, {"number": 2, "unit_price": "0.95"}]
    by_line = read(tmp_path, notice, {"items": lines, "delivery_days": 30})
    whole = read(tmp_path, notice, json.dumps(json.loads(wanted), indent=2))
    assert by_number.raw == by_line.raw == whole.raw == wanted


def test_prices_as_json_numbers_are_exact(tmp_path: Path, notice: Notice) -> None:
    offer = read(tmp_path, notice, '{"unit_prices": {"1": 12, "2": 0.10}}')
    assert [str(line.unit_price) for line in offer.lines] == ["12", "0.10"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([], "offer-form"),
        ({}, "offer-form"),
        ({"items": ["1"]}, "offer-form"),
        ({"items": [{"number": "1"}]}, "offer-form"),
        ({"unit_prices": {"1": "1", "2": "1"}, "deposit": "1"}, "offer-member"),
        ({"unit_prices": {"1": True, "2": "1"}}, "offer-value"),
        ({"unit_prices": {"1": None, "2": "1"}}, "offer-value"),
        ({"unit_prices": {"1": "1", "2": "1"}, "delivery_days": "soon"}, "offer-value"),
        ({"unit_prices": {"1": "1", "2": "1"}, "delivery_days": True}, "offer-value"),
        ({"type": "sunseal/notice/v1"}, "offer-value"),
        (
            {"items": [{"number": "1", "unit_price": "1"}, {"number": "1", "unit_price": "1"}]},
            "json-duplicate",
        ),
    ],
)
def test_malformed(tmp_path: Path, notice: Notice, value: Any, code: str) -> None:
    with pytest.raises(ClientError) as error:
        read(tmp_path, notice, value)
    assert error.value.code == code
    assert "offer.json" in error.value.text("zh") and "offer.json" in error.value.text("en")


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        ({"1": "1"}, "price-missing"),
        ({"1": "1", "2": "-1"}, "number-negative"),
        ({"1": "1", "2": "1", "3": "1"}, "offer-item-unknown"),
        ({"1": "1", "2": "9" * 30}, "number-absurd"),
        ({"1": "1", "2": "1e3"}, "number-form"),
    ],
)
def test_prices_refused(tmp_path: Path, notice: Notice, prices: dict[str, str], code: str) -> None:
    with pytest.raises(BidError) as error:
        read(tmp_path, notice, {"unit_prices": prices})
    assert error.value.code == code
