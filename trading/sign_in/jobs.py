"""What signing in leaves behind is not kept for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trading.platform import Platform
from trading.queue import due, job
from trading.sign_in import throttle
from trading.sign_in.models import Challenge, Failures, WebSession
from trading.sign_in.sessions import KEPT

_LATE = timedelta(hours=1)


@job("forget-sign-ins")
def forget_sign_ins(platform: Platform, subject: str) -> None:
    """Delete challenges and counters that are over, and sessions a month after their end."""
    with platform.database.transaction() as session:
        now = platform.clock.now(session)
        throttle.forget_old(session, now)
        session.execute(delete(Challenge).where(Challenge.expires_at < now))
        session.execute(delete(WebSession).where(WebSession.expires_at < now - KEPT))


@due("forget-sign-ins")
def leftovers(session: Session, now: datetime) -> Iterable[str]:
    """Whether any are long over."""
    late = now - _LATE
    for column, before in (
        (Challenge.expires_at, late),
        (Failures.since, late - throttle.WINDOW),
        (WebSession.expires_at, late - KEPT),
    ):
        if session.scalar(select(column).where(column < before).limit(1)) is not None:
            return ["all"]
    return []
