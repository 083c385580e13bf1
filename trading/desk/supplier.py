"""A supplier's desk: its own bids, and what is open. Nobody else ever sees it."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid.request import Request
from sqlalchemy import select

from trading.desk.sections import MOST, Line, Section
from trading.portal import words
from trading.submission.history import after_amendment
from trading.submission.models import Bid
from trading.tenders.lifecycle import State
from trading.tenders.models import PublishedNotice, Tender
from trading.unlocking.record import to_unlock
from trading.web.forms import Both
from trading.web.security import actor_of

_UNLOCK = Both("请立即解锁投标", "Unlock your bid now")
# By what an amendment means to one's own bid.
_NOTES = {
    "": Both("已投递；截标前可以替换或撤回", "Submitted; may be replaced or withdrawn until the deadline"),
    "good": Both("公告已更正，投标继续有效", "The notice was amended; your bid stays good"),
    "void": Both(
        "公告已更正，投标已失效：请重新密封递交", "The notice was amended and your bid is void: seal it again"
    ),
}

_UNLOCK = Both("请立即解锁投标", "Unlock your bid now")
_AWARDED = Both("已定标：请下载通知书", "Awarded: download your notice")


def sections(request: Request) -> list[Section]:
    """Own bids first, then what closes next."""
    return [_own(request), _open(request)]


def _own(request: Request) -> Section:
    mine = select(Bid.tender_id).where(Bid.supplier_id == actor_of(request).organisation).distinct()
    found = select(Tender).where(Tender.id.in_(mine)).order_by(Tender.deadline.desc()).limit(MOST)
    tenders = request.dbsession.scalars(found).all()
    amended = _amended(request, [one.id for one in tenders])
    lines = []
    for one in tenders:
        open_ = one.state == State.PUBLISHED.value
        note = _AWARDED if one.state == State.AWARDED.value else Both(*words.STATES[State(one.state)])
        told = ""
        if open_:
            supplier = actor_of(request).organisation
            told = after_amendment(request.dbsession, one, supplier) if one.id in amended else ""
            note = _NOTES[told]
        own_page = open_ or one.state == State.AWARDED.value
        to = f"/tenders/{one.id}/bid" if own_page else f"/tenders/{one.id}"
        line = Line(to, one.title, note, one.deadline, open_, urgent=told == "void")
        lines.append(_unlocking(request, one) or line)
    return Section(
        "bids",
        Both("我们的投标", "Our bids"),
        lines,
        Both("还没有投标。请在下面选择一个标段。", "No bid yet. Choose a tender below."),
    )


def _unlocking(request: Request, one: Tender) -> Line | None:
    """A bid that has to be unlocked now."""
    due = to_unlock(request.dbsession, one, actor_of(request).organisation) if one.lock else None
    if due is None:
        return None
    bid, until = due
    return Line(f"/tenders/{one.id}/bids/{bid}/unlock", one.title, _UNLOCK, until, True, urgent=True)


def _amended(request: Request, tenders: Sequence[str]) -> set[str]:
    later = select(PublishedNotice.tender_id).where(
        PublishedNotice.tender_id.in_(tenders), PublishedNotice.sequence == 1
    )
    return set(request.dbsession.scalars(later))


def _open(request: Request) -> Section:
    found = select(Tender).where(Tender.state == State.PUBLISHED.value).order_by(Tender.deadline, Tender.id)
    tenders = request.dbsession.scalars(found.limit(MOST)).all()
    amended = _amended(request, [one.id for one in tenders])
    plain = Both("接受投标", "Open for bids")
    changed = Both("接受投标；公告已更正", "Open for bids; the notice was amended")
    lines = [
        Line(f"/tenders/{one.id}", one.title, changed if one.id in amended else plain, one.deadline, True)
        for one in tenders
    ]
    return Section(
        "open",
        Both("即将截标", "Closing next"),
        lines,
        Both("目前没有接受投标的标段。", "No tender is open for bids now."),
        "/tenders?state=published",
    )
