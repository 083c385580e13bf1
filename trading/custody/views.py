"""Addresses of custody."""

from __future__ import annotations

import hashlib
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from bids.errors import BidError
from signing.encoding import b64decode, b64encode, format_time
from signing.errors import SigningError
from trading.audit import private
from trading.custody.ledger import LedgerPages
from trading.custody.services import Custody
from trading.custody.trust import trust_material
from trading.errors import TradingError
from trading.tenders.reserve import FreshKey
from trading.web.addresses import address_of
from trading.web.permissions import Permission
from trading.web.security import actor_of
from trading.web.sessions import set_aside

Answer = dict[str, Any]

# A release that came twice, or after all is over.
_NOBODYS_FAULT = frozenset({"release-second", "release-not-wanted"})


@view_config(
    route_name="custody.tenders", request_method="GET", permission=Permission.CUSTODY_ACT, openapi=True,
    renderer="json",
)
def list_tasks(request: Request) -> Answer:
    query = request.openapi_validated.parameters.query
    return Custody(request.platform).tasks(
        request.dbsession, actor_of(request), query.get("cursor"), query.get("limit", 100)
    )


@view_config(
    route_name="custody.key", request_method="PUT", permission=Permission.CUSTODY_ACT, openapi=True,
    renderer="json",
)
def put_key(request: Request) -> Answer:
    body = request.openapi_validated.body
    tender, key = request.context.tender.id, b64decode(body["sealing_key"])
    answer = Custody(request.platform).keep_key(
        request.dbsession, actor_of(request), tender, key, b64decode(body["signature"]),
        body.get("certificate"),
    )
    private.record(
        request.dbsession, "sealing-key.handed-in", request, tender, {"key": hashlib.sha256(key).hexdigest()}
    )
    return answer


@view_config(
    route_name="custody.reserve", request_method="GET", permission=Permission.CUSTODY_ACT, openapi=True,
    renderer="json",
)
def list_reserve(request: Request) -> Answer:
    return Custody(request.platform).reserve(request.dbsession, actor_of(request))


@view_config(
    route_name="custody.reserve", request_method="PUT", permission=Permission.CUSTODY_ACT, openapi=True,
    renderer="json",
)
def put_reserve(request: Request) -> Answer:
    body = request.openapi_validated.body
    keys = [
        FreshKey(
            each["tender"], b64decode(each["sealing_key"]), b64decode(each["signature"]), each["certificate"]
        )
        for each in body["keys"]
    ]
    kept = Custody(request.platform).stock(request.dbsession, actor_of(request), keys)
    digests = [hashlib.sha256(key.sealing_key).hexdigest() for key in keys]
    private.record(request.dbsession, "sealing-keys.stocked", request, None, {"keys": digests})
    return {"kept": kept}


@view_config(
    route_name="custody.reserved", request_method="DELETE", permission=Permission.CUSTODY_ACT, openapi=True
)
def delete_reserved(request: Request) -> Response:
    tender = request.matchdict["tender"]
    Custody(request.platform).give_up(request.dbsession, actor_of(request), tender)
    private.record(request.dbsession, "sealing-key.given-up", request, None, {"tender": tender})
    return Response(status=204)


@view_config(route_name="tenders.closing", request_method="GET", openapi=True, renderer="json")
def get_closing(request: Request) -> Answer:
    return Custody(request.platform).closing(request.dbsession, request.context.closing)


@view_config(route_name="tenders.ledger", request_method="GET", openapi=True, renderer="json")
def get_ledger(request: Request) -> Answer:
    query = request.openapi_validated.parameters.query
    pages = LedgerPages(request.dbsession, request.context.closing)
    return pages.page(query.get("start", 0), query.get("limit", 100))


@view_config(route_name="tenders.trust", request_method="GET", openapi=True, renderer="json")
def get_trust(request: Request) -> Answer:
    return trust_material(request.platform, request.dbsession, request.context.tender).as_json()


@view_config(
    route_name="custody.release", request_method="GET", permission=Permission.CUSTODY_ACT, openapi=True,
    renderer="json",
)
def get_release(request: Request) -> Answer:
    file = Custody(request.platform).own_release(
        request.dbsession, actor_of(request), request.context.tender.id
    )
    return {"file": b64encode(file)}


@view_config(
    route_name="custody.release", request_method="PUT", permission=Permission.CUSTODY_ACT, openapi=True,
    renderer="json",
)
def put_release(request: Request) -> Answer:
    body = request.openapi_validated.body
    shares = [(each["bid"], b64decode(each["sealed"])) for each in body["files_shares"]]
    custody, tender, file = Custody(request.platform), request.context.tender.id, b64decode(body["file"])
    actor, address = actor_of(request), address_of(request)
    try:
        frozen = custody.release(request.dbsession, actor, address, tender, file, shares)
    except (BidError, SigningError, TradingError) as refused:
        code = refused.code if not isinstance(refused, SigningError) else "signature-refused"
        if code not in _NOBODYS_FAULT:
            with set_aside(request.dbsession, request.tm):
                custody.note_refused(actor, address, tender, file, code)
        raise
    # Found by the next scan in any case; this only makes that scan start at once.
    request.tm.get().addAfterCommitHook(lambda done: request.platform.queue.wake.set())
    return {"frozen": frozen}


@view_config(
    route_name="custody.erasure", request_method="PUT", permission=Permission.CUSTODY_ACT, openapi=True,
    renderer="json",
)
def put_erasure(request: Request) -> Answer:
    at = Custody(request.platform).erased(
        request.dbsession, actor_of(request), address_of(request), request.context.tender.id,
        b64decode(request.openapi_validated.body["file"]),
    )
    return {"at": format_time(at)}
