"""Receipts get the time-stamps that outside authorities give, apart from whatever has a deadline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.platform import Platform
from trading.queue import due, job
from trading.timestamps.models import AwaitedToken
from trading.timestamps.services import JOB, Stamping, subject

_AT_A_TIME = 50


@job(JOB, slow=True)
def stamp_receipt(platform: Platform, waiting: str) -> None:
    """Ask for one receipt's time-stamp."""
    Stamping(platform).stamp(waiting)


@due(JOB)
def unstamped(session: Session, now: datetime) -> Iterable[str]:
    """Receipts whose next try is due."""
    rows = session.execute(
        select(AwaitedToken.bid_id, AwaitedToken.kind)
        .where(AwaitedToken.next_at <= now)
        .order_by(AwaitedToken.next_at)
        .limit(_AT_A_TIME)
    )
    return [subject(row.bid_id, row.kind) for row in rows]
