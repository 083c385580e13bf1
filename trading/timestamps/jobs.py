"""Receipts get the time-stamps that outside authorities give, apart from whatever has a deadline.

All that wait are one piece of work: a message for each would tell, by the queue's length, how many bid.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from trading.platform import Platform
from trading.queue import due, job
from trading.timestamps.models import AwaitedToken
from trading.timestamps.services import Stamping


@job("stamp-receipts", slow=True)
def stamp_receipts(platform: Platform, subject: str) -> None:
    """Ask for the time-stamps of all receipts whose turn it is."""
    Stamping(platform).stamp_due()


@due("stamp-receipts")
def unstamped(session: Session, now: datetime) -> Iterable[str]:
    """Whether there are any."""
    return ["receipts"] if session.scalar(select(exists().where(AwaitedToken.next_at <= now))) else []
