"""What addresses of projects, tenders and documents lead to, and who may do what there."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.errors import NotFound, TradingError
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, Tender, TenderCustodian, TenderDocument
from trading.tenders.reading import documents_of
from trading.web.permissions import tender_acl
from trading.web.security import Actor


class ProjectContext:
    """A project; everybody may read it."""

    def __init__(self, request: Request) -> None:
        project = request.dbsession.get(Project, request.matchdict["project"])
        if project is None:
            raise NotFound("project-not-found")
        self.project: Project = project
        self.__acl__ = tender_acl(project.organisation_id)


class TenderContext:
    """A tender; a draft is there only for its agency and its custodians."""

    def __init__(self, request: Request) -> None:
        tender = request.dbsession.get(Tender, request.matchdict["tender"])
        if tender is None or not may_see(request.dbsession, tender, request.identity):
            raise NotFound("tender-not-found")
        self.tender: Tender = tender
        self.published = State(tender.state).public
        self.__acl__: tuple[Any, ...] = tender_acl(tender.organisation_id)


class AgencyTenderContext(TenderContext):
    """A tender at its agency's desk."""

    def project(self, request: Request) -> Project:
        """The project that it belongs to."""
        project: Project = request.dbsession.get_one(Project, self.tender.project_id)
        return project


class DocumentContext(TenderContext):
    """A bidding document of a tender. For PUT it need not be there yet."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        limit = request.platform.settings.max_document_bytes
        if request.method == "PUT":
            refuse_longer(request, limit)
        self.name: str = request.matchdict["name"]

    def document(self, session: Session, own: bool) -> TenderDocument:
        """The document; outside the agency only if the notice in force names it.

        Raises:
            NotFound: no such document, or not public.
        """
        found = session.scalar(
            select(TenderDocument).where(
                TenderDocument.tender_id == self.tender.id, TenderDocument.name == self.name
            )
        )
        public = {each["name"] for each in documents_of(session, self.tender, own or not self.published)}
        if found is None or found.name not in public:
            raise NotFound("document-not-found")
        return found


def may_see(session: Session, tender: Tender, actor: Actor | None) -> bool:
    """Whether the tender is public, or a draft of the actor's own or in its custody."""
    if State(tender.state).public:
        return True
    if actor is None:
        return False
    if actor.organisation == tender.organisation_id:
        return True
    if actor.role != "custodian":
        return False
    return bool(
        session.scalar(
            select(TenderCustodian.position).where(
                TenderCustodian.tender_id == tender.id, TenderCustodian.organisation_id == actor.organisation
            )
        )
        is not None
    )


def refuse_longer(request: Request, limit: int) -> None:
    """Refuse a body by its announced length, before it is read.

    Raises:
        TradingError: "body-too-large".
    """
    if (request.content_length or 0) > limit:
        raise TradingError("body-too-large", status=413, limit=limit)
