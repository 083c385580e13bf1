from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from reports.errors import ReportError
from reports.wording import ROLES, against, grouped, money, quantity, short_digest, stamp, stamp_zh, words


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("1234567.50", "1,234,567.50"),
        ("0.95", "0.95"),
        ("1E+3", "1,000"),
        ("999999999999999.99", "999,999,999,999,999.99"),
    ],
)
def test_money_keeps_its_digits(amount: str, written: str) -> None:
    assert money(Decimal(amount)) == written


def test_no_money_is_a_dash() -> None:
    assert money(None) == "—"


def test_a_quantity_keeps_its_digits() -> None:
    assert quantity(Decimal("12500.250")) == "12,500.250"


@pytest.mark.parametrize(
    ("total", "estimate", "written"),
    [
        ("90.00", "100.00", "\u221210.0%"),
        ("137658.00", "215488.00", "\u221236.1%"),
        ("100.04", "100.00", "+0.0%"),
        ("5000.00", "1.00", ">+999%"),
        (None, "100.00", "—"),
        ("90.00", None, "—"),
        ("90.00", "0.00", "—"),
    ],
)
def test_against_the_estimate(total: str | None, estimate: str | None, written: str) -> None:
    amounts = [None if amount is None else Decimal(amount) for amount in (total, estimate)]
    assert against(*amounts) == written


def test_times_are_written_in_beijing_time_whatever_their_zone() -> None:
    new_york = datetime(2026, 3, 5, 17, 0, 1, tzinfo=timezone(timedelta(hours=-5)))
    assert stamp(new_york) == "2026-03-06 06:00:01"
    assert stamp_zh(new_york) == "2026年3月6日 06:00:01"


def test_milliseconds_are_written_if_there_are_any() -> None:
    assert stamp(datetime(2026, 3, 5, 6, 0, 0, 7999, tzinfo=UTC)) == "2026-03-05 14:00:00.007"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ReportError, match="no zone"):
        stamp(datetime(2026, 3, 5, 6, 0))


def test_words_we_do_not_know_stand_for_themselves() -> None:
    assert words(ROLES, "supervisor") == ("监督部门", "Supervisor")
    assert words(ROLES, "harbour master") == ("harbour master", "")


def test_digests_for_people() -> None:
    assert short_digest("0123456789abcdef" * 4) == "01234567...89abcdef"
    assert grouped("0123456789abcdef01") == "01234567 89abcdef 01"
