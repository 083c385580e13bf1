"""What the portal's pages show, read from the rows of the other features."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from bids.awards import Award
from bids.entries import Entry
from bids.notice import Notice
from bids.objects import read_signed
from signing.encoding import is_id
from trading.accounts.models import Organisation
from trading.audit.models import LogEntry
from trading.awards.models import PublishedAward
from trading.evaluation.models import Evaluation
from trading.evaluation.services import ranking_on_record, supplier_names
from trading.evidence.models import PublishedFile
from trading.opening.models import PublishedOpeningRecord
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, Tender
from trading.web.pages import EPOCH, milliseconds

PAGE = 25
_MOST = 8  # lines of a panel on the first page


@dataclass(frozen=True)
class Filters:
    """What a reader looks for; empty text is no filter."""

    words: str = ""
    state: str = ""
    category: str = ""


@dataclass(frozen=True)
class Row:
    """A bid in the results; `rank` is None before the evaluation."""

    supplier: str
    total: Decimal
    rank: int | None
    responsive: bool
    reason: str | None
    winner: bool


@dataclass(frozen=True)
class Step:
    """An act of the public log about a tender, and by which organisation; None for the platform itself."""

    act: str
    at: datetime
    by: str | None
    position: int


def _listed() -> Select[Tender, str, str]:
    return (
        select(Tender, Project.number, Organisation.name)
        .join(Project, Tender.project_id == Project.id)
        .join(Organisation, Tender.organisation_id == Organisation.id)
    )


def first_page(session: Session) -> dict[str, Sequence[Any]]:
    """What closes next, what is opening, what was awarded last."""
    due = _listed().where(Tender.state == State.PUBLISHED).order_by(Tender.deadline, Tender.id)
    opening = (
        _listed().where(Tender.state.in_((State.CLOSED, State.OPENING))).order_by(Tender.deadline, Tender.id)
    )
    awarded = (
        _listed()
        .add_columns(PublishedAward.raw)
        .join(PublishedAward, PublishedAward.tender_id == Tender.id)
        .order_by(PublishedAward.at.desc(), Tender.id)
    )
    return {
        "due": session.execute(due.limit(_MOST)).all(),
        "opening": session.execute(opening.limit(_MOST)).all(),
        "awarded": _with_winners(session, session.execute(awarded.limit(_MOST)).all()),
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
    session: Session, filters: Filters, after: tuple[datetime, str] | None
) -> tuple[Sequence[Any], bool]:
    """A page of public tenders, the latest deadline first, and whether more follow.

    `after` is deadline and id of the last one on the page before.
    """
    query = _listed().where(Tender.state != State.DRAFT)
    if filters.state:
        query = query.where(Tender.state == filters.state)
    if filters.category:
        query = query.where(Tender.category == filters.category)
    for word in filters.words.split():
        query = query.where(
            or_(
                Tender.title.icontains(word, autoescape=True),
                Project.number.icontains(word, autoescape=True),
                Project.title.icontains(word, autoescape=True),
                Organisation.name.icontains(word, autoescape=True),
                Tender.id == word.lower(),
            )
        )
    if after is not None:
        deadline, last = after
        query = query.where(
            or_(Tender.deadline < deadline, and_(Tender.deadline == deadline, Tender.id > last))
        )
    rows = session.execute(query.order_by(Tender.deadline.desc(), Tender.id).limit(PAGE + 1)).all()
    return rows[:PAGE], len(rows) > PAGE


def categories(session: Session) -> list[str]:
    """Of all public tenders."""
    used = select(Tender.category).where(Tender.state != State.DRAFT).distinct()
    return sorted(session.scalars(used))


def cursor_of(tender: Tender) -> str:
    """Where the next page begins, as an address carries it."""
    return f"{milliseconds(tender.deadline)}-{tender.id}"


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """The place that `cursor_of` wrote; None for anything else."""
    number, _, tender = text.partition("-")
    if not re.fullmatch("[0-9]{1,13}", number) or not is_id(tender):
        return None
    return EPOCH + timedelta(milliseconds=int(number)), tender


def story(session: Session, tender: Tender) -> list[Step]:
    """The public log's entries about a tender, in its order."""
    rows = session.scalars(
        select(LogEntry).where(LogEntry.tender_id == tender.id).order_by(LogEntry.position)
    ).all()
    entries = [(row.position, Entry.parse(row.raw)) for row in rows]
    names = supplier_names(session, {entry.who.organisation for _, entry in entries if entry.who is not None})
    return [
        Step(entry.act, entry.at, names.get(entry.who.organisation) if entry.who else None, position)
        for position, entry in entries
    ]


def results(session: Session, tender: Tender, notice: Notice) -> list[Row]:
    """The bids that opened, in the order of the ranking; none before the opening record is public."""
    if session.get(PublishedOpeningRecord, tender.id) is None:
        return []
    evaluation = session.get(Evaluation, tender.id)
    statement: Mapping[str, Any] = {"rejections": []}
    if evaluation is not None:
        statement = read_signed(evaluation.raw, "evaluation").statement
    ranking = ranking_on_record(session, notice, statement)
    award = session.get(PublishedAward, tender.id)
    names = supplier_names(session, {row.supplier for row in ranking.rows})
    return [
        Row(
            supplier=names[row.supplier], total=row.total, rank=None if evaluation is None else row.rank,
            responsive=row.responsive, reason=row.reason,
            winner=award is not None and row.bid == award.winner_bid,
        )
        for row in ranking.rows
    ]  # fmt: skip


def files_of(session: Session, tender: Tender) -> dict[str, PublishedFile]:
    """Rendered documents and the evidence package, by kind."""
    rows = session.scalars(select(PublishedFile).where(PublishedFile.tender_id == tender.id))
    return {row.kind: row for row in rows}


def public_count(session: Session) -> int:
    """How many tenders were ever published."""
    return session.scalar(select(func.count()).select_from(Tender).where(Tender.state != State.DRAFT)) or 0
