"""Answers kept under a person's idempotency key, written in the transaction of the act."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session

from trading.errors import TradingError
from trading.web.models import MAX_KEY, StoredAnswer


def recall(session: Session, person: str, key: str, digest: str) -> Response | None:
    """The kept answer, if this key was used.

    Raises:
        TradingError: the key is malformed, or was used for a different request.
    """
    if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        raise TradingError("idempotency-key-malformed", status=400)
    row = session.get(StoredAnswer, (person, key))
    if row is None:
        return None
    if row.request_digest != digest:
        raise TradingError("idempotency-key-reused", status=422)
    response = Response(body=row.body, status=row.status, content_type=row.content_type)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def remember(request: Request, person: str, key: str, digest: str, response: Response) -> None:
    """Keep the answer of an act that is about to be committed; never one that holds a secret."""
    if request.environ.get("sunseal.secret_answer"):
        return
    request.dbsession.add(
        StoredAnswer(
            person_id=person,
            key=key,
            request_digest=digest,
            status=response.status_code,
            content_type=response.content_type or "application/json",
            body=response.body,
            at=request.platform.clock.now(request.dbsession),
        )
    )
    request.dbsession.flush()
