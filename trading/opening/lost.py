"""Ciphertexts that storage lost or altered: the opening waits while their bidders may supply the same bytes
again, within the rule pack's window (Order 20 art. 31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.custody import CurrentBid
from bids.opening import ciphertext_failure
from trading.opening.models import ReleaseSet
from trading.submission.models import SpoiledObject
from trading.submission.resupply import waiting
from trading.unlocking.record import ended_at

PUBLIC = "public"


@dataclass
class Lost:
    """What a run of the opener knows of lost ciphertexts; `waiting` are the bids that it left for later.

    `overdue`: a whole window has passed since there was something to open: the releases were frozen, and
    with a bidder's own lock the bids unlocked.
    """

    segment: str
    window: timedelta
    now: datetime
    until: Mapping[str, datetime]
    overdue: bool
    waiting: list[CurrentBid] = field(default_factory=list)

    @classmethod
    def of(
        cls, session: Session, tender_id: str, segment: str, window: timedelta, now: datetime
    ) -> Lost:
        """As earlier runs left it, in the segment whose turn it is."""
        rows = session.execute(
            select(SpoiledObject.bid_id, SpoiledObject.until).where(
                SpoiledObject.tender_id == tender_id, SpoiledObject.segment == segment,
                SpoiledObject.part == PUBLIC,
            )
        )
        frozen = session.get_one(ReleaseSet, (tender_id, segment)).at
        # One secret opens all segments of a bid: only the first is waited for.
        begun = max(frozen, ended_at(session, tender_id) or frozen)
        return cls(segment, window, now, {row.bid_id: row.until for row in rows}, now >= begun + window)

    def may_come_again(self, bid: CurrentBid, ciphertext: bytes | None) -> bool:
        """Whether this is not what was received and the bidder still has time; then the bid waits."""
        if ciphertext_failure(bid.manifest.part(self.segment, PUBLIC), ciphertext) is None:
            return False
        if not self.window or self.until.get(bid.bid, self.now + self.window) <= self.now:
            return False
        self.waiting.append(bid)
        return True

    def wait(self, session: Session, tender_id: str, now: datetime) -> None:
        """Keep what waits; all others were opened, so that nothing is to be done until it comes or its time
        has passed. A copy that was supplied and lost again is asked for once more, within the same time."""
        for bid in self.waiting:
            row = session.get(SpoiledObject, (bid.bid, self.segment, PUBLIC, 0))
            if row is None:
                row = spoiled(bid, self.segment, PUBLIC, 0, tender_id, now, self.window)
                session.add(row)
            row.awaited, row.upload_id = True, None
        session.flush()


def spoiled(
    bid: CurrentBid, segment: str, part: str, number: int, tender_id: str, now: datetime, window: timedelta
) -> SpoiledObject:
    """The row of an object found lost now."""
    stated = bid.manifest.part(segment, part).objects[number]
    return SpoiledObject(
        bid_id=bid.bid, segment=segment, part=part, number=number, tender_id=tender_id,
        supplier_id=bid.supplier, sha256=stated.sha256, size=stated.size, found_at=now, until=now + window,
        awaited=False, upload_id=None,
    )  # fmt: skip


def waiting_until(session: Session, tender_id: str, now: datetime) -> datetime | None:
    """The time until which an opening waits for ciphertexts at most; None if it waits for none."""
    return session.scalar(
        select(func.max(SpoiledObject.until)).where(
            SpoiledObject.tender_id == tender_id, SpoiledObject.part == PUBLIC, waiting(now)
        )
    )
