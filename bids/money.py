"""Money and quantities: exact decimals, never floats.

On the wire both are decimal strings `(0|[1-9]\\d*)(\\.\\d+)?`; an amount has exactly as many fraction digits
as its currency.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from functools import cache

from bids.errors import BidError

MAX_INTEGER_DIGITS = 15  # of a price or a quantity: more is absurd, and a slip of the keyboard
MAX_FRACTION_DIGITS = 8
MAX_AMOUNT_DIGITS = 36  # of an amount: a product of two, summed over a bill of quantities

# ISO 4217, currencies in use; those with other than two minor digits apart.
_TWO = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
    COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
    SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES
    WST XCD YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905
)
_OTHER = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}

_DECIMAL = re.compile(r"(0|[1-9]\d*)(?:\.(\d+))?", re.ASCII)
_NEGATIVE = re.compile(r"-\s*\d*\.?\d+", re.ASCII)

# 60 digits hold any product and sum within the bounds above; what does not fit is an error, never rounded.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP, traps=[Inexact, InvalidOperation])
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


def minor_digits(currency: str) -> int:
    """How many minor digits a currency (ISO 4217 code) has; BidError "currency-unknown"."""
    if currency in _TWO:
        return 2
    if currency in _OTHER:
        return _OTHER[currency]
    raise BidError("currency-unknown", currency=currency)


def decimal_problem(
    text: str, integer_digits: int = MAX_INTEGER_DIGITS, fraction_digits: int = MAX_FRACTION_DIGITS
) -> str | None:
    """The code of what is wrong with a decimal string, or None if nothing is."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return "number-negative" if _NEGATIVE.fullmatch(text) else "number-form"
    if len(match[1]) > integer_digits or len(match[2] or "") > fraction_digits:
        return "number-absurd"
    return None


def parse_decimal(text: str) -> Decimal:
    """The exact value of a price or quantity.

    Raises BidError: "number-form", "number-negative", or "number-absurd" for more than 15 digits before or 8
    after the point.
    """
    problem = decimal_problem(text)
    if problem:
        raise BidError(problem, path="value", value=text[:60])
    return Decimal(text)


def parse_amount(text: str, digits: int) -> Decimal:
    """The exact value of an amount with exactly `digits` minor digits; BidError ("amount-digits")."""
    problem = decimal_problem(text, MAX_AMOUNT_DIGITS)
    if problem:
        raise BidError(problem, path="value", value=text[:60])
    if len(text.partition(".")[2]) != digits:
        raise BidError("amount-digits", path="value", value=text[:60], digits=digits)
    return Decimal(text)


def line_amount(unit_price: Decimal, quantity: Decimal, digits: int) -> Decimal:
    """unit price × quantity, rounded half up to `digits` minor digits."""
    product = _EXACT.multiply(unit_price, quantity)
    return product.quantize(_unit(digits), context=_ROUNDING)


def add(left: Decimal, right: Decimal) -> Decimal:
    """The exact sum of two amounts, whatever the context of the thread."""
    return _EXACT.add(left, right)


def format_amount(amount: Decimal, digits: int) -> str:
    """The decimal string of an amount; `amount` must need no more than `digits` minor digits."""
    unit = _unit(digits)
    return format(amount if amount.same_quantum(unit) else amount.quantize(unit, context=_EXACT), "f")


@cache
def _unit(digits: int) -> Decimal:
    """One of the currency's smallest units."""
    return Decimal(1).scaleb(-digits)
