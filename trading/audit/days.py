"""Private acts enter the public log by one root a day: none can be dropped, added or changed afterwards.

A root tells nothing of what it is over, not even whether there was anything, so that who signs in, bids or
downloads stays unknown; a supervisor sees the acts and checks them against it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.entries import Entry
from signing import canonical, merkle
from signing.encoding import format_time
from trading.audit.models import ActDay, LogEntry, PrivateAct
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI, Clock
from trading.errors import NotFound
from trading.queue import insert_if_missing

ACT = "acts.day"
# Transactions that began before midnight have long ended by then.
AFTER_MIDNIGHT = timedelta(hours=1)


@dataclass(frozen=True)
class DayCheck:
    """A day's acts against the root in the log: whether it is theirs, and where the log has it."""

    day: str
    holds: bool
    root: str
    position: int


class ActDays:
    """The private list, day by day (Asia/Shanghai, "2026-06-01")."""

    def __init__(self, log: AuditLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    def log_day(self, session: Session, day: str) -> ActDay | None:
        """Log the Merkle root over a day's acts; None if it is logged already or has not ended.

        Its leaves are the acts in order of their ids, which are random, then 32 random bytes.
        """
        now = self._clock.now(session)
        filler = secrets.token_bytes(32)
        # The row is taken first: of two workers the later one waits here and then finds it there.
        values = {"day": day, "filler": filler, "root": "", "log_position": 0, "at": now}
        if now < _end(day) + AFTER_MIDNIGHT or not insert_if_missing(session, ActDay, **values):
            return None
        row = session.get_one(ActDay, day)
        row.root = _root(session, row)
        row.log_position = self._log.append(session, ACT, at=now, digests={"root": row.root}).position
        return row

    def check(self, session: Session, day: str) -> DayCheck:
        """Compute a day's root again from the acts as they are now, and compare it with the log's entry.

        Raises:
            NotFound: the day has no root (yet).
        """
        row = session.get(ActDay, day)
        if row is None:
            raise NotFound("acts-day-not-logged", day=day)
        logged = session.scalar(select(LogEntry.raw).where(LogEntry.position == row.log_position))
        entry = Entry.parse(logged) if logged is not None else None
        root = entry.digests.get("root", "") if entry is not None and entry.act == ACT else ""
        return DayCheck(day, _root(session, row) == root, root, row.log_position)


def day_due(session: Session, now: datetime) -> str | None:
    """The oldest day that has ended and has no root yet; days count from the first act on."""
    last = session.scalar(select(ActDay.day).order_by(ActDay.day.desc()).limit(1))
    if last is not None:
        day = date.fromisoformat(last) + timedelta(days=1)
    else:
        first = session.scalar(select(PrivateAct.at).order_by(PrivateAct.at).limit(1))
        if first is None:
            return None
        day = first.astimezone(SHANGHAI).date()
    return day.isoformat() if now >= _end(day.isoformat()) + AFTER_MIDNIGHT else None


def leaf(act: PrivateAct) -> bytes:
    """The bytes that stand for an act: canonical JSON. Its id is random, so that none can be guessed."""
    members = {
        "id": act.id, "at": format_time(act.at), "act": act.act, "tender": act.tender_id,
        "person": act.person_id, "organisation": act.organisation_id, "role": act.role,
        "address": act.address, "details": act.details,
    }  # fmt: skip
    return canonical.dumps({name: value for name, value in members.items() if value is not None})


def _end(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), SHANGHAI) + timedelta(days=1)


def _root(session: Session, row: ActDay) -> str:
    end = _end(row.day)
    found = select(PrivateAct).where(PrivateAct.at >= end - timedelta(days=1), PrivateAct.at < end)
    acts = session.scalars(found.order_by(PrivateAct.id).execution_options(yield_per=1000))
    return merkle.root([*(merkle.leaf_hash(leaf(act)) for act in acts), merkle.leaf_hash(row.filler)]).hex()
