"""The daily root of the private acts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from trading.audit.days import ActDays, day_due
from trading.audit.services import AuditLog
from trading.platform import Platform
from trading.queue import due, job, step


@job("log-acts")
def log_acts(platform: Platform, subject: str) -> None:
    """Log the root of a day's private acts (subject: "2026-06-01"), once."""
    days = ActDays(AuditLog(platform), platform.clock)
    with platform.database.reading() as session:
        prepared = days.prepare(session, subject)
    if prepared is None:
        return
    with platform.database.transaction() as session:
        done = days.log_day(session, prepared)
    if done is not None:
        step("acts:logged", subject)


@due("log-acts")
def ended_days(session: Session, now: datetime) -> Iterable[str]:
    """One day at a time, in order."""
    day = day_due(session, now)
    return [day] if day else []
