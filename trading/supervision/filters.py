"""What a reader of a log asks for: by names as people know them, by days, each kept from page to page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pyramid.request import Request
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from signing.encoding import is_id
from trading.accounts.models import Organisation, Person
from trading.clock import SHANGHAI
from trading.portal import lists
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender

_OFFERED = 20  # of those that a name fits, to choose from


@dataclass(frozen=True)
class Wanted:
    """What a filter was asked for and what it found: `id` if just that, else those that fit, to choose from.

    `offered` are (what to ask for, how it is called).
    """

    asked: str
    id: str = ""
    called: str = ""
    offered: Sequence[tuple[str, str]] = ()

    @property
    def missed(self) -> bool:
        """Whether nothing can be shown before the reader asks otherwise."""
        return bool(self.asked and not self.id)


@dataclass(frozen=True)
class Days:
    """From the beginning of one day to the end of another, in China; as asked and as instants."""

    since: str
    until: str
    begin: datetime | None
    end: datetime | None


def organisation(session: Session, asked: str, acted: ColumnElement[bool]) -> Wanted:
    """An organisation by its id, its name or part of it, among those of which the log may tell: `acted`."""
    return _named(session, Organisation, asked, acted)


def person(session: Session, asked: str, acted: ColumnElement[bool]) -> Wanted:
    """A person, as an organisation."""
    return _named(session, Person, asked, acted)


def tender(session: Session, asked: str) -> Wanted:
    """A public tender by its id, or by words of its title, project or agency."""
    if is_id(asked):
        one = session.get(Tender, asked)
        if one is not None and State(one.state).public:
            return Wanted(asked, one.id, one.title)
        return Wanted(asked)
    if not asked:
        return Wanted("")
    rows, _ = lists.search(session, lists.Filters(words=asked))
    if len(rows) == 1:
        return Wanted(asked, rows[0].Tender.id, rows[0].Tender.title)
    return Wanted(asked, offered=[(row.Tender.id, row.Tender.title) for row in rows[:_OFFERED]])


def days(request: Request) -> Days:
    """The days of the address; what is none is no filter."""
    given = {name: _day(request.GET.get(name, "")) for name in ("since", "until")}
    begin, last = given["since"], given["until"]
    kept = {name: "" if day is None else day.date().isoformat() for name, day in given.items()}
    end = None if last is None else last + timedelta(days=1)
    return Days(kept["since"], kept["until"], begin, end)


def text(request: Request, name: str) -> str:
    """What somebody typed into a filter."""
    return str(request.GET.get(name, "")).strip()[:200]


def address(request: Request, route: str, asked: Mapping[str, str], key: str = "") -> str:
    """The address with all filters kept; with a key that of the page after the row with it."""
    query = {name: value for name, value in {**asked, "before": key}.items() if value}
    return str(request.route_path(route, _query=query))


def _day(typed: str) -> datetime | None:
    """The beginning of a day in China; None for what is none."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return datetime.combine(day, time(), SHANGHAI) if 2000 <= day.year < 3000 else None


def _named(
    session: Session, table: type[Organisation] | type[Person], asked: str, acted: ColumnElement[bool]
) -> Wanted:
    if not asked:
        return Wanted("")
    found = select(Organisation.name, Organisation.scheme, Organisation.identifier)
    if table is Person:
        found = found.join(Person, Person.organisation_id == Organisation.id)
    columns = (table.id, table.name.label("called"))
    found = found.add_columns(*columns).where(acted).order_by(table.name, table.id).limit(_OFFERED)
    if is_id(asked) and (row := session.execute(found.where(table.id == asked)).first()) is not None:
        return Wanted(asked, row.id, _apart(table, row))
    rows = session.execute(found.where(table.name == asked)).all()
    if not rows:
        rows = session.execute(found.where(table.name.icontains(asked, autoescape=True))).all()
    if len(rows) == 1:
        return Wanted(asked, rows[0].id, rows[0].called)
    # Names are read more easily in an address; those that several have lead on by id.
    counts = Counter(row.called for row in rows)
    offered = [
        (row.called, row.called) if counts[row.called] == 1 else (row.id, _apart(table, row)) for row in rows
    ]
    return Wanted(asked, offered=offered)


def _apart(table: type[Organisation] | type[Person], row: Any) -> str:
    """What tells one from another of the same name: a person's organisation, an organisation's identifier."""
    place = f"{row.scheme}:{row.identifier}"
    return f"{row.called} · {row.name} ({place})" if table is Person else f"{row.called} · {place}"
