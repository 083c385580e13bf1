"""Addresses of the opening."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from trading.evidence.files import published_response, record_kind
from trading.opening.attachments import BidFilesDesk
from trading.opening.progress import progress
from trading.web.permissions import Permission


@view_config(route_name="tenders.opening", request_method="GET", openapi=True, renderer="json")
def get_opening(request: Request) -> dict[str, Any]:
    now = request.platform.clock.now(request.dbsession)
    return progress(request.dbsession, request.context.tender, now)


@view_config(route_name="tenders.opening_record", request_method="GET", openapi=True)
def get_opening_record(request: Request) -> Response:
    names = request.context.tender.segment_names
    segment = request.openapi_validated.parameters.query.get("segment", names[-1])
    kind = "opening-record" if segment == names[-1] else record_kind(segment)
    return published_response(request, kind, "application/pdf", "opening-record-not-ready")


@view_config(
    route_name="tenders.files", request_method="GET", permission=Permission.FILES_FETCH, openapi=True,
    renderer="json",
)
def get_files(request: Request) -> dict[str, Any]:
    desk = BidFilesDesk(request.platform, request.dbsession)
    segment = request.openapi_validated.parameters.query.get("segment")
    return desk.describe(request.context.tender, request.matchdict["bid"], segment)


@view_config(
    route_name="tenders.files.object", request_method="GET", permission=Permission.FILES_FETCH, openapi=True
)
def get_files_object(request: Request) -> Response:
    desk = BidFilesDesk(request.platform, request.dbsession)
    number = request.openapi_validated.parameters.path["number"]
    segment = request.openapi_validated.parameters.query.get("segment")
    size, pieces = desk.stream(request.context.tender, request.matchdict["bid"], number, segment)
    return Response(app_iter=pieces, content_type="application/octet-stream", content_length=size)
