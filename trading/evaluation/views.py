"""Addresses of the evaluation."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from signing.encoding import b64decode
from trading.evaluation.services import Evaluations
from trading.web.addresses import address_of
from trading.web.permissions import Permission
from trading.web.security import actor_of


@view_config(route_name="tenders.evaluation", request_method="GET", openapi=True, renderer="json")
def get_evaluation(request: Request) -> dict[str, Any]:
    return Evaluations(request.platform).published(request.dbsession, request.context.tender.id)


@view_config(
    route_name="tenders.evaluation", request_method="POST", permission=Permission.EVALUATE, openapi=True,
    renderer="json",
)
def post_evaluation(request: Request) -> dict[str, Any]:
    return Evaluations(request.platform).evaluate(
        request.dbsession, actor_of(request), address_of(request), request.context.tender.id,
        b64decode(request.openapi_validated.body["file"]),
    )
