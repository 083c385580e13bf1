"""When the platform answered: processes that serve HTTP beat, and a gap between beats is kept as an outage.

It is the platform's own record, for those to whom it matters that they could not reach it in time; what lies
between a reader and the platform it cannot know.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bids.unlocking import Outage
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.web.models import Beat
from trading.web.models import Outage as OutageRow

log = structlog.get_logger("sunseal.liveness")

EVERY = timedelta(seconds=10)
# A restart takes less: whoever tries again within a minute is let in.
GAP = timedelta(seconds=60)
_ONE = 1


def beat(platform: Platform) -> None:
    """Write down that the platform answers now, and since when it had not if that was long ago."""
    with platform.database.reading() as session:
        row = session.get(Beat, _ONE)
        if row is not None and abs(platform.clock.now(session) - row.at) < EVERY / 2:
            return
    with platform.database.transaction() as session:
        now = platform.clock.now(session)
        insert_if_missing(session, Beat, id=_ONE, at=now)
        row = session.get_one(Beat, _ONE, with_for_update=True, populate_existing=True)
        if now - row.at > GAP:
            session.add(OutageRow(since=row.at, until=now))
        # A clock that was set back tells of no outage, and the next one must not be missed.
        row.at = now if row.at - now > GAP else max(row.at, now)


def outages_between(session: Session, since: datetime, until: datetime, now: datetime) -> list[Outage]:
    """When the platform was down in a time that ends by `now`; all of that time if there is no record."""
    last = session.get(Beat, _ONE)
    if last is None:
        return [Outage(since, until)]
    found = select(OutageRow).where(OutageRow.until > since, OutageRow.since < until)
    rows = [(row.since, row.until) for row in session.scalars(found.order_by(OutageRow.since))]
    if now - last.at > GAP:
        rows.append((last.at, now))
    clipped = [(max(begin, since), min(end, until)) for begin, end in rows]
    return [Outage(begin, end) for begin, end in clipped if begin < end]


@dataclass(frozen=True)
class Lately:
    """The last beat, if ever, and the outages of some time: how many, how long together."""

    last: datetime | None
    count: int
    down: timedelta


def lately(session: Session, since: datetime, now: datetime) -> Lately:
    """How it went from `since` to `now`."""
    last = session.get(Beat, _ONE)
    if last is None:
        return Lately(None, 0, timedelta())
    found = outages_between(session, since, now, now)
    return Lately(last.at, len(found), sum((one.until - one.since for one in found), timedelta()))


class Heart:
    """Beats in a thread of its own, for as long as this process serves."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present beat."""
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            try:
                beat(self._platform)
            except SQLAlchemyError:
                # The database is away, and with it the platform: the gap will show.
                log.exception("no beat")
            if self._stop.wait(EVERY.total_seconds()):
                return
