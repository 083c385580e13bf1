"""Counting days as Chinese procurement does (Order 87, articles 85 and 86).

The first day is not counted; a last day that is a public holiday rolls to the day after the
holiday. Days are those of China's one time zone. The holidays are the State Council's yearly
notices, as `chinesecalendar` carries them; an ordinary weekend is no public holiday, a weekend
day joined to one by the notice is.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import chinese_calendar

from trading.errors import TradingError

CHINA = timezone(timedelta(hours=8))


def day_of(moment: datetime) -> date:
    """The calendar day in China of an aware datetime."""
    return moment.astimezone(CHINA).date()


def is_public_holiday(day: date) -> bool:
    """Whether `day` is a public holiday.

    Raises:
        TradingError: "calendar-unknown", for a year whose holidays are not announced in our data.
    """
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        raise TradingError("calendar-unknown", year=day.year) from None
    return bool(off and name)


def last_day(start: date, days: int) -> date:
    """The last day of a period of `days` that begins on `start`.

    Raises:
        TradingError: "calendar-unknown".
    """
    day = start + timedelta(days=days)
    while is_public_holiday(day):
        day += timedelta(days=1)
    return day
