"""The supplier's pages of one tender: sealing a bid in the browser, and the receipts of one's own bids."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from bids.receipts import Receipt
from signing import canonical
from trading.accounts.models import Organisation
from trading.errors import NotFound
from trading.opening.models import Closing
from trading.results.reading import own_notices
from trading.submission.contexts import OwnBidContext
from trading.submission.history import after_amendment, own_history
from trading.submission.models import Withdrawal
from trading.tenders.contexts import TenderContext
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, Tender
from trading.tenders.reading import notice_in_force
from trading.tenders.rules import pack_named
from trading.timestamps.services import stamped
from trading.web.forms import Both
from trading.web.pages import SEALING_CODE, asset_digest
from trading.web.security import actor_of

STATES = {
    "current": Both("有效", "Current"),
    "replaced": Both("已替换", "Replaced"),
    "withdrawn": Both("已撤回", "Withdrawn"),
    "void": Both("已失效，须重新密封", "Void: seal again"),
}


def bid(context: TenderContext, request: Request) -> dict[str, Any]:
    """What the page for sealing a bid needs, and the supplier's own bids so far."""
    session, one = request.dbsession, context.tender
    now = request.platform.clock.now(session)
    history = own_history(session, one.id, actor_of(request).organisation, None)
    states = history.states(one.policy_digest or "")
    # Newest first: what counts is what was received last.
    own = [(each, states[each.id]) for each in reversed(list(history.links.values()))]
    return {
        **_about(request, one),
        "now": now,
        "notice": notice_in_force(session, one),
        "open": State(one.state) is State.PUBLISHED and now < one.deadline,
        "own": own,
        "told": after_amendment(session, one, actor_of(request).organisation),
        "states": STATES,
        "current": next((each.id for each, state in own if state == "current"), ""),
        "bundle": asset_digest(SEALING_CODE),
        "own_notices": own_notices(session, one.id, actor_of(request).organisation),
    }


def receipt(context: OwnBidContext, request: Request) -> dict[str, Any]:
    """The receipt of one's own bid, and of its withdrawal, for reading and printing."""
    session, one = request.dbsession, context.bid
    withdrawal = session.get(Withdrawal, one.id)
    history = own_history(session, one.tender_id, one.supplier_id, None)
    return {
        **_about(request, context.tender),
        "now": request.platform.clock.now(session),
        "bid": one,
        "receipt": Receipt.parse(one.receipt),
        "sha256": canonical.digest(one.receipt),
        "withdrawal": None if withdrawal is None else Receipt.parse(withdrawal.receipt),
        "closed": session.get(Closing, context.tender.id) is not None,
        "stamped": lambda each: stamped(request.platform, session, each),
        "state": STATES[history.states(context.tender.policy_digest or "")[one.id]],
    }


def receipt_file(context: OwnBidContext, request: Request) -> Response:
    """A receipt's exact bytes: that of the bid, or of its withdrawal."""
    data = context.bid.receipt
    if request.matchdict["kind"] == "withdrawal-receipt":
        withdrawal = request.dbsession.get(Withdrawal, context.bid.id)
        if withdrawal is None:
            raise NotFound("bid-not-found")
        data = withdrawal.receipt
    response = Response(data, content_type="application/json", charset=None)
    name = f"{context.bid.id}.{request.matchdict['kind']}.json"
    response.content_disposition = f'attachment; filename="{name}"'
    return response


def _about(request: Request, one: Tender) -> dict[str, Any]:
    session = request.dbsession
    return {
        "tender": one,
        "project": session.get_one(Project, one.project_id),
        "buyer": session.get_one(Organisation, one.organisation_id),
        "pack": pack_named(one.pack, one.pack_version),
    }
