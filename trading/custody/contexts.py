"""Tenders as the addresses of custody, opening, evaluation, awards and evidence see them."""

from __future__ import annotations

from pyramid.request import Request

from trading.errors import Conflict, NotFound
from trading.opening.models import Closing
from trading.tenders.models import Tender
from trading.web.permissions import tender_acl


class AnyTender:
    """A tender in any state; its services decide who may see a draft."""

    def __init__(self, request: Request) -> None:
        tender = request.dbsession.get(Tender, request.matchdict["tender"])
        if tender is None:
            raise NotFound("not-found")
        self.request = request
        self.tender: Tender = tender
        self.__acl__ = tender_acl(tender.organisation_id)


class PublishedTender(AnyTender):
    """A tender that has been published; drafts are not there."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        if self.tender.notice_digest is None:
            raise NotFound("not-found")


class ClosedTender(PublishedTender):
    """A tender whose ledger is frozen: before that nothing of it can be asked for."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        closing = request.dbsession.get(Closing, self.tender.id)
        if closing is None:
            raise Conflict("tender-not-closed")
        self.closing: Closing = closing
