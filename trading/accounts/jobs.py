"""On a fixed schedule: revocation lists, own and fetched, and the daily root of suppliers' enrolments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from trading.accounts.enrolment_days import day_due, log_day, prepare
from trading.accounts.fetching import fetch_list
from trading.accounts.outside import authorities_of
from trading.accounts.revocation_lists import RevocationLists, fetches_due, lists_due
from trading.errors import TradingError
from trading.platform import Platform
from trading.queue import claim, due, due_here, job, step

log = structlog.get_logger("sunseal.jobs")

_FETCH_SECONDS = 60.0


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


@job("fetch-outside-lists", outside=True)
def fetch_outside_list(platform: Platform, subject: str) -> None:
    """Fetch an outside authority's list; what fails is tried again in a minute, the last list holds on."""
    authority = authorities_of(platform.settings.outside_authorities_dir).get(subject)
    with claim(platform, "fetch-outside-lists", subject) as hold:
        if hold is None or authority is None:
            return
        with platform.database.transaction() as session:
            replace(hold, seconds=_FETCH_SECONDS).check(platform, session)
            now = platform.clock.now(session)
            held = RevocationLists(platform).newest(session, authority.key)
            last = None if held is None else held.der
        try:
            der, next_update = fetch_list(authority, now, last)
        except TradingError as error:
            # The claim is kept to its end, so that a dead address is not asked four times a second.
            log.warning("outside list not fetched", authority=subject, problem=str(error))
            raise
        with platform.database.transaction() as session:
            hold.check(platform, session)
            RevocationLists(platform).keep(session, now, authority.key, der, next_update)
            step("crl:fetched", subject)


@job("log-enrolments")
def log_enrolments(platform: Platform, subject: str) -> None:
    """Log the root of a day's enrolments (subject: "2026-06-01"), once."""
    with platform.database.reading() as session:
        prepared = prepare(platform, session, subject)
    if prepared is None:
        return
    with platform.database.transaction() as session:
        if log_day(platform, session, prepared) is not None:
            step("enrolments:logged", subject)


@due("issue-crl")
def crls(session: Session, now: datetime) -> Iterable[str]:
    """All lists come together, by the schedule of those whose keys are always here."""
    return ["lists"] if lists_due(session, now, ("parties", "platform")) else []


@due_here("fetch-outside-lists")
def outside_lists(platform: Platform, session: Session, now: datetime) -> Iterable[str]:
    """Each authority that is configured, by name, about once an hour."""
    known = authorities_of(platform.settings.outside_authorities_dir).values()
    return fetches_due(session, now, [each.key for each in known])


@due("log-enrolments")
def days(session: Session, now: datetime) -> Iterable[str]:
    """The last day that has ended."""
    day = day_due(session, now)
    return [day] if day else []
