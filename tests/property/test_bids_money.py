"""Money, whatever the numbers: against exact integer arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from bids import money
from bids.errors import BidError

DIGITS = st.sampled_from([0, 2, 3])


@st.composite
def decimals(draw: st.DrawFn) -> str:
    whole = str(draw(st.integers(0, 10**15 - 1)))
    fraction = draw(st.text("0123456789", max_size=8))
    return f"{whole}.{fraction}" if fraction else whole


@settings(max_examples=150)
@given(decimals(), decimals(), DIGITS)
def test_line_amounts_are_rounded_half_up_exactly(price: str, quantity: str, digits: int) -> None:
    amount = money.line_amount(money.parse_decimal(price), money.parse_decimal(quantity), digits)
    exact = Fraction(price) * Fraction(quantity) * 10**digits
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    assert Fraction(amount) * 10**digits == rounded
    text = money.format_amount(amount, digits)
    assert money.parse_amount(text, digits) == amount


@settings(max_examples=150)
@given(st.text(max_size=30) | st.from_regex(r"-?[0-9]{0,18}\.?[0-9]{0,10}", fullmatch=True))
def test_what_is_read_is_one_spelling_of_a_number_that_is_not_negative(text: str) -> None:
    try:
        value = money.parse_decimal(text)
    except BidError as error:
        assert error.code in {"number-form", "number-negative", "number-absurd"}
        return
    assert value >= 0 and str(value) == text or format(value, "f") == text
    assert value == Decimal(text)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 10**36 - 1), DIGITS), max_size=50))
def test_sums_are_exact(cents: list[tuple[int, int]]) -> None:
    total = Decimal(0)
    for value, digits in cents:
        total = money.add(total, Decimal(f"{value}E-{digits}"))
    assert Fraction(total) == sum(Fraction(value, 10**digits) for value, digits in cents)
