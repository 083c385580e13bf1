"""Counting days as Chinese procurement does (Order 87, articles 85 and 86).

The first day is not counted; a last day that is a public holiday rolls to the day after the
holiday. Days are those of China's one time zone. The holidays are the State Council's yearly
notices, as `chinesecalendar` carries them; an ordinary weekend is no public holiday, a weekend
day joined to one by the notice is.

The notice of a year comes in the autumn before it, the library's release weeks later: until then the
operator names the year's days in a file (`holidays_file`), which also wins over the library.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import chinese_calendar

from trading.errors import ConfigurationError, TradingError

CHINA = timezone(timedelta(hours=8))
_MOST_DAYS = 60

# One calendar for all of a process, as there is one for all of China.
_announced: dict[int, frozenset[date]] = {}


def announce(years: Mapping[int, frozenset[date]]) -> None:
    """Count these years by these public holidays from now on."""
    _announced.update(years)


def read_holidays(path: Path) -> dict[int, frozenset[date]]:
    """The public holidays by year in a TOML file of lines like `2027 = [2027-01-01, 2027-02-05]`.

    Raises:
        ConfigurationError: the file cannot be read, or a line is not a year with days of that year.
    """
    try:
        lines = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, str(error)) from None
    return {_year(path, name): _days(path, name, days) for name, days in lines.items()}


def _year(path: Path, name: str) -> int:
    if not (name.isascii() and name.isdigit() and len(name) == 4):
        raise _unreadable(path, f"{name!r} is not a year")
    return int(name)


def _days(path: Path, year: str, days: object) -> frozenset[date]:
    if not isinstance(days, Sequence) or isinstance(days, str) or not 0 < len(days) <= _MOST_DAYS:
        raise _unreadable(path, f"{year} is not a list of days")
    for day in days:
        if type(day) is not date or day.year != int(year):
            raise _unreadable(path, f"{day} is not a day of {year}")
    return frozenset(days)


def _unreadable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"节假日文件 {path} 无法读取（{reason}）。每行写一年，例如：2027 = [2027-01-01, 2027-02-05]。",
        f"The holidays file {path} cannot be read ({reason}). Write a year on each line, "
        "like 2027 = [2027-01-01, 2027-02-05].",
    )


def day_of(moment: datetime) -> date:
    """The calendar day in China of an aware datetime."""
    return moment.astimezone(CHINA).date()


def is_public_holiday(day: date) -> bool:
    """Whether `day` is a public holiday.

    Raises:
        TradingError: "calendar-unknown", for a year whose holidays are not announced in our data.
    """
    if day.year in _announced:
        return day in _announced[day.year]
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
