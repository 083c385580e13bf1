"""What addresses of uploads and own bids lead to."""

from __future__ import annotations

from pyramid.request import Request

from trading.errors import NotFound
from trading.storage import PART_BYTES
from trading.submission.models import Bid, Upload
from trading.tenders.contexts import TenderContext, refuse_longer
from trading.web.permissions import ROOT_ACL


class UploadContext:
    """An upload; there only for its own supplier."""

    __acl__ = ROOT_ACL

    def __init__(self, request: Request) -> None:
        if request.method == "PUT":
            refuse_longer(request, PART_BYTES)
        actor = request.identity
        upload = request.dbsession.get(Upload, request.matchdict["upload"]) if actor else None
        if upload is None or upload.organisation_id != actor.organisation:
            raise NotFound("upload-not-found")
        self.upload: Upload = upload


class BiddingContext:
    """Where bids and withdrawals go; the tender is read when it is locked, and only then."""

    __acl__ = ROOT_ACL

    def __init__(self, request: Request) -> None:
        self.tender_id: str = request.matchdict["tender"]


class OwnBidContext(TenderContext):
    """A bid of the actor's own organisation in this tender; nobody else's is there."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        actor = request.identity
        bid = request.dbsession.get(Bid, request.matchdict["bid"]) if actor else None
        if bid is None or bid.tender_id != self.tender.id or bid.supplier_id != actor.organisation:
            raise NotFound("bid-not-found")
        self.bid: Bid = bid
