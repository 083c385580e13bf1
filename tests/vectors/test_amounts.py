"""The vectors of amounts: unit price × quantity, rounded half up, made by another implementation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bids import money

VECTORS = json.loads(Path(__file__).with_name("sunseal-1.json").read_text("utf-8"))["amounts"]


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 10


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_amount(vector: dict[str, str | int]) -> None:
    digits = int(vector["minor_digits"])
    price = money.parse_decimal(str(vector["unit_price"]))
    amount = money.line_amount(price, money.parse_decimal(str(vector["quantity"])), digits)
    assert money.format_amount(amount, digits) == vector["amount"]
    assert money.parse_amount(str(vector["amount"]), digits) == amount
