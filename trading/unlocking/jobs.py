"""The job that ends windows to unlock, and how the scanner finds them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from trading.platform import Platform
from trading.queue import due, job
from trading.unlocking.models import UnlockedBid, UnlockWindow
from trading.unlocking.services import Unlockings


@job("end_unlocking")
def end_unlocking(platform: Platform, tender_id: str) -> None:
    """End the window in which bidders unlock."""
    Unlockings(platform).end(tender_id)


@due("end_unlocking")
def windows_over(session: Session, now: datetime) -> Iterable[str]:
    """Windows whose time is over, or in which all have unlocked."""
    unlocked = (
        select(func.count())
        .where(UnlockedBid.tender_id == UnlockWindow.tender_id)
        .correlate(UnlockWindow)
        .scalar_subquery()
    )
    found = select(UnlockWindow.tender_id).where(
        UnlockWindow.ended_at.is_(None), or_(UnlockWindow.until <= now, unlocked >= UnlockWindow.bids)
    )
    return session.scalars(found).all()
