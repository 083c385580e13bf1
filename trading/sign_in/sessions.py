"""Browsers' sessions: begun, made whole, ended; of their random cookies only digests are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from signing.encoding import new_id
from trading.accounts.models import Organisation, Person
from trading.errors import NotFound, TradingError
from trading.sign_in.models import Device, Login, PersonRole, WebSession
from trading.web.security import SESSION_IDLE, token_digest

WHOLE = timedelta(hours=12)
HALF = timedelta(minutes=10)  # between the password and the second factor
KEPT = timedelta(days=30)  # a session that is over, to be looked at


@dataclass(frozen=True)
class Browser:
    """Where a request comes from: network address, what the browser calls itself, its device cookie."""

    address: str
    agent: str
    device: str | None = None


@dataclass(frozen=True)
class Opened:
    """A session and the secret of its cookie, which is in no database."""

    row: WebSession
    secret: str
    device: str | None = None


def roles_of_person(session: Session, person_id: str) -> list[str]:
    """The roles a person may act in, in the alphabet's order; none that the organisation has lost."""
    person = session.get_one(Person, person_id)
    held = set(session.get_one(Organisation, person.organisation_id).roles.split(","))
    rows = session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id))
    return sorted(role for role in rows if role in held)


def others_in_role(session: Session, organisation_id: str, role: str, person_id: str) -> bool:
    """Whether somebody else signs in for the organisation in this role."""
    found = (
        select(PersonRole.person_id)
        .join(Person, Person.id == PersonRole.person_id)
        .join(Login, Login.person_id == PersonRole.person_id)
        .where(
            PersonRole.role == role,
            Person.organisation_id == organisation_id,
            Person.id != person_id,
            Login.disabled_at.is_(None),
        )
    )
    return session.scalar(found.limit(1)) is not None


def begin(
    session: Session, person_id: str, method: str, stage: str, browser: Browser, now: datetime
) -> Opened:
    """A new session in the first of the person's roles.

    Raises:
        TradingError: the person may act in no role, or not any more.
    """
    login = session.get(Login, person_id)
    roles = roles_of_person(session, person_id)
    if not roles or (login is not None and login.disabled_at is not None):
        raise TradingError("person-disabled", status=403)
    secret = secrets.token_urlsafe(32)
    row = WebSession(
        id=new_id(), person_id=person_id, role=roles[0], digest=token_digest(secret), stage=stage,
        method=method, address=browser.address, agent=browser.agent[:300], secret=None, failures=0,
        created_at=now, seen_at=now, expires_at=now + (WHOLE if stage == "whole" else HALF), ended_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return Opened(row, secret, _known(session, person_id, now) if stage == "whole" else None)


def make_whole(session: Session, row: WebSession, now: datetime) -> Opened:
    """The second factor is given: the session goes on under a new cookie."""
    secret = secrets.token_urlsafe(32)
    row.stage, row.digest, row.secret = "whole", token_digest(secret), None
    row.seen_at, row.expires_at = now, now + WHOLE
    session.flush()
    return Opened(row, secret, _known(session, row.person_id, now))


def _known(session: Session, person_id: str, now: datetime) -> str:
    device = secrets.token_urlsafe(32)
    session.add(Device(digest=token_digest(device), person_id=person_id, created_at=now))
    session.flush()
    return device


def device_of(session: Session, person_id: str, device: str | None) -> str | None:
    """The digest of a browser in which this very person has signed in before."""
    if device is None:
        return None
    row = session.get(Device, token_digest(device))
    return row.digest if row is not None and row.person_id == person_id else None


def living(row: WebSession, now: datetime) -> bool:
    """Whether a session still holds."""
    return row.ended_at is None and now < row.expires_at and now < row.seen_at + SESSION_IDLE


def sessions_of(session: Session, person_id: str, now: datetime) -> list[WebSession]:
    """A person's whole sessions that still hold, the last used first."""
    rows = session.scalars(
        select(WebSession)
        .where(WebSession.person_id == person_id, WebSession.stage == "whole", WebSession.ended_at.is_(None))
        .order_by(WebSession.seen_at.desc())
    )
    return [row for row in rows if living(row, now)]


def end(session: Session, row: WebSession, now: datetime) -> None:
    """Over from now on."""
    if row.ended_at is None:
        row.ended_at = now


def end_all(session: Session, person_id: str, now: datetime, but: str = "") -> None:
    """All of a person's sessions, but one; and no browser of theirs is known any more."""
    session.execute(
        update(WebSession)
        .where(WebSession.person_id == person_id, WebSession.ended_at.is_(None), WebSession.id != but)
        .values(ended_at=now)
    )
    if not but:
        session.execute(delete(Device).where(Device.person_id == person_id))


def own_session(session: Session, person_id: str, session_id: str) -> WebSession:
    """One of the person's own; NotFound."""
    row = session.get(WebSession, session_id)
    if row is None or row.person_id != person_id:
        raise NotFound("session-not-found")
    return row


def switch_role(session: Session, row: WebSession, role: str) -> None:
    """Act in another of the person's roles from now on.

    Raises:
        TradingError: the person has no such role.
    """
    if role not in roles_of_person(session, row.person_id):
        raise TradingError("person-role", role=role)
    row.role = role
