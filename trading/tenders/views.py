"""The addresses of projects, tenders, documents and notices."""

from __future__ import annotations

import hashlib
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import or_, select

from bids.errors import refusing
from signing.encoding import b64decode, format_time
from trading.audit import private
from trading.errors import NotFound
from trading.tenders.amendments import Amendments, described, prepared
from trading.tenders.contexts import DocumentContext, ProjectContext, TenderContext
from trading.tenders.drafts import Drafts, check_document
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, PublishedNotice, Tender
from trading.tenders.reading import describe, documents_of, published_notice, sealing_policy, summary
from trading.tenders.services import Tenders
from trading.web.addresses import address_of
from trading.web.permissions import Permission
from trading.web.security import Root, actor_of
from trading.web.sessions import set_aside

PAGE = 50


def _project_json(project: Project) -> dict[str, str]:
    return {
        "id": project.id,
        "organisation": project.organisation_id,
        "number": project.number,
        "title": project.title,
    }


def _own(context: TenderContext, request: Request) -> bool:
    actor = request.identity
    return actor is not None and actor.organisation == context.tender.organisation_id


def _page(request: Request, query: Any, key: Any) -> tuple[list[Any], str | None]:
    """A page of rows in the order of their random ids, and the cursor of the next one."""
    parameters = request.openapi_validated.parameters.query
    limit = parameters.get("limit", PAGE)
    if "cursor" in parameters:
        query = query.where(key > parameters["cursor"])
    rows = list(request.dbsession.scalars(query.order_by(key).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def _amendment(context: TenderContext, request: Request) -> dict[str, Any]:
    amendment = prepared(request.dbsession, context.tender)
    if amendment is None:
        raise NotFound("amendment-none")
    return described(request.dbsession, context.tender, amendment)


def _draft_facts(request: Request) -> dict[str, str]:
    """What an act keeps of a draft: enough to tell which of several versions it was."""
    body = request.openapi_validated.body
    return {
        "project": body["project"],
        "title": body["title"],
        "deadline": body["deadline"],
        "sha256": hashlib.sha256(request.body).hexdigest(),
    }


@view_config(
    route_name="projects",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def list_projects(context: Root, request: Request) -> dict[str, Any]:
    rows, following = _page(request, select(Project), Project.id)
    return {"items": [_project_json(row) for row in rows], "next": following}


@view_config(
    route_name="projects",
    request_method="POST",
    permission=Permission.PROJECT_CREATE,
    openapi=True,
    renderer="json",
)
def create_project(context: Root, request: Request) -> dict[str, str]:
    body = request.openapi_validated.body
    project = Drafts(request.platform).create_project(
        request.dbsession, actor_of(request), body["number"], body["title"]
    )
    details = {"project": project.id, "number": project.number}
    private.record(request.dbsession, "project.created", request, None, details)
    request.response.status_int = 201
    return _project_json(project)


@view_config(
    route_name="project",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def read_project(context: ProjectContext, request: Request) -> dict[str, str]:
    return _project_json(context.project)


@view_config(
    route_name="tenders",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def list_tenders(context: Root, request: Request) -> dict[str, Any]:
    actor = request.identity
    query = select(Tender).where(
        or_(
            Tender.state != State.DRAFT.value,
            Tender.organisation_id == (actor.organisation if actor is not None else ""),
        )
    )
    if (state := request.openapi_validated.parameters.query.get("state")) is not None:
        query = query.where(Tender.state == state)
    rows, following = _page(request, query, Tender.id)
    return {"items": [summary(row) for row in rows], "next": following}


@view_config(
    route_name="tenders",
    request_method="POST",
    permission=Permission.TENDER_DRAFT,
    openapi=True,
    renderer="json",
)
def create_tender(context: Root, request: Request) -> dict[str, Any]:
    tender = Drafts(request.platform).create_tender(
        request.dbsession, actor_of(request), request.openapi_validated.body
    )
    private.record(request.dbsession, "tender.drafted", request, tender.id, _draft_facts(request))
    request.response.status_int = 201
    return describe(request.dbsession, tender, True)


@view_config(
    route_name="tender",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def read_tender(context: TenderContext, request: Request) -> dict[str, Any]:
    return describe(request.dbsession, context.tender, _own(context, request))


@view_config(
    route_name="tender",
    request_method="PUT",
    permission=Permission.TENDER_MANAGE,
    openapi=True,
    renderer="json",
)
def update_tender(context: TenderContext, request: Request) -> dict[str, Any]:
    tender = Drafts(request.platform).update(
        request.dbsession, actor_of(request), context.tender.id, request.openapi_validated.body
    )
    private.record(request.dbsession, "tender.changed", request, tender.id, _draft_facts(request))
    return describe(request.dbsession, tender, True)


@view_config(
    route_name="tender-documents",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def list_documents(context: TenderContext, request: Request) -> dict[str, Any]:
    everything = _own(context, request) or context.tender.state == State.DRAFT.value
    return {"items": documents_of(request.dbsession, context.tender, everything), "next": None}


@view_config(
    route_name="tender-document",
    request_method="PUT",
    permission=Permission.TENDER_MANAGE,
    openapi=True,
    renderer="json",
)
def put_document(context: DocumentContext, request: Request) -> dict[str, Any]:
    check_document(context.tender, context.name)
    drafts, tender_id = Drafts(request.platform), context.tender.id
    request.make_body_seekable()
    with set_aside(request.dbsession, request.tm):
        stored = drafts.store_document(request.body_file_raw)
    document = drafts.add_document(
        request.dbsession, tender_id, context.name, "application/octet-stream", stored
    )
    details = {"name": document.name, "sha256": document.sha256, "size": document.size}
    private.record(request.dbsession, "document.stored", request, tender_id, details)
    request.response.status_int = 201
    return {"name": document.name, "sha256": document.sha256, "size": document.size}


# Not checked against the document: that would hold a whole file in memory, and an empty one is a file too.
@view_config(route_name="tender-document", request_method="GET", permission=Permission.PUBLIC_READ)
def read_document(context: DocumentContext, request: Request) -> Response:
    document = context.document(request.dbsession, _own(context, request))
    part = request.headers.get("Range", "")[:60]
    details = {"name": document.name, "sha256": document.sha256, "range": part}
    private.record(request.dbsession, "document.fetched", request, context.tender.id, details)
    response = Response(content_type="application/octet-stream", conditional_response=True)
    response.app_iter = request.platform.storage.chunks(document.storage_key, document.parts)
    response.content_length = document.size
    response.headers["Content-Disposition"] = "attachment"
    return response


@view_config(
    route_name="tender-sealing-policy",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def read_sealing_policy(context: TenderContext, request: Request) -> dict[str, Any]:
    return sealing_policy(request.dbsession, context.tender)


@view_config(
    route_name="tender-publication",
    request_method="POST",
    permission=Permission.TENDER_MANAGE,
    openapi=True,
    renderer="json",
)
def publish(context: TenderContext, request: Request) -> dict[str, Any]:
    body = request.openapi_validated.body
    with refusing("request"):
        raw, signature = b64decode(body["document"]), b64decode(body["signature"])
    done = Tenders(request.platform).publish(
        request.dbsession, actor_of(request), address_of(request), context.tender.id, raw, signature
    )
    request.response.status_int = 201
    return {
        "notice": done.notice,
        "policy": done.policy,
        "log_position": done.log_position,
        "waived": [{"rule": rule.id, "article": rule.article.text} for rule in done.waived],
    }


@view_config(
    route_name="tender-amendment",
    request_method="GET",
    permission=Permission.TENDER_MANAGE,
    openapi=True,
    renderer="json",
)
def read_amendment(context: TenderContext, request: Request) -> dict[str, Any]:
    return _amendment(context, request)


@view_config(
    route_name="tender-amendment",
    request_method="PUT",
    permission=Permission.TENDER_MANAGE,
    openapi=True,
    renderer="json",
)
def prepare_amendment(context: TenderContext, request: Request) -> dict[str, Any]:
    session, body = request.dbsession, request.openapi_validated.body
    Amendments(request.platform).prepare(session, actor_of(request), context.tender.id, body)
    kept = {"title": body["title"], "deadline": body["deadline"], "items": len(body["items"])}
    details = {**kept, "sha256": hashlib.sha256(request.body).hexdigest()}
    private.record(session, "amendment.prepared", request, context.tender.id, details)
    return _amendment(context, request)


@view_config(
    route_name="tender-amendment",
    request_method="DELETE",
    permission=Permission.TENDER_MANAGE,
    openapi=True,
)
def drop_amendment(context: TenderContext, request: Request) -> Response:
    Amendments(request.platform).drop(request.dbsession, context.tender.id)
    private.record(request.dbsession, "amendment.dropped", request, context.tender.id)
    return Response(status=204)


@view_config(
    route_name="tender-cancellation",
    request_method="POST",
    permission=Permission.TENDER_MANAGE,
    openapi=True,
    renderer="json",
)
def cancel(context: TenderContext, request: Request) -> dict[str, Any]:
    with refusing("request"):
        file = b64decode(request.openapi_validated.body["file"])
    tender = Tenders(request.platform).cancel(
        request.dbsession, actor_of(request), address_of(request), context.tender.id, file
    )
    return summary(tender)


@view_config(
    route_name="tender-notices",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def list_notices(context: TenderContext, request: Request) -> dict[str, Any]:
    rows = request.dbsession.scalars(
        select(PublishedNotice)
        .where(PublishedNotice.tender_id == context.tender.id)
        .order_by(PublishedNotice.sequence)
    )
    return {
        "items": [{"sha256": row.sha256, "published_at": format_time(row.published_at)} for row in rows],
        "next": None,
    }


def _notice(context: TenderContext, request: Request) -> PublishedNotice:
    return published_notice(request.dbsession, context.tender, request.matchdict.get("sha256"))


@view_config(
    route_name="tender-notice", request_method="GET", permission=Permission.PUBLIC_READ, openapi=True
)
@view_config(
    route_name="tender-old-notice", request_method="GET", permission=Permission.PUBLIC_READ, openapi=True
)
def read_notice(context: TenderContext, request: Request) -> Response:
    return Response(body=_notice(context, request).raw, content_type="application/json")


@view_config(
    route_name="tender-notice-signature",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
)
@view_config(
    route_name="tender-old-notice-signature",
    request_method="GET",
    permission=Permission.PUBLIC_READ,
    openapi=True,
)
def read_notice_signature(context: TenderContext, request: Request) -> Response:
    return Response(body=_notice(context, request).signature, content_type="application/pkcs7-signature")
