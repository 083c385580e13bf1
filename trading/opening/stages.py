"""The stages of an opening as our own rows have them: which bids a segment is opened for, and since when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.custody import CheckedClosing, CheckedStage, CurrentBid, bids_of
from bids.stages import Stage as StageStatement
from trading.errors import NotFound
from trading.opening.models import Closing, OpenedBid, PublishedOpeningRecord, Stage
from trading.tenders.models import Tender


def stages_of(session: Session, tender_id: str) -> dict[str, Stage]:
    """The segments before the last that were opened, by name."""
    rows = session.scalars(select(Stage).where(Stage.tender_id == tender_id).order_by(Stage.at))
    return {row.segment: row for row in rows}


def stage_before(session: Session, tender: Tender, segment: str) -> Stage | None:
    """The row whose signed stage statement opens a segment; None for the first segment, or without one."""
    names = tender.segment_names
    place = names.index(segment)
    row = session.get(Stage, (tender.id, names[place - 1])) if place else None
    return row if row is not None and row.statement is not None else None


def opens_since(session: Session, tender: Tender, segment: str) -> datetime:
    """Since when custodians may release a segment: the closing, or the stage statement's entry in the log."""
    row = stage_before(session, tender, segment)
    if row is not None and row.stated_at is not None:
        return row.stated_at
    return session.get_one(Closing, tender.id).at


def stage_on_record(
    session: Session, tender: Tender, segment: str, checked: CheckedClosing
) -> CheckedStage | None:
    """The stage statement on which a segment opens, as it was checked when it was taken.

    Custodians and verifiers check it again; here only what follows from it is put together.
    """
    row = stage_before(session, tender, segment)
    if row is None or row.statement is None:
        return None
    stage = StageStatement.parse(row.statement)
    admitted = set(stage.admitted)
    return CheckedStage(stage, tuple(bid for bid in checked.current if bid.bid in admitted))


def bids_in(
    session: Session, tender: Tender, segment: str, checked: CheckedClosing
) -> tuple[CurrentBid, ...]:
    """The bids that are opened in a segment.

    Raises:
        BidError: "stage-missing" before its stage statement.
    """
    return bids_of(checked, segment, stage_on_record(session, tender, segment, checked))


def is_opened(session: Session, tender: Tender, segment: str) -> bool:
    """Whether a segment's opening record is public: before that nobody sees any bid of it."""
    if segment == tender.segment_names[-1]:
        return session.get(PublishedOpeningRecord, tender.id) is not None
    return session.get(Stage, (tender.id, segment)) is not None


def opened_segments(session: Session, tender: Tender) -> tuple[str, ...]:
    """The segments whose opening records are public, in the order of their opening."""
    return tuple(name for name in tender.segment_names if is_opened(session, tender, name))


def shown_segment(session: Session, tender: Tender, wanted: str | None = None) -> str:
    """The segment asked for, by default the one that was opened last, or before any the last one.

    Raises:
        NotFound: the tender has no such segment.
    """
    if wanted is None:
        return (*tender.segment_names[-1:], *opened_segments(session, tender))[-1]
    if wanted not in tender.segment_names:
        raise NotFound("segment-not-found", segment=wanted)
    return wanted


def opened_in(session: Session, tender_id: str, segment: str) -> set[str]:
    """The ids of the bids that opened in a segment."""
    return set(
        session.scalars(
            select(OpenedBid.bid_id).where(
                OpenedBid.tender_id == tender_id, OpenedBid.segment == segment, OpenedBid.opened
            )
        )
    )
