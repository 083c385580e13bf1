"""The public log over HTTP: key, checkpoint, entries, proofs."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from signing.encoding import b64encode
from trading.audit.services import AuditLog
from trading.web.permissions import Permission

_PAGE = 100


def _text(body: bytes) -> Response:
    return Response(body=body, content_type="text/plain", charset="UTF-8")


@view_config(route_name="log.key", request_method="GET", permission=Permission.PUBLIC_READ, openapi=True)
def key(request: Request) -> Response:
    """The verifier key (C2SP signed-note)."""
    return _text(f"{request.platform.keys.log.vkey}\n".encode())


@view_config(
    route_name="log.checkpoint", request_method="GET", permission=Permission.PUBLIC_READ, openapi=True
)
def checkpoint(request: Request) -> Response:
    """The newest signed checkpoint, or that of an earlier size."""
    size = request.openapi_validated.parameters.query.get("size")
    return _text(AuditLog(request.platform).checkpoint(request.dbsession, size))


@view_config(
    route_name="log.entries",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def entries(request: Request) -> dict[str, Any]:
    """A tender's entries, or a page of the whole log."""
    query = request.openapi_validated.parameters.query
    log = AuditLog(request.platform)
    start = query.get("start", 0)
    if "tender" in query:
        found = log.entries(request.dbsession, query["tender"], start, query.get("limit"))
        return {"entries": [{"position": each.position, "raw": b64encode(each.raw)} for each in found]}
    page = log.slice(request.dbsession, start, query.get("limit", _PAGE))
    return {"start": start, "entries": [b64encode(each.raw) for each in page]}


@view_config(
    route_name="log.inclusion", request_method="GET", permission=Permission.PUBLIC_READ, openapi=True
)
def inclusion(request: Request) -> Response:
    """A tlog-proof of one entry."""
    query = request.openapi_validated.parameters.query
    return _text(AuditLog(request.platform).proof(request.dbsession, query["position"], query.get("size")))


@view_config(
    route_name="log.consistency",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def consistency(request: Request) -> dict[str, Any]:
    """That the log only grew between two sizes."""
    query = request.openapi_validated.parameters.query
    hashes = AuditLog(request.platform).consistency(request.dbsession, query["old"], query["new"])
    return {"hashes": [b64encode(each) for each in hashes]}
