"""What the addresses of notices lead to, and who may read them."""

from __future__ import annotations

from pyramid.request import Request

from trading.custody.contexts import PublishedTender
from trading.errors import NotFound
from trading.results.models import ResultNotice
from trading.web.permissions import notices_acl


class ResultNoticesContext(PublishedTender):
    """A tender's notices: all of them for its agency and supervisors, for a supplier its own."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.__acl__ = notices_acl(self.tender.organisation_id, "role:supplier")


class ResultNoticeContext(PublishedTender):
    """The notice to one supplier."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        supplier = request.matchdict["supplier"]
        notice = request.dbsession.get(ResultNotice, (self.tender.id, supplier))
        if notice is None:
            raise NotFound("result-notice-not-ready")
        self.notice: ResultNotice = notice
        self.__acl__ = notices_acl(self.tender.organisation_id, f"supplier@{supplier}")
