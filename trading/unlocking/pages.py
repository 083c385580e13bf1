"""The bidder's page for unlocking its own bid."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from signing.encoding import b64encode
from trading.submission.contexts import OwnBidContext
from trading.tenders.models import Project
from trading.tenders.rules import pack_named
from trading.unlocking.models import UnlockDecision, UnlockedBid, UnlockWindow
from trading.unlocking.record import unlocks_of
from trading.unlocking.services import Unlockings
from trading.unlocking.views import own_state
from trading.web.addresses import address_of
from trading.web.security import actor_of


def unlock(context: OwnBidContext, request: Request) -> dict[str, Any]:
    """One's own bid, its window and what became of it; the script beside it unlocks."""
    session, one = request.dbsession, context.tender
    Unlockings(request.platform).visit(session, actor_of(request), address_of(request), context.bid)
    row = session.get(UnlockedBid, context.bid.id)
    said = unlocks_of(session, one.id).get(context.bid.id)
    decision = session.get(UnlockDecision, context.bid.id)
    return {
        "now": request.platform.clock.now(session),
        "tender": one, "bid": context.bid, "state": own_state(session, context)["state"],
        "project": session.get_one(Project, one.project_id),
        "window": session.get(UnlockWindow, one.id), "row": row,
        "receipt": "" if row is None else b64encode(row.receipt),
        "pack": pack_named(one.pack, one.pack_version), "decision": decision,
        "verdict": decision.verdict if decision is not None else said.verdict if said is not None else None,
    }  # fmt: skip
