"""A tender as those who evaluate it see it."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy.orm import Session

from trading.custody.contexts import PublishedTender
from trading.errors import Conflict
from trading.evaluation.committee import entitled
from trading.opening.stages import opened_segments
from trading.tenders.contexts import TenderContext
from trading.tenders.models import Tender
from trading.web.permissions import evaluators_acl


class CommitteeContext(PublishedTender):
    """A tender that is open, with the rights of its agency and its evaluators; NotFound.

    Before that its addresses are there, and refuse.
    """

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        persons = entitled(request.dbsession, self.tender.id)
        self.__acl__ = evaluators_acl(self.tender.organisation_id, persons)

    def refuse_early(self) -> None:
        """Conflict until the opening record is public: before that there is nothing to hand over."""
        refuse_early(self.request.dbsession, self.tender)


class EvaluationContext(TenderContext):
    """A public tender with the rights of its agency and its evaluators; NotFound."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        persons = entitled(request.dbsession, self.tender.id)
        self.__acl__ = evaluators_acl(self.tender.organisation_id, persons)

    def refuse_early(self, request: Request) -> None:
        """Conflict until the opening record is public: before that nobody sees any bid."""
        refuse_early(request.dbsession, self.tender)


def refuse_early(session: Session, tender: Tender) -> None:
    """Conflict until an opening record of the tender is public."""
    if not opened_segments(session, tender):
        raise Conflict("evaluation-early")
