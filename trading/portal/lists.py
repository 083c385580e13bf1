"""Lists of public tenders: the first page's, and the one that is searched, filtered and sorted.

Each query goes along an index and ends after a page, so that 10⁵ tenders cost little more than ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.orm import Session

from bids.awards import Award
from trading.accounts.models import Organisation
from trading.awards.models import PublishedAward
from trading.evaluation.services import supplier_names
from trading.tenders.lifecycle import State
from trading.tenders.listing import answers_to
from trading.tenders.models import Project, Tender

PAGE = 25
_MOST = 8  # lines of a panel on the first page
_CATEGORIES = 100  # that filters offer

# What the list can be sorted by, each with the direction that a reader wants first.
ORDERS = ("deadline", "-published", "-estimate")
ORDER = "-deadline"
# Columns before `listed`, which is the deadline's order by itself and a key in any.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "deadline": (), "published": ("published_at",), "estimate": ("estimate_order",),
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What a reader looks for; empty text is no filter."""

    words: str = ""
    state: str = ""
    category: str = ""


def _listed() -> Select[Tender, str, str]:
    return (
        select(Tender, Project.number, Organisation.name)
        .join(Project, Tender.project_id == Project.id)
        .join(Organisation, Tender.organisation_id == Organisation.id)
    )


def first_page(session: Session) -> dict[str, Any]:
    """What closes next, what is opening, what was awarded last, and whether anything was ever published."""
    due, closed, opening = (
        session.execute(_listed().where(Tender.state == state).order_by(Tender.listed).limit(_MOST)).all()
        for state in (State.PUBLISHED, State.CLOSED, State.OPENING)
    )
    awarded = (
        _listed()
        .add_columns(PublishedAward.raw)
        .join(PublishedAward, PublishedAward.tender_id == Tender.id)
        .order_by(PublishedAward.at.desc(), PublishedAward.tender_id.desc())
    )
    anything = select(Tender.id).where(Tender.listed.is_not(None)).order_by(Tender.listed)
    return {
        "due": due,
        "opening": sorted([*closed, *opening], key=lambda row: row.Tender.listed)[:_MOST],
        "awarded": _with_winners(session, session.execute(awarded.limit(_MOST)).all()),
        "any": session.scalar(anything.limit(1)) is not None,
    }


def _with_winners(session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
    awards = [Award.parse(raw) for *_, raw in rows]
    winners = [next(row for row in award.ranking if row.bid == award.winner) for award in awards]
    names = supplier_names(session, {winner.supplier for winner in winners})
    return [
        {"tender": tender, "buyer": buyer, "winner": names[winner.supplier], "total": winner.total}
        for (tender, _, buyer, _), winner in zip(rows, winners, strict=True)
    ]


def search(
    session: Session, filters: Filters, order: str = ORDER, after: str | None = None
) -> tuple[Sequence[Any], bool]:
    """A page of public tenders and whether more follow.

    Args:
        order: one of ORDERS, with or without the "-" that turns it round. after: id of the last tender on
            the page before; what is none begins at the first page.
    """
    columns = [Tender.__table__.c[name] for name in _COLUMNS[order.removeprefix("-")]]
    listed: ColumnElement[int] = Tender.__table__.c.listed
    found = select(Tender.id).select_from(Tender)
    if filters.words:
        answers = answers_to(filters.words, session)
        if answers is None:
            return (), False
        listed = answers.listed
        found = found.join(answers.source, listed == Tender.listed).where(answers.found)
    found = found.where(listed.is_not(None))
    if filters.state:
        found = found.where(Tender.state == filters.state)
    if filters.category:
        found = found.where(Tender.category == filters.category)
    keys: list[ColumnElement[Any]] = [*columns, listed]
    place = session.get(Tender, after) if after else None
    if place is not None and place.listed is not None:
        before = [literal(getattr(place, column.name), column.type) for column in columns]
        here = tuple_(*before, literal(place.listed))
        found = found.where(tuple_(*keys) < here if order.startswith("-") else tuple_(*keys) > here)
    # Only a page's rows are joined with what they show.
    page = found.order_by(*_turned(order, keys)).limit(PAGE + 1).subquery()
    rows = session.execute(
        _listed()
        .join(page, page.c.id == Tender.id)
        .order_by(*_turned(order, [*columns, Tender.__table__.c.listed]))
    ).all()
    return rows[:PAGE], len(rows) > PAGE


def _turned(order: str, keys: Sequence[ColumnElement[Any]]) -> Sequence[ColumnElement[Any]]:
    return [key.desc() for key in keys] if order.startswith("-") else keys


def categories(session: Session) -> list[str]:
    """Of all public tenders; each is found from the one before, along an index."""
    first = select(Tender.category).where(Tender.listed.is_not(None)).order_by(Tender.category).limit(1)
    used = select(first.scalar_subquery().label("category")).cte("used", recursive=True)
    following = first.where(Tender.category > used.c.category).scalar_subquery()
    used = used.union_all(select(following).where(used.c.category.is_not(None)))
    found: list[str | None] = list(session.scalars(select(used.c.category).limit(_CATEGORIES)))
    return [each for each in found if each is not None]
