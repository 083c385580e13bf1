"""What a tender's pages show, read from the rows of the other features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.entries import Entry
from bids.notice import Notice
from bids.objects import read_signed
from bids.stages import Stage as StageStatement
from trading.audit.models import LogEntry
from trading.awards.models import PublishedAward
from trading.evaluation.announcements import Announced, announced_in
from trading.evaluation.models import Evaluation
from trading.evaluation.services import ranking_on_record, supplier_names
from trading.evidence.models import PublishedFile
from trading.opening.models import PublishedOpeningRecord
from trading.opening.stages import stages_of
from trading.tenders.comparison import Comparison, compare
from trading.tenders.models import Tender
from trading.tenders.reading import Recent, notices_of
from trading.tenders.terms import terms_of

# What happens once for each segment: the log names none, its order does.
_BY_SEGMENT = frozenset(
    (
        "custody.released", "custody.refused", "opening.frozen", "opening.unlocked", "tender.opened",
        "tender.admitted",
    )  # fmt: skip
)


@dataclass(frozen=True)
class Row:
    """A bid in the results; `rank` is None before the evaluation."""

    bid: str
    supplier: str
    total: Decimal
    rank: int | None
    responsive: bool
    reason: str | None
    winner: bool


@dataclass(frozen=True)
class Step:
    """An act of the public log about a tender, and by which organisation; None for the platform itself.
    `segment`: which one it opens or judges, where a tender has several."""

    act: str
    at: datetime
    by: str | None
    position: int
    segment: str | None = None


@dataclass(frozen=True)
class Amended:
    """An amendment: what it changed, the digest of the notice that it replaced, and when."""

    comparison: Comparison
    replaced: str
    at: datetime


def amendments(session: Session, tender: Tender) -> dict[int, Amended]:
    """What each amended notice changed, by its place in the public log, in order."""
    return {
        later.log_position: Amended(
            _compared(earlier.notice, later.notice),
            earlier.notice.digest,
            later.published_at,
        )
        for earlier, later in pairwise(notices_of(session, tender))
    }


# By both notices' digests: everybody's view of an amended tender shows all its comparisons of whole bills.
_COMPARED: Recent[tuple[str, str], Comparison] = Recent(256)


def _compared(old: Notice, new: Notice) -> Comparison:
    return _COMPARED.get((old.digest, new.digest), lambda: compare(terms_of(old), terms_of(new)))


def story(session: Session, tender: Tender) -> list[Step]:
    """The public log's entries about a tender, in its order."""
    rows = session.scalars(
        select(LogEntry).where(LogEntry.tender_id == tender.id).order_by(LogEntry.position)
    ).all()
    entries = [(row.position, Entry.parse(row.raw)) for row in rows]
    names = supplier_names(session, {entry.who.organisation for _, entry in entries if entry.who is not None})
    segments, stage = tender.segment_names, 0
    steps = []
    for position, entry in entries:
        segment = segments[stage] if entry.act in _BY_SEGMENT and len(segments) > 1 else None
        by = names.get(entry.who.organisation) if entry.who else None
        steps.append(Step(entry.act, entry.at, by, position, segment))
        stage += entry.act == "tender.admitted"
    return steps


def results(session: Session, tender: Tender, notice: Notice) -> list[Row]:
    """The bids that opened, in the order of the ranking; none before the opening record is public."""
    return standing(session, tender, notice)[0]


def standing(session: Session, tender: Tender, notice: Notice) -> tuple[list[Row], bool]:
    """The results, and whether the first place is tied and left to the agency."""
    if session.get(PublishedOpeningRecord, tender.id) is None:
        return [], False
    evaluation = session.get(Evaluation, tender.id)
    statement: Mapping[str, Any] = {"rejections": []}
    if evaluation is not None:
        statement = read_signed(evaluation.raw, "evaluation").statement
    ranking = ranking_on_record(session, notice, statement)
    award = session.get(PublishedAward, tender.id)
    names = supplier_names(session, {row.supplier for row in ranking.rows})
    rows = [
        Row(
            bid=row.bid, supplier=names[row.supplier], total=row.total,
            rank=None if evaluation is None else row.rank,
            responsive=row.responsive, reason=row.reason,
            winner=award is not None and row.bid == award.winner_bid,
        )
        for row in ranking.rows
    ]  # fmt: skip
    return rows, ranking.tied


@dataclass(frozen=True)
class ShownStage:
    """A segment before the last that was opened: what its bids announce, and once the agency has judged it,
    who went on (`admitted`) and why the others did not (`rejections`); `opens` is the segment after it."""

    segment: str
    opens: str
    at: datetime
    rows: list[Announced]
    stated_at: datetime | None
    admitted: tuple[str, ...]
    rejections: Mapping[str, str]


def stages(session: Session, tender: Tender, notice: Notice) -> list[ShownStage]:
    """The segments before the last that were opened so far, in their order."""
    shown = []
    for segment, row in stages_of(session, tender.id).items():
        stated = None if row.statement is None else StageStatement.parse(row.statement)
        shown.append(
            ShownStage(
                segment, row.opens, row.at, announced_in(session, notice, segment), row.stated_at,
                () if stated is None else stated.admitted, {} if stated is None else stated.rejections,
            )
        )  # fmt: skip
    return sorted(shown, key=lambda each: tender.segment_names.index(each.segment))


def files_of(session: Session, tender: Tender) -> dict[str, PublishedFile]:
    """Rendered documents and the evidence package, by kind."""
    rows = session.scalars(select(PublishedFile).where(PublishedFile.tender_id == tender.id))
    return {row.kind: row for row in rows}
