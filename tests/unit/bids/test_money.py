"""Money: exact decimals, half up, and what is negative, absurd or malformed refused."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest

from bids import money
from tests.bids_factory import refused


@pytest.mark.parametrize(
    ("currency", "digits"), [("CNY", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("XOF", 0), ("TND", 3)]
)
def test_minor_digits(currency: str, digits: int) -> None:
    assert money.minor_digits(currency) == digits


@pytest.mark.parametrize("currency", ["RMB", "cny", "", "XXX", "CNY ", "DEM"])
def test_unknown_currencies_are_refused(currency: str) -> None:
    with refused("currency-unknown", currency=currency):
        money.minor_digits(currency)


@pytest.mark.parametrize("text", ["0", "0.00", "12", "1200.50", "999999999999999.99999999"])
def test_decimals_are_read_exactly(text: str) -> None:
    assert str(money.parse_decimal(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".95",
        "5.",
        "01",
        "00",
        "+1",
        "1e3",
        "1,000",
        " 1",
        "1 ",
        "1.2.3",
        "NaN",
        "Infinity",
        "１",
        "0x1",
        "--1",
    ],
)
def test_malformed_numbers_are_refused(text: str) -> None:
    with refused("number-form", value=text):
        money.parse_decimal(text)
    with refused("number-form"):
        money.parse_amount(text, 2)


@pytest.mark.parametrize("text", ["-1", "-0.01", "-.5", "- 3"])
def test_negative_numbers_are_refused_as_such(text: str) -> None:
    with refused("number-negative", value=text):
        money.parse_decimal(text)


@pytest.mark.parametrize("text", ["1000000000000000", "0.000000001", "9" * 4000, "0." + "1" * 4000])
def test_absurd_numbers_are_refused(text: str) -> None:
    with refused("number-absurd"):
        money.parse_decimal(text)


def test_amounts_have_exactly_the_currencys_digits() -> None:
    assert money.parse_amount("12.50", 2) == Decimal("12.50")
    assert money.parse_amount("12", 0) == Decimal(12)
    assert money.parse_amount("9" * 36 + ".99", 2) == Decimal("9" * 36 + ".99")
    for text in ("12", "12.5", "12.500"):
        with refused("amount-digits", digits="2", value=text):
            money.parse_amount(text, 2)
    with refused("amount-digits"):
        money.parse_amount("12.0", 0)
    with refused("number-absurd"):
        money.parse_amount("9" * 37 + ".99", 2)


def test_nothing_depends_on_the_threads_decimal_context() -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        context.rounding = decimal.ROUND_DOWN
        assert money.line_amount(Decimal("123456.785"), Decimal(1), 2) == Decimal("123456.79")
        assert money.add(Decimal("123456.78"), Decimal("0.01")) == Decimal("123456.79")
        assert money.format_amount(Decimal("123456.7"), 2) == "123456.70"


def test_formatting_never_rounds() -> None:
    assert money.format_amount(Decimal("1E+3"), 2) == "1000.00"
    assert money.format_amount(Decimal(7), 0) == "7"
    with pytest.raises(decimal.Inexact):
        money.format_amount(Decimal("0.005"), 2)


def test_the_largest_allowed_factors_multiply_exactly() -> None:
    largest = money.parse_decimal("999999999999999.99999999")
    amount = money.line_amount(largest, largest, 2)
    assert money.parse_amount(money.format_amount(amount, 2), 2) == amount
    assert str(amount) == "999999999999999999999980000000.00"
