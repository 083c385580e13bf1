"""What pages and lists say of the notices that follow from an award."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.accounts.models import Organisation
from trading.awards.models import PublishedAward
from trading.evidence.models import PublishedFile
from trading.results.models import NotifiedAward, ResultNotice
from trading.submission.models import Bid


@dataclass(frozen=True)
class Issued:
    """A notice for lists: to whom, its digest and size, when it was issued."""

    supplier: str
    name: str
    sha256: str
    size: int
    at: datetime


@dataclass(frozen=True)
class Notices:
    """The notices of one award: to the winner (None until it is rendered), to the others, and whether those
    are all there.
    """

    award: PublishedFile | None
    results: Sequence[Issued]
    complete: bool


def notices_of(session: Session, tender_id: str) -> Notices | None:
    """All notices of a tender; None if nothing is awarded."""
    if session.get(PublishedAward, tender_id) is None:
        return None
    return Notices(
        session.get(PublishedFile, (tender_id, "award-notice")),
        issued(session, tender_id),
        session.get(NotifiedAward, tender_id) is not None,
    )


def own_notices(session: Session, tender_id: str, supplier: str) -> tuple[bool, Notices] | None:
    """Whether the supplier has won, and its own notice; None if nothing is awarded."""
    award = session.get(PublishedAward, tender_id)
    if award is None:
        return None
    won = session.get_one(Bid, award.winner_bid).supplier_id == supplier
    notice = session.get(PublishedFile, (tender_id, "award-notice"))
    return won, Notices(notice, () if won else issued(session, tender_id, supplier), won)


def issued(session: Session, tender_id: str, supplier: str | None = None) -> Sequence[Issued]:
    """The notices of a tender's result by the suppliers' names, or that to one supplier."""
    found = (
        select(ResultNotice, Organisation.name)
        .join(Organisation, Organisation.id == ResultNotice.supplier_id)
        .where(ResultNotice.tender_id == tender_id)
        .order_by(Organisation.name, Organisation.id)
    )
    if supplier is not None:
        found = found.where(ResultNotice.supplier_id == supplier)
    return [
        Issued(row.supplier_id, name, row.sha256, row.size, row.at) for row, name in session.execute(found)
    ]
