"""Keys are for requests sent again because a connection broke; they are not kept for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trading.platform import Platform
from trading.queue import due, job
from trading.web.models import StoredAnswer

KEPT = timedelta(days=7)


@job("forget-answers")
def forget_answers(platform: Platform, subject: str) -> None:
    """Delete the answers that are older than a week."""
    with platform.database.transaction() as session:
        oldest = platform.clock.now(session) - KEPT
        session.execute(delete(StoredAnswer).where(StoredAnswer.at < oldest))


@due("forget-answers")
def answers(session: Session, now: datetime) -> Iterable[str]:
    """Whether there are any; a day's worth is deleted at once."""
    oldest = session.scalar(select(StoredAnswer.at).order_by(StoredAnswer.at).limit(1))
    return ["all"] if oldest is not None and oldest < now - KEPT - timedelta(days=1) else []
