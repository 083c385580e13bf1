"""Addresses of the evaluation."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from signing.encoding import b64decode, b64encode
from trading.audit import private
from trading.evaluation.handover import Handover, handed_to, own_key, recipients
from trading.evaluation.services import Evaluations
from trading.evaluation.stages import Stages
from trading.opening.stages import shown_segment
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


@view_config(
    route_name="tenders.stage", request_method="POST", permission=Permission.EVALUATE, openapi=True,
    renderer="json",
)
def post_stage(request: Request) -> dict[str, Any]:
    answer = Stages(request.platform).judge(
        request.dbsession, actor_of(request), address_of(request), request.context.tender.id,
        b64decode(request.openapi_validated.body["file"]),
    )
    # Custodians find it by themselves; this only lets the next scan start at once.
    request.tm.get().addAfterCommitHook(lambda done: request.platform.queue.wake.set())
    return answer


def _segment(request: Request) -> str:
    """The segment asked for, by default the one that was opened last."""
    wanted = request.openapi_validated.parameters.query.get("segment")
    return shown_segment(request.dbsession, request.context.tender, wanted)


@view_config(
    route_name="evaluator-key", request_method="PUT", permission=Permission.EVALUATOR_KEY_SET, openapi=True,
    renderer="json",
)
def put_evaluator_key(request: Request) -> dict[str, Any]:
    session, public = request.dbsession, b64decode(request.openapi_validated.body["key"])
    row = Handover(request.platform).set_key(session, actor_of(request), public)
    private.record(session, "evaluator-key.set", request, None, {"key": row.digest})
    return {"sha256": row.digest}


@view_config(
    route_name="tenders.handover", request_method="GET", permission=Permission.FILES_HAND_OVER, openapi=True,
    renderer="json",
)
def get_handover(request: Request) -> dict[str, Any]:
    request.context.refuse_early()
    return {
        "evaluators": [
            {
                "person": each.member.person.id, "name": each.member.person.name,
                "organisation": each.member.organisation.name,
                "key": None if each.key is None else b64encode(each.key.key), "bids": list(each.bids),
            }
            for each in recipients(request.dbsession, request.context.tender.id, _segment(request))
        ]
    }  # fmt: skip


@view_config(
    route_name="tenders.handover.evaluator", request_method="PUT", permission=Permission.FILES_HAND_OVER,
    openapi=True, renderer="json",
)
def put_handover(request: Request) -> dict[str, Any]:
    session, tender = request.dbsession, request.context.tender.id
    body, person = request.openapi_validated.body, request.matchdict["person"]
    sealed = {each["bid"]: b64decode(each["sealed"]) for each in body["bids"]}
    Handover(request.platform).hand_over(session, actor_of(request), tender, person, body["key"], sealed)
    details = {"person": person, "key": body["key"], "bids": len(sealed)}
    private.record(session, "files.handed-over", request, tender, details)
    return {"bids": sorted(sealed)}


@view_config(
    route_name="tenders.handed", request_method="GET", permission=Permission.FILES_READ, openapi=True,
    renderer="json",
)
def get_handed(request: Request) -> dict[str, Any]:
    request.context.refuse_early()
    session, person = request.dbsession, actor_of(request).person
    return {
        "key": own_key(session, person) or None,
        "bids": [
            {"bid": row.bid_id, "key": row.key_digest, "sealed": b64encode(row.sealed)}
            for row in handed_to(session, request.context.tender.id, _segment(request), person)
        ],
    }


@view_config(
    route_name="tenders.handed.object", request_method="GET", permission=Permission.FILES_READ, openapi=True
)
def get_handed_object(request: Request) -> Response:
    number = request.openapi_validated.parameters.path["number"]
    size, pieces = Handover(request.platform).stream(
        request.dbsession, request.context.tender, actor_of(request).person, request.matchdict["bid"], number,
        _segment(request),
    )
    return Response(app_iter=pieces, content_type="application/octet-stream", content_length=size)
