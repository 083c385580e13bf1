"""A supplier's desk: its own bids, and what is open. Nobody else ever sees it."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy import select

from trading.desk.sections import MOST, Line, Section
from trading.portal import words
from trading.submission.models import Bid
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.web.forms import Both
from trading.web.security import actor_of


def sections(request: Request) -> list[Section]:
    """Own bids first, then what closes next."""
    return [_own(request), _open(request)]


def _own(request: Request) -> Section:
    mine = select(Bid.tender_id).where(Bid.supplier_id == actor_of(request).organisation).distinct()
    found = select(Tender).where(Tender.id.in_(mine)).order_by(Tender.deadline.desc()).limit(MOST)
    lines = []
    for one in request.dbsession.scalars(found):
        open_ = one.state == State.PUBLISHED.value
        note = Both(
            "已投递；截标前可以替换或撤回", "Submitted; may be replaced or withdrawn until the deadline"
        )
        if not open_:
            note = Both(*words.STATES[State(one.state)])
        to = f"/tenders/{one.id}/bid" if open_ else f"/tenders/{one.id}"
        lines.append(Line(to, one.title, note, one.deadline, open_))
    return Section(
        "bids",
        Both("我们的投标", "Our bids"),
        lines,
        Both("还没有投标。请在下面选择一个标段。", "No bid yet. Choose a tender below."),
    )


def _open(request: Request) -> Section:
    found = select(Tender).where(Tender.state == State.PUBLISHED.value).order_by(Tender.deadline, Tender.id)
    lines = [
        Line(f"/tenders/{one.id}", one.title, Both("接受投标", "Open for bids"), one.deadline, True)
        for one in request.dbsession.scalars(found.limit(MOST))
    ]
    return Section(
        "open",
        Both("即将截标", "Closing next"),
        lines,
        Both("目前没有接受投标的标段。", "No tender is open for bids now."),
        "/tenders?state=published",
    )
