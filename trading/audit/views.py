"""The public log over HTTP: key, checkpoint, entries, proofs."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from signing.encoding import b64encode
from signing.notes import read_checkpoint
from trading.audit.services import AuditLog
from trading.audit.witnesses import Witnesses
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
    return _proof(request, request.openapi_validated.parameters.query["position"])


@view_config(
    route_name="log.statement", request_method="GET", permission=Permission.PUBLIC_READ, openapi=True
)
def statement(request: Request) -> Response:
    """A tlog-proof of an entry or statement, by its digest."""
    digest = request.openapi_validated.parameters.query["digest"]
    return _proof(request, AuditLog(request.platform).position_of(request.dbsession, digest))


def _proof(request: Request, position: int) -> Response:
    query = request.openapi_validated.parameters.query
    size, checkpoint = query.get("size"), None
    if query.get("cosigned"):
        checkpoint = Witnesses(request.platform).best(request.dbsession, position, size)
        size = read_checkpoint(checkpoint).size
    return _text(AuditLog(request.platform).proof(request.dbsession, position, size, checkpoint))


@view_config(
    route_name="log.cosigned",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def cosigned(request: Request) -> dict[str, Any]:
    """Cosigned checkpoints that hold a position."""
    after = request.openapi_validated.parameters.query["after"]
    found = Witnesses(request.platform).holding(request.dbsession, after)
    return {"checkpoints": [note.decode() for note in found]}


@view_config(
    route_name="log.cosignatures", request_method="POST", permission=Permission.PUBLIC_READ, openapi=True
)
def cosignatures(request: Request) -> Response:
    """A cosignature brought by its witness, whom it proves."""
    body = request.openapi_validated.body
    witnesses = Witnesses(request.platform)
    # Judged before anything is locked: anybody may send one.
    with request.platform.database.reading() as session:
        witness, answer = witnesses.recognise(session, body["size"], body["cosignature"])
        known = witnesses.has(session, witness, body["size"])
    if not known:
        witnesses.keep(request.dbsession, witness, body["size"], answer)
    return Response(status=204)


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
