"""On a fixed schedule: revocation lists, and the daily root of suppliers' enrolments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from trading.accounts.certificates import day_due
from trading.accounts.revocation_lists import RevocationLists, lists_due
from trading.accounts.services import Accounts
from trading.platform import Platform
from trading.queue import claim, due, job, step


@job("issue-crl")
def issue_crl(platform: Platform, subject: str) -> None:
    """Issue the revocation lists of the present slot of the schedule, once each.

    The root's as well if its key is here; where it is kept elsewhere, its holder makes them.
    """
    with claim(platform, "issue-crl", subject) as hold:
        if hold is None:
            return
        with platform.database.transaction() as session:
            hold.check(platform, session)
            now = platform.clock.now(session)
            for authority in lists_due(session, now, platform.keys.authorities):
                RevocationLists(platform).make(session, now, authority)
                step("crl:issued", authority)


@job("log-enrolments")
def log_enrolments(platform: Platform, subject: str) -> None:
    """Log the root of a day's enrolments (subject: "2026-06-01"), once."""
    with platform.database.transaction() as session:
        if Accounts(platform).log_day(session, subject) is not None:
            step("enrolments:logged", subject)


@due("issue-crl")
def crls(session: Session, now: datetime) -> Iterable[str]:
    """All lists come together, by the schedule of those whose keys are always here."""
    return ["lists"] if lists_due(session, now, ("parties", "platform")) else []


@due("log-enrolments")
def days(session: Session, now: datetime) -> Iterable[str]:
    """One day at a time, in order."""
    day = day_due(session, now)
    return [day] if day else []
