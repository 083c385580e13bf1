"""Amounts of yuan in financial numerals (大写金额), as cheques and awards of China write them."""

from __future__ import annotations

from decimal import Decimal

from reports.errors import ReportError

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ((10**8, "亿"), (10**4, "万"))


def capitals(amount: Decimal) -> str:
    """`1409.50` as 人民币壹仟肆佰零玖元伍角整.

    整 ends what has no 分. A gap of noughts is one 零; none is written where 元 or 万 is a nought and
    the next digit is not.

    Raises:
        ReportError: below nothing, or with parts of a 分.
    """
    cents = amount * 100
    if amount < 0 or cents != cents.to_integral_value():
        raise ReportError(f"{amount} cannot be written in yuan, 角 and 分")
    yuan, rest = divmod(int(cents), 100)
    tenths, hundredths = divmod(rest, 10)
    words = f"{whole(yuan)}元" if yuan or not rest else ""
    if tenths:
        words += f"{DIGITS[tenths]}角"
    elif hundredths and yuan:
        words += DIGITS[0]
    return f"人民币{words}" + (f"{DIGITS[hundredths]}分" if hundredths else "整")


def whole(number: int) -> str:
    """A whole number; 零 for nought."""
    for size, name in GROUPS:
        if number >= size:
            high, low = divmod(number, size)
            gap = DIGITS[0] if 0 < low < size // 10 else ""
            return f"{whole(high)}{name}{gap}{whole(low) if low else ''}"
    if number == 0:
        return DIGITS[0]
    words = ""
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            words += DIGITS[digit] + PLACES[place]
        elif words and not words.endswith(DIGITS[0]):
            words += DIGITS[0]
    return words.rstrip(DIGITS[0])
