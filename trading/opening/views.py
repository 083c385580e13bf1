"""Addresses of the opening."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from trading.evidence.files import published_response
from trading.opening.attachments import BidFilesDesk
from trading.opening.progress import progress
from trading.web.permissions import Permission


@view_config(route_name="tenders.opening", request_method="GET", openapi=True, renderer="json")
def get_opening(request: Request) -> dict[str, Any]:
    now = request.platform.clock.now(request.dbsession)
    return progress(request.dbsession, request.context.tender, now)


@view_config(route_name="tenders.opening_record", request_method="GET", openapi=True)
def get_opening_record(request: Request) -> Response:
    return published_response(request, "opening-record", "application/pdf", "opening-record-not-ready")


@view_config(
    route_name="tenders.files", request_method="GET", permission=Permission.FILES_FETCH, openapi=True,
    renderer="json",
)
def get_files(request: Request) -> dict[str, Any]:
    desk = BidFilesDesk(request.platform, request.dbsession)
    return desk.describe(request.context.tender, request.matchdict["bid"])


@view_config(
    route_name="tenders.files.object", request_method="GET", permission=Permission.FILES_FETCH, openapi=True
)
def get_files_object(request: Request) -> Response:
    desk = BidFilesDesk(request.platform, request.dbsession)
    number = request.openapi_validated.parameters.path["number"]
    size, pieces = desk.stream(request.context.tender, request.matchdict["bid"], number)
    return Response(app_iter=pieces, content_type="application/octet-stream", content_length=size)
