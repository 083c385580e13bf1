"""Idempotency keys are not kept for ever; and which code seals bids in browsers stands in the public log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bids.entries import Entry
from trading.audit.models import LogEntry
from trading.audit.services import AuditLog
from trading.platform import Platform
from trading.queue import due, job, step
from trading.web.models import StoredAnswer
from trading.web.pages import SEALING_CODE, asset_digest

KEPT = timedelta(days=7)
SERVED = "sealing-code.served"


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


@job("log-sealing-code")
def log_sealing_code(platform: Platform, subject: str) -> None:
    """Log the digest of the file that seals bids in browsers, once for each that was ever served here."""
    with platform.database.transaction() as session:
        if subject not in _served(session):
            now = platform.clock.now(session)
            AuditLog(platform).append(session, SERVED, at=now, digests={"sealing_code": subject})
            step("sealing-code:logged", subject)


@due("log-sealing-code")
def sealing_code(session: Session, now: datetime) -> Iterable[str]:
    """The digest of this node's file, until the log has it."""
    digest = asset_digest(SEALING_CODE)
    return [] if digest in _served(session) else [digest]


def _served(session: Session) -> set[str]:
    found = select(LogEntry.raw).where(LogEntry.act == SERVED).order_by(LogEntry.position)
    return {Entry.parse(raw).digests["sealing_code"] for raw in session.scalars(found)}
