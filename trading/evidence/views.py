"""Addresses of the evidence package."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from trading.evidence.files import published_file, published_response


@view_config(route_name="tenders.evidence", request_method="GET", openapi=True, renderer="json")
def get_evidence(request: Request) -> dict[str, Any]:
    row = published_file(request.dbsession, request.context.tender.id, "evidence")
    if row is None:
        return {"ready": False, "sha256": None, "size": None}
    return {"ready": True, "sha256": row.sha256, "size": row.size}


@view_config(route_name="tenders.evidence_zip", request_method="GET", openapi=True)
def get_evidence_zip(request: Request) -> Response:
    return published_response(request, "evidence", "application/zip", "evidence-not-ready")
