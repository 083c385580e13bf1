"""Ids in addresses, checked before any query sees them (PostgreSQL takes no NUL in a text)."""

from __future__ import annotations

from pyramid.request import Request

from signing.encoding import is_digest, is_id
from trading.errors import NotFound


def id_of(request: Request, name: str, code: str = "not-found") -> str:
    """The id in the address under `name`.

    Raises:
        NotFound: with `code`, if it has not the form of an id.
    """
    value = request.matchdict[name]
    if not is_id(value):
        raise NotFound(code)
    return str(value)


def digest_of(request: Request, name: str, code: str = "not-found") -> str:
    """As id_of, for a SHA-256 in hex."""
    value = request.matchdict[name]
    if not is_digest(value):
        raise NotFound(code)
    return str(value)
