"""Addresses of the notices of the result."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from signing.encoding import format_time
from trading.audit import private
from trading.evidence.files import file_response
from trading.results.reading import issued
from trading.web.permissions import Permission, Role
from trading.web.security import actor_of


@view_config(
    route_name="tenders.result_notices", request_method="GET", permission=Permission.RESULT_NOTICES_READ,
    openapi=True, renderer="json",
)
def get_result_notices(request: Request) -> dict[str, Any]:
    actor = actor_of(request)
    own = actor.organisation if actor.role == Role.SUPPLIER else None
    return {
        "notices": [
            {
                "supplier": each.supplier, "name": each.name, "sha256": each.sha256, "size": each.size,
                "at": format_time(each.at),
            }
            for each in issued(request.dbsession, request.context.tender.id, own)
        ]
    }


@view_config(
    route_name="tenders.result_notice", request_method="GET", permission=Permission.RESULT_NOTICES_READ,
    openapi=True,
)
def get_result_notice(request: Request) -> Response:
    notice = request.context.notice
    facts = {"supplier": notice.supplier_id, "sha256": notice.sha256}
    private.record(request.dbsession, "result-notice.fetched", request, notice.tender_id, facts)
    name = f"result-notice-{notice.tender_id}-{notice.supplier_id}.pdf"
    return file_response(request, notice, "application/pdf", name)
