"""What was announced in a segment without prices, bid by bid, for those who judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.notice import Notice
from bids.offer import Announcement
from trading.evaluation.services import supplier_names
from trading.opening.models import OpenedBid
from trading.submission.models import Bid


@dataclass(frozen=True)
class Announced:
    """A bid that opened in the segment, whose it is, and what it announces (delivery_days, quality)."""

    bid: str
    name: str
    announced: Mapping[str, str | int]


def announced_in(session: Session, notice: Notice, segment: str) -> list[Announced]:
    """The bids that opened in a segment without prices, in the order in which they were received."""
    rows = session.execute(
        select(OpenedBid.bid_id, OpenedBid.offer, Bid.supplier_id)
        .join(Bid, Bid.id == OpenedBid.bid_id)
        .where(OpenedBid.tender_id == notice.tender, OpenedBid.segment == segment, OpenedBid.opened)
        .order_by(Bid.received_at, Bid.id)
    ).all()
    names = supplier_names(session, {row.supplier_id for row in rows})
    return [
        Announced(row.bid_id, names[row.supplier_id], Announcement.parse(row.offer, notice).announced)
        for row in rows
    ]
