"""A tender as those who evaluate it see it."""

from __future__ import annotations

from pyramid.request import Request

from trading.errors import Conflict
from trading.evaluation.committee import entitled
from trading.opening.models import PublishedOpeningRecord
from trading.tenders.contexts import TenderContext
from trading.web.permissions import evaluators_acl


class EvaluationContext(TenderContext):
    """A public tender with the rights of its agency and its evaluators; NotFound."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        persons = entitled(request.dbsession, self.tender.id)
        self.__acl__ = evaluators_acl(self.tender.organisation_id, persons)

    def refuse_early(self, request: Request) -> None:
        """Conflict until the opening record is public: before that nobody sees any bid."""
        if request.dbsession.get(PublishedOpeningRecord, self.tender.id) is None:
            raise Conflict("evaluation-early")
