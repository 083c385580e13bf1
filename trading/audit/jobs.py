"""The daily root of the private acts, the log's tiles, and its witnesses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from trading.audit.days import ActDays, day_due
from trading.audit.services import AuditLog
from trading.audit.tiles import Tiles, bundles_full, bundles_written
from trading.audit.witnesses import Witnesses
from trading.platform import Platform
from trading.queue import due, due_here, job, step


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


@job("write-log-tiles", slow=True)
def write_tiles(platform: Platform, subject: str) -> None:
    """Write the tiles that have become full (subject: "log")."""
    Tiles(platform).write()


@due("write-log-tiles")
def unwritten(session: Session, now: datetime) -> Iterable[str]:
    """Whether a bundle is full and not in storage."""
    return ["log"] if bundles_full(session) > bundles_written(session) else []


@job("cosign-log", outside=True)
def cosign(platform: Platform, subject: str) -> None:
    """Offer the newest checkpoint to the witnesses and ask them (subject: "log")."""
    Witnesses(platform).work()


@due_here("cosign-log")
def uncosigned(platform: Platform, session: Session, now: datetime) -> Iterable[str]:
    """Whether there is something to cosign, and somebody to ask."""
    return ["log"] if Witnesses(platform).due(session, now) else []
