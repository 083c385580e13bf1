"""Who acts: a bearer token's or a session's person, for an organisation, in a role."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.request import Request
from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from trading.accounts.models import Organisation, Person, Token
from trading.clock import clock_column
from trading.errors import TradingError
from trading.platform import Platform
from trading.sign_in.models import ADMIN, PersonRole, WebSession
from trading.web.addresses import Attempts, address_of
from trading.web.permissions import ROOT_ACL

if TYPE_CHECKING:
    from pyramid.config import Configurator

log = structlog.get_logger("sunseal.security")

SESSION_IDLE = timedelta(hours=2)
# How often it is noted that a session is in use; each time is a write.
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Actor:
    """Who acts: the person, the organisation they act for, the role; ids of 32 hex digits.

    `at` is when their token or session (its id is in `token`) was found good, by the database's clock;
    `admin` who manages their organisation's persons.
    """

    person: str
    organisation: str
    role: str
    token: str
    name: str
    organisation_name: str
    at: datetime | None = None
    browser: bool = False
    admin: bool = False

    @property
    def principals(self) -> list[str]:
        """What ACLs name: role, role at the organisation, membership."""
        return [
            f"role:{self.role}",
            f"{self.role}@{self.organisation}",
            f"{self.role}:{self.person}",
            f"person:{self.person}",
            f"member@{self.organisation}",
            *([f"admin@{self.organisation}"] if self.admin else []),
        ]


class Root:
    """The context of every address that has none of its own."""

    __acl__ = ROOT_ACL

    def __init__(self, request: Request) -> None:
        self.request = request


class IdentityPolicy:
    """Pyramid's security policy over tokens and browsers' sessions; a token goes before a cookie."""

    def __init__(self) -> None:
        self._acl = ACLHelper()
        self._wrong = Attempts()

    def identity(self, request: Request) -> Actor | None:
        """The actor of the request's token or session; a wrong token is refused, neither is the public."""
        cached: Actor | None = request.environ.get("sunseal.actor")
        if cached is not None:
            return cached
        header = request.headers.get("Authorization")
        if header is None:
            return self._of_session(request)
        scheme, _, secret = header.partition(" ")
        actor = _token_actor(request, secret.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise self._wrong_token(request)
        request.environ["sunseal.actor"] = actor
        return actor

    def _of_session(self, request: Request) -> Actor | None:
        if "sunseal.no-session" in request.environ:
            return None
        secret = request.cookies.get(session_cookie(request))
        actor = _session_actor(request, secret) if secret else None
        request.environ["sunseal.actor" if actor else "sunseal.no-session"] = actor
        return actor

    def _wrong_token(self, request: Request) -> TradingError:
        # One request asks several times who it is; it counts once.
        if "sunseal.wait" not in request.environ:
            request.environ["sunseal.wait"] = self._wrong.count(address_of(request))
        wait: float | None = request.environ["sunseal.wait"]
        if wait is not None:
            return TradingError("too-many-wrong-tokens", status=429, seconds=math.ceil(wait))
        return TradingError("token-invalid", status=401)

    def authenticated_userid(self, request: Request) -> str | None:
        """The person's id."""
        actor = self.identity(request)
        return actor.person if actor else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """By the context's ACL."""
        actor = self.identity(request)
        principals = [Everyone]
        if actor is not None:
            principals += [Authenticated, *actor.principals]
        return self._acl.permits(context, principals, permission)

    def remember(self, request: Request, userid: str, **kw: Any) -> list[tuple[str, str]]:
        """Sessions set their own cookies (sign_in/cookies.py)."""
        return []

    def forget(self, request: Request, **kw: Any) -> list[tuple[str, str]]:
        """As remember."""
        return []


def session_cookie(request: Request) -> str:
    """The name of the session's cookie."""
    return str(request.platform.settings.cookie("sunseal"))


def token_digest(secret: str) -> str:
    """What the database keeps of a token: 256-bit random secrets need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _token_statement(dialect: str) -> Select[str, str, datetime, datetime | None, str, str, str, str, int]:
    """Made once: each request needs it, and making a statement costs as much as running it."""
    return (
        select(
            Token.id.label("token"),
            Token.role,
            Token.expires_at,
            Token.revoked_at,
            Person.id.label("person"),
            Person.name,
            Organisation.id.label("organisation"),
            Organisation.name.label("organisation_name"),
            clock_column(dialect).label("reading"),
        )
        .join(Person, Token.person_id == Person.id)
        .join(Organisation, Person.organisation_id == Organisation.id)
        .where(Token.digest == bindparam("digest"))
    )


_TOKEN = {dialect: _token_statement(dialect) for dialect in ("sqlite", "postgresql")}


def _session_statement(
    dialect: str,
) -> Select[str, str, datetime, datetime, str, str, str, str, str | None, int]:
    admin = aliased(PersonRole)
    return (
        select(
            WebSession.id.label("token"),
            WebSession.role,
            WebSession.expires_at,
            WebSession.seen_at,
            Person.id.label("person"),
            Person.name,
            Organisation.id.label("organisation"),
            Organisation.name.label("organisation_name"),
            admin.role.label("admin"),
            clock_column(dialect).label("reading"),
        )
        .join(Person, WebSession.person_id == Person.id)
        .join(Organisation, Person.organisation_id == Organisation.id)
        # A role that was taken away counts for nothing, whatever the session began as.
        .join(PersonRole, (PersonRole.person_id == Person.id) & (PersonRole.role == WebSession.role))
        .outerjoin(admin, (admin.person_id == Person.id) & (admin.role == ADMIN))
        .where(
            WebSession.digest == bindparam("digest"),
            WebSession.stage == "whole",
            WebSession.ended_at.is_(None),
        )
    )


_SESSION = {dialect: _session_statement(dialect) for dialect in ("sqlite", "postgresql")}


def _session_actor(request: Request, secret: str) -> Actor | None:
    found = _found(request, _SESSION, secret)
    if found is None:
        return None
    now = request.platform.clock.moment(found.reading)
    if found.expires_at <= now or found.seen_at + SESSION_IDLE <= now:
        return None
    if found.seen_at + SEEN_EVERY <= now:
        request.environ["sunseal.session-seen"] = found.token
    return replace(_actor(found, now), browser=True, admin=found.admin is not None)


def _token_actor(request: Request, secret: str) -> Actor | None:
    found = _found(request, _TOKEN, secret)
    if found is None:
        return None
    now = request.platform.clock.moment(found.reading)
    if found.revoked_at is not None or found.expires_at <= now:
        return None
    return _actor(found, now)


def _found(request: Request, statements: Mapping[str, Any], secret: str) -> Any:
    """The row of a token or session with the clock's reading; None if there is none."""
    connection = request.dbsession.connection()
    given = {"digest": token_digest(secret)}
    return connection.execute(statements[connection.dialect.name], given).one_or_none()


def _actor(row: Any, now: datetime) -> Actor:
    return Actor(
        person=row.person,
        organisation=row.organisation,
        role=row.role,
        token=row.token,
        name=row.name,
        organisation_name=row.organisation_name,
        at=now,
    )


def note_seen(platform: Platform, session_id: str) -> None:
    """A session is in use; in a transaction of its own, as requests that read have none that writes."""
    try:
        with platform.database.transaction() as session:
            now = platform.clock.now(session)
            session.execute(update(WebSession).where(WebSession.id == session_id).values(seen_at=now))
    except SQLAlchemyError:
        log.exception("a session's use could not be noted")


def actor_of(request: Request) -> Actor:
    """The actor of a request whose view demands a permission; never the public.

    Raises:
        TradingError: no token was sent.
    """
    actor: Actor | None = request.identity
    if actor is None:
        raise TradingError("token-missing", status=401)
    return actor


def includeme(config: Configurator) -> None:
    """Tokens and sessions for who, ACLs for what."""
    config.set_security_policy(IdentityPolicy())
    config.set_root_factory(Root)
    config.set_default_permission("public:record:read")
