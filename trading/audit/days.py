"""Private acts enter the public log by one root a day, so that none can be dropped, added or changed later.

The day stands in the log's entry, by its digest, and in the root's first leaf: no other day's root, filler or
entry can stand for it. Acts of a day without a root, the running one above all, are not covered yet.
A root tells nothing of what it is over, not even whether there was anything, so that who signs in, bids or
downloads stays unknown; a supervisor sees the acts and checks them against it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

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
_FARTHEST = 4000  # days: the longest standstill after which a day is still told from its digest

_COLUMNS = (
    PrivateAct.id, PrivateAct.at, PrivateAct.act, PrivateAct.tender_id, PrivateAct.person_id,
    PrivateAct.organisation_id, PrivateAct.role, PrivateAct.address, PrivateAct.details,
)  # fmt: skip


class Fault(StrEnum):
    """Why a day does not hold."""

    OTHER = "other"  # the acts, or the filler, are not those under the root
    LOST = "lost"  # the filler is gone, and without it no acts can be compared
    EARLY = "early"  # the root was logged before the day had ended
    TWICE = "twice"  # the log has several roots of the day


@dataclass(frozen=True)
class Logged:
    """A day's root as the log has it."""

    position: int
    at: datetime
    root: str


@dataclass(frozen=True)
class DayCheck:
    """A day's acts against the root in the log: what is wrong, if anything, and where the log has it."""

    day: str
    fault: Fault | None
    logged: Sequence[Logged]

    @property
    def holds(self) -> bool:
        """Whether the acts are the ones under the day's only root."""
        return self.fault is None


@dataclass(frozen=True)
class Prepared:
    """A day's root, ready for the log, and the filler that it needs."""

    day: str
    filler: bytes
    root: str


class ActDays:
    """The private list, day by day (Asia/Shanghai, "2026-06-01")."""

    def __init__(self, log: AuditLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    def prepare(self, session: Session, day: str) -> Prepared | None:
        """Compute a day's root; None if the log has one already, or the day has not ended.

        Apart from `log_day`, for a session that only reads: it takes long, and on SQLite nobody could bid.
        """
        if self._clock.now(session) < day_end(day) + AFTER_MIDNIGHT or logged(session, day):
            return None
        filler = secrets.token_bytes(32)
        return Prepared(day, filler, _root(session, day, filler))

    def log_day(self, session: Session, prepared: Prepared) -> ActDay | None:
        """Log a day's root and keep its filler; None if the log has a root of that day by now."""
        day, now = prepared.day, self._clock.now(session)
        values = {"filler": prepared.filler, "root": prepared.root, "log_position": 0, "at": now}
        # The row is taken first: of two workers the later one waits here, and then finds the day in the log.
        new = insert_if_missing(session, ActDay, day=day, **values)
        row = session.get_one(ActDay, day, with_for_update=True, populate_existing=True)
        if logged(session, day):
            if new:
                session.delete(row)  # The true filler is lost, which another one in its place would hide.
            return None
        row.filler, row.root, row.at = prepared.filler, prepared.root, now
        digests = {"day": _named(day), "root": prepared.root}
        row.log_position = self._log.append(session, ACT, at=now, digests=digests).position
        return row

    def check(self, session: Session, day: str) -> DayCheck:
        """Compute a day's root again from the acts as they are now, and compare it with the log's entry.

        Of the platform's own row only the filler counts: what was logged, and when, is the log's to say.

        Raises:
            NotFound: the log has no root of the day (yet).
        """
        entries, row = logged(session, day), session.get(ActDay, day)
        if not entries:
            raise NotFound("acts-day-not-logged", day=day)
        fault = None
        if len(entries) > 1:
            fault = Fault.TWICE
        elif entries[0].at < day_end(day):
            fault = Fault.EARLY
        elif row is None:
            fault = Fault.LOST
        elif _root(session, day, row.filler) != entries[0].root:
            fault = Fault.OTHER
        return DayCheck(day, fault, entries)


def logged(session: Session, day: str) -> list[Logged]:
    """A day's roots in the log, in order; more than one if somebody put another beside the first."""
    name = _named(day)
    rows = session.execute(
        select(LogEntry.position, LogEntry.raw).where(LogEntry.act == ACT).order_by(LogEntry.position)
    )
    found = [(row.position, Entry.parse(row.raw)) for row in rows if name.encode() in row.raw]
    return [
        Logged(position, entry.at, entry.digests.get("root", ""))
        for position, entry in found
        if entry.act == ACT and entry.digests.get("day") == name
    ]


def day_due(session: Session, now: datetime) -> str | None:
    """The oldest day that has ended and has no root yet; days count from the first act on.

    The log alone says which days have one: rows beside it can be lost or added.
    """
    found = select(LogEntry.raw).where(LogEntry.act == ACT).order_by(LogEntry.position.desc())
    last = session.scalar(found.limit(1))
    day = _day_after(last) if last is not None else None
    if day is None:
        first = session.scalar(select(PrivateAct.at).order_by(PrivateAct.at).limit(1))
        if first is None:
            return None
        day = first.astimezone(SHANGHAI).date()
    if now < day_end(day.isoformat()) + AFTER_MIDNIGHT:
        return None
    # The last entry tells the last day, unless somebody put one where it does not belong.
    names = {Entry.parse(raw).digests.get("day") for raw in session.scalars(found)}
    while _named(day.isoformat()) in names:
        day += timedelta(days=1)
    return day.isoformat() if now >= day_end(day.isoformat()) + AFTER_MIDNIGHT else None


def leaf(act: Any) -> bytes:
    """The bytes that stand for an act: canonical JSON. Its id is random, so that none can be guessed.

    Args:
        act: a PrivateAct, or a row of its columns.
    """
    members = {
        "id": act.id, "at": format_time(act.at), "act": act.act, "tender": act.tender_id,
        "person": act.person_id, "organisation": act.organisation_id, "role": act.role,
        "address": act.address, "details": act.details,
    }  # fmt: skip
    return canonical.dumps({name: value for name, value in members.items() if value is not None})


def first_leaf(day: str, filler: bytes) -> bytes:
    """The bytes before all acts of a day: which day, and what hides whether it had any."""
    return canonical.dumps({"day": day, "filler": filler.hex()})


def _named(day: str) -> str:
    """How an entry of the log names a day: by its digest, as all that entries say."""
    return canonical.digest(day.encode())


def _day_after(raw: bytes) -> date | None:
    """The day after the one that an entry names, which ended before it was logged."""
    entry = Entry.parse(raw)
    name, at = entry.digests.get("day"), entry.at.astimezone(SHANGHAI).date()
    days = (at - timedelta(days=back) for back in range(_FARTHEST))
    return next((day for day in days if _named((day - timedelta(days=1)).isoformat()) == name), None)


def day_end(day: str) -> datetime:
    """When a day ("2026-06-01", Asia/Shanghai) is over."""
    return datetime.combine(date.fromisoformat(day), time(), SHANGHAI) + timedelta(days=1)


def _root(session: Session, day: str, filler: bytes) -> str:
    """The Merkle root over the first leaf, and the acts in order of their ids, which are random."""
    end = day_end(day)
    found = select(*_COLUMNS).where(PrivateAct.at >= end - timedelta(days=1), PrivateAct.at < end)
    rows = session.execute(found.order_by(PrivateAct.id).execution_options(yield_per=1000))
    hashes = [merkle.leaf_hash(first_leaf(day, filler)), *(merkle.leaf_hash(leaf(row)) for row in rows)]
    return merkle.root(hashes).hex()
