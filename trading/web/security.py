"""Bearer tokens: each is a person acting for an organisation in a role."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.request import Request
from sqlalchemy import Select, bindparam, select

from trading.accounts.models import Organisation, Person, Token
from trading.clock import clock_column
from trading.errors import TradingError
from trading.web.addresses import WrongTokens, address_of
from trading.web.permissions import ROOT_ACL

if TYPE_CHECKING:
    from pyramid.config import Configurator


@dataclass(frozen=True)
class Actor:
    """Who acts: the person, the organisation they act for, the role; ids of 32 hex digits.

    `at` is when their token was found good, by the database's clock.
    """

    person: str
    organisation: str
    role: str
    token: str
    name: str
    organisation_name: str
    at: datetime | None = None

    @property
    def principals(self) -> list[str]:
        """What ACLs name: role, role at the organisation, membership."""
        return [
            f"role:{self.role}",
            f"{self.role}@{self.organisation}",
            f"member@{self.organisation}",
        ]


class Root:
    """The context of every address that has none of its own."""

    __acl__ = ROOT_ACL

    def __init__(self, request: Request) -> None:
        self.request = request


class BearerPolicy:
    """Pyramid's security policy over the tokens table."""

    def __init__(self) -> None:
        self._acl = ACLHelper()
        self._wrong = WrongTokens()

    def identity(self, request: Request) -> Actor | None:
        """The actor of the request's token; a wrong token is refused, no token is the public."""
        cached: Actor | None = request.environ.get("sunseal.actor")
        if cached is not None:
            return cached
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        actor = _actor_of(request, secret.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise self._wrong_token(request)
        request.environ["sunseal.actor"] = actor
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
        """Tokens are sent with each request; there is nothing to remember."""
        return []

    def forget(self, request: Request, **kw: Any) -> list[tuple[str, str]]:
        """As remember."""
        return []


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


def _actor_of(request: Request, secret: str) -> Actor | None:
    session = request.dbsession
    connection = session.connection()
    given = {"digest": token_digest(secret)}
    found = connection.execute(_TOKEN[connection.dialect.name], given).one_or_none()
    if found is None:
        return None
    now = request.platform.clock.moment(found.reading)
    if found.revoked_at is not None or found.expires_at <= now:
        return None
    return Actor(
        person=found.person,
        organisation=found.organisation,
        role=found.role,
        token=found.token,
        name=found.name,
        organisation_name=found.organisation_name,
        at=now,
    )


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
    """Tokens for who, ACLs for what."""
    config.set_security_policy(BearerPolicy())
    config.set_root_factory(Root)
    config.set_default_permission("public:record:read")
