"""The addresses of uploads, bids and withdrawals, all of them a supplier's own, also after closing."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from signing.encoding import b64encode, format_time
from trading.audit import private
from trading.storage import PART_BYTES
from trading.submission.bodies import signed_body
from trading.submission.bundle import bundle_response
from trading.submission.contexts import BiddingContext, OwnBidContext, UploadContext
from trading.submission.history import own_history
from trading.submission.proofs import proofs_of
from trading.submission.resupply import all_wanted
from trading.submission.services import Received, Submission
from trading.submission.uploads import Uploads, UploadState
from trading.tenders.contexts import TenderContext
from trading.web.addresses import address_of
from trading.web.permissions import Permission
from trading.web.security import actor_of
from trading.web.sessions import set_aside


def _upload_json(state: UploadState) -> dict[str, Any]:
    return {
        "id": state.id,
        "part_bytes": PART_BYTES,
        "parts": state.parts,
        "have": list(state.have),
        "complete": state.complete,
    }


def _answer(request: Request, received: Received) -> dict[str, str]:
    request.response.status_int = 201 if received.new else 200
    return {"bid": received.bid, "receipt": b64encode(received.receipt)}


@view_config(
    route_name="tender-uploads",
    request_method="POST",
    permission=Permission.UPLOAD_WRITE,
    openapi=True,
    renderer="json",
)
def start_upload(context: TenderContext, request: Request) -> dict[str, Any]:
    body = request.openapi_validated.body
    state, new = Uploads(request.platform).start(
        request.dbsession, context.tender, actor_of(request).organisation, body["sha256"], body["size"]
    )
    if new:
        details = {"upload": state.id, "sha256": body["sha256"], "size": body["size"]}
        private.record(request.dbsession, "upload.started", request, context.tender.id, details)
    request.response.status_int = 201 if new else 200
    return _upload_json(state)


@view_config(
    route_name="upload",
    request_method="GET",
    permission=Permission.UPLOAD_WRITE,
    openapi=True,
    renderer="json",
)
def read_upload(context: UploadContext, request: Request) -> dict[str, Any]:
    return _upload_json(Uploads(request.platform).state(request.dbsession, context.upload))


@view_config(route_name="upload-part", request_method="PUT", permission=Permission.UPLOAD_WRITE, openapi=True)
def put_part(context: UploadContext, request: Request) -> Response:
    number = request.openapi_validated.parameters.path["number"]
    upload_id = context.upload.id
    with set_aside(request.dbsession, request.tm):
        Uploads(request.platform).put_part(upload_id, number, request.body)
    return Response(status=204)


@view_config(
    route_name="upload-completion",
    request_method="POST",
    permission=Permission.UPLOAD_WRITE,
    openapi=True,
    renderer="json",
)
def complete_upload(context: UploadContext, request: Request) -> dict[str, Any]:
    actor, address = actor_of(request), address_of(request)  # before the transaction that knows them ends
    upload_id, tender_id = context.upload.id, context.upload.tender_id
    with set_aside(request.dbsession, request.tm):
        sha256, size = Uploads(request.platform).complete(upload_id, actor, address)
    private.record(request.dbsession, "upload.completed", request, tender_id, {"upload": upload_id})
    return {"sha256": sha256, "size": size}


@view_config(
    route_name="tender-bids",
    request_method="POST",
    permission=Permission.BID_SUBMIT,
    renderer="json",
)
def submit(context: BiddingContext, request: Request) -> dict[str, str]:
    received = Submission(request.platform).submit(
        request.dbsession,
        actor_of(request),
        address_of(request),
        context.tender_id,
        *signed_body(request),
    )
    return _answer(request, received)


@view_config(
    route_name="tender-withdrawals",
    request_method="POST",
    permission=Permission.BID_SUBMIT,
    renderer="json",
)
def withdraw(context: BiddingContext, request: Request) -> dict[str, str]:
    received = Submission(request.platform).withdraw(
        request.dbsession,
        actor_of(request),
        address_of(request),
        context.tender_id,
        *signed_body(request),
    )
    return _answer(request, received)


@view_config(
    route_name="tender-bids",
    request_method="GET",
    permission=Permission.BID_READ_OWN,
    openapi=True,
    renderer="json",
)
def own_bids(context: BiddingContext, request: Request) -> dict[str, Any]:
    tender = TenderContext(request).tender
    history = own_history(request.dbsession, tender.id, actor_of(request).organisation, None)
    states = history.states(tender.policy_digest or "")
    now = request.platform.clock.now(request.dbsession)
    wanted = all_wanted(request.dbsession, tender.id, actor_of(request).organisation, now)
    return {
        "items": [
            {
                "bid": bid.id,
                "received_at": format_time(bid.received_at),
                "state": states[bid.id],
                "wanted": wanted.get(bid.id, []),
            }
            for bid in history.links.values()
        ],
        "next": None,
    }


@view_config(
    route_name="bid-receipt",
    request_method="GET",
    permission=Permission.BID_READ_OWN,
    openapi=True,
    renderer="json",
)
def receipt(context: OwnBidContext, request: Request) -> dict[str, str]:
    return {"file": b64encode(context.bid.receipt)}


@view_config(
    route_name="bid-proofs",
    request_method="GET",
    permission=Permission.BID_READ_OWN,
    openapi=True,
    renderer="json",
)
def proofs(context: OwnBidContext, request: Request) -> dict[str, str]:
    found = proofs_of(request.dbsession, request.platform, context.tender, context.bid)
    return {
        "leaf": b64encode(found.leaf),
        "ledger": found.ledger.decode(),
        "closing": found.closing.decode(),
        "closing_file": b64encode(found.closing_file),
    }


@view_config(
    route_name="bid-bundle", request_method="GET", permission=Permission.BID_READ_OWN, openapi=True
)
def bundle(context: OwnBidContext, request: Request) -> Response:
    return bundle_response(context, request)
