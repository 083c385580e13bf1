"""Addresses of unlocking: the bidder's own, everybody's, the agency's."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from signing.encoding import b64decode, b64encode, format_time
from trading.errors import NotFound
from trading.submission.contexts import OwnBidContext
from trading.unlocking.models import UnlockedBid, UnlockWindow
from trading.unlocking.record import described
from trading.unlocking.services import Unlockings
from trading.web.addresses import address_of
from trading.web.permissions import Permission
from trading.web.security import actor_of


@view_config(
    route_name="tenders.bid.unlocking", request_method="GET", permission=Permission.BID_READ_OWN,
    openapi=True, renderer="json",
)
def get_own(context: OwnBidContext, request: Request) -> dict[str, Any]:
    session = request.dbsession
    Unlockings(request.platform).visit(session, actor_of(request), address_of(request), context.bid)
    return own_state(session, context)


@view_config(
    route_name="tenders.bid.unlocking", request_method="POST", permission=Permission.BID_SUBMIT,
    openapi=True, renderer="json",
)
def post_own(context: OwnBidContext, request: Request) -> dict[str, Any]:
    row = Unlockings(request.platform).unlock(
        request.dbsession, actor_of(request), address_of(request), context.tender.id, context.bid.id,
        b64decode(request.openapi_validated.body["secret"]),
    )  # fmt: skip
    return {"received_at": format_time(row.received_at), "receipt": b64encode(row.receipt)}


@view_config(route_name="tenders.unlocking", request_method="GET", openapi=True, renderer="json")
def get_unlocking(request: Request) -> dict[str, Any]:
    found = described(request.dbsession, request.context.tender.id)
    if found is None:
        raise NotFound("unlocking-not-found")
    return found


@view_config(
    route_name="tenders.unlock_decisions", request_method="POST", permission=Permission.EVALUATE,
    openapi=True, renderer="json",
)
def post_decision(request: Request) -> dict[str, Any]:
    rows = Unlockings(request.platform).decide(
        request.dbsession, actor_of(request), address_of(request), request.context.tender.id,
        b64decode(request.openapi_validated.body["file"]),
    )  # fmt: skip
    return {"bids": sorted(row.bid_id for row in rows)}


def own_state(session: Any, context: OwnBidContext) -> dict[str, Any]:
    """One's own bid and its window, as its bidder sees it."""
    window = session.get(UnlockWindow, context.tender.id)
    row = session.get(UnlockedBid, context.bid.id)
    if not context.tender.lock:
        state = "none"
    elif row is not None:
        state = "unlocked"
    elif window is None:
        state = "waiting"
    else:
        state = "open" if window.ended_at is None else "ended"
    return {
        "state": state,
        "opened_at": None if window is None else format_time(window.opened_at),
        "until": None if window is None else format_time(window.until),
        "receipt": None if row is None else b64encode(row.receipt),
    }
