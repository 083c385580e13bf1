"""Addresses of the award."""

from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from signing.encoding import b64decode, b64encode
from trading.awards.services import Awards
from trading.evidence.files import published_response
from trading.web.addresses import address_of
from trading.web.permissions import Permission
from trading.web.security import actor_of


@view_config(route_name="tenders.award", request_method="GET", openapi=True, renderer="json")
def get_award(request: Request) -> dict[str, str]:
    award = Awards(request.platform).published(request.dbsession, request.context.tender.id)
    return {"award": b64encode(award)}


@view_config(
    route_name="tenders.award", request_method="POST", permission=Permission.AWARD, openapi=True,
    renderer="json",
)
def post_award(request: Request) -> dict[str, str]:
    award = Awards(request.platform).award(
        request.dbsession, actor_of(request), address_of(request), request.context.tender.id,
        b64decode(request.openapi_validated.body["file"]),
    )
    request.response.status = 201
    return {"award": b64encode(award)}


@view_config(route_name="tenders.award_report", request_method="GET", openapi=True)
def get_award_report(request: Request) -> Response:
    return published_response(request, "award-report", "application/pdf", "award-report-not-ready")


@view_config(route_name="tenders.award_notice", request_method="GET", openapi=True)
def get_award_notice(request: Request) -> Response:
    return published_response(request, "award-notice", "application/pdf", "award-notice-not-ready")
