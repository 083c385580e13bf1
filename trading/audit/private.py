"""Acts that are kept but not published: what would tell who bids or how many, and refused attempts.

They are for supervisors and for answering complaints (Order 20 art. 49), never for the public log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import structlog
from pyramid.request import Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from signing.encoding import is_id, new_id
from trading.audit.models import PrivateAct
from trading.platform import Platform
from trading.web.addresses import address_of
from trading.web.security import Actor

log = structlog.get_logger("sunseal.audit")

Details = Mapping[str, object]


def record(
    session: Session,
    act: str,
    request: Request | None,
    tender: str | None = None,
    details: Details | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Keep an act in the transaction of the act.

    A request that only reads has no such transaction: its act is kept in one of its own.
    """
    if request is None:
        session.add(_row(None, act, at, tender, details))
        return
    platform: Platform = request.platform
    if request.method in ("GET", "HEAD"):
        with platform.database.transaction() as own:
            own.add(_row(request, act, at or platform.clock.now(own), tender, details))
    else:
        session.add(_row(request, act, at or platform.clock.now(session), tender, details))


def record_refusal(platform: Platform, request: Request, code: str, status: int) -> None:
    """Keep a refused attempt, in a transaction of its own; a fault here must not change the answer."""
    matched = getattr(request, "matchdict", None) or {}
    tender = matched.get("tender")
    route = getattr(request, "matched_route", None)
    details = {"method": request.method, "route": route.name if route else "", "status": status}
    try:
        with platform.database.transaction() as session:
            now = platform.clock.now(session)
            known = tender if is_id(tender) else None
            session.add(_row(request, f"refused.{code}"[:60], now, known, details))
    except SQLAlchemyError:
        log.exception("a refusal could not be kept", code=code)


def keep(
    session: Session,
    actor: Actor | None,
    address: str,
    act: str,
    at: datetime,
    tender: str | None,
    details: Details | None = None,
) -> None:
    """Keep an act of a service that knows who acts and whence."""
    session.add(PrivateAct(**columns(actor, address, act, at, tender, details)))


def columns(
    actor: Actor | None, address: str, act: str, at: datetime, tender: str | None, details: Details | None
) -> dict[str, object]:
    """The columns of an act's row, for a statement that writes more than it."""
    return {
        "id": new_id(),
        "at": at,
        "act": act,
        "tender_id": tender,
        "person_id": actor.person if actor else None,
        "organisation_id": actor.organisation if actor else None,
        "role": actor.role if actor else None,
        "address": address,
        "details": json.dumps(dict(details or {}), ensure_ascii=False, sort_keys=True),
    }


def _row(
    request: Request | None, act: str, at: datetime | None, tender: str | None, details: Details | None
) -> PrivateAct:
    if at is None:
        raise ValueError("an act without a request needs its time")
    actor: Actor | None = request.environ.get("sunseal.actor") if request is not None else None
    address = address_of(request) if request is not None else ""
    return PrivateAct(**columns(actor, address, act, at, tender, details))
