"""Each day's ids for drafts to come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from trading.platform import Platform
from trading.queue import claim, due, job, step
from trading.tenders.reserve import Reserve, day_due


@job("draw-reserve")
def draw_reserve(platform: Platform, subject: str) -> None:
    """Draw the ids of a day (subject: "2026-06-01"), once."""
    with claim(platform, "draw-reserve", subject) as hold:
        if hold is None:
            return
        with platform.database.transaction() as session:
            hold.check(platform, session)
            if Reserve(platform).draw(session, platform.clock.now(session)):
                step("reserve:drawn", subject)


@due("draw-reserve")
def days(session: Session, now: datetime) -> Iterable[str]:
    """Today, if it has none yet."""
    day = day_due(session, now)
    return [day] if day else []
