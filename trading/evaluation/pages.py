"""The pages of evaluating: who evaluates, bids side by side, opinions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.notice import Notice
from bids.objects import read_signed
from bids.offer import Offer
from bids.ranking import LOWEST_TOTAL
from trading.audit import private
from trading.errors import Conflict
from trading.evaluation.announcements import announced_in
from trading.evaluation.committee import JUDGED, Committee, appointed, opinions_of
from trading.evaluation.comparison import LEAST, OUTLIER, Column, columns, lines
from trading.evaluation.contexts import EvaluationContext
from trading.evaluation.forms import VERDICTS, EvaluatorForm, OpinionForm
from trading.evaluation.handover import own_key
from trading.evaluation.models import Evaluation
from trading.evaluation.services import ranking_on_record, supplier_names
from trading.opening.models import OpenedBid
from trading.opening.stages import is_opened, opened_segments, shown_segment
from trading.portal import words
from trading.tenders.contexts import TenderContext
from trading.tenders.lifecycle import State
from trading.tenders.reading import notice_in_force
from trading.tenders.rules import pack_named
from trading.web.security import actor_of

ITEMS = 200  # of a page
RULE_WORDS = {LOWEST_TOTAL: ("合格投标中总价最低者优先", "Lowest total among responsive bids")}


def evaluators(context: TenderContext, request: Request, form: EvaluatorForm) -> dict[str, Any]:
    """Who evaluates the tender, for its agency."""
    if context.tender.state == State.DRAFT.value:
        raise Conflict("evaluators-early")
    members = appointed(request.dbsession, context.tender.id)
    return {
        "tender": context.tender, "members": members, "words": words,
        "open": State(context.tender.state)
        in (State.PUBLISHED, State.CLOSED, State.OPENING, State.JUDGING, State.OPENED),
    }  # fmt: skip


def appoint(context: TenderContext, request: Request, form: EvaluatorForm) -> Response:
    """Appoint one."""
    session, tender = request.dbsession, context.tender.id
    row = Committee(request.platform).appoint(session, actor_of(request), tender, form.person.data)
    private.record(session, "evaluator.appointed", request, tender, {"person": row.person_id})
    return _to(request, "evaluators", tender)


def dismiss(context: TenderContext, request: Request) -> Response:
    """Dismiss one."""
    session, tender, person = request.dbsession, context.tender.id, str(request.POST.get("person", ""))[:32]
    Committee(request.platform).dismiss(session, tender, person)
    private.record(session, "evaluator.dismissed", request, tender, {"person": person})
    return _to(request, "evaluators", tender)


def evaluation(
    context: EvaluationContext, request: Request, form: OpinionForm | None = None
) -> dict[str, Any]:
    """Bids side by side, and what the evaluators say of them; in the segment asked for, or opened last."""
    context.refuse_early(request)
    session, one, actor = request.dbsession, context.tender, actor_of(request)
    segment = shown_segment(session, one, request.GET.get("segment") or None)
    if not is_opened(session, one, segment):
        raise Conflict("evaluation-early")
    notice = notice_in_force(session, one)
    priced = segment == one.segment_names[-1]
    table = _columns(session, notice) if priced else []
    announced = [] if priced else announced_in(session, notice, segment)
    given = request.GET.get("from", "")
    start = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 0
    start = min(start - start % ITEMS, max(0, len(notice.items) - 1) // ITEMS * ITEMS)
    members = {member.person.id: member for member in appointed(session, one.id) if not member.bidder}
    own = actor.person if actor.person in members and actor.role == "evaluator" else None
    seen = [own] if own else list(members)
    return {
        "tender": one, "notice": notice, "words": words, "table": table,
        "lines": lines(table, notice, start, ITEMS), "start": start, "items": ITEMS,
        "total_items": len(notice.items), "members": members, "own": own,
        "segment": segment, "segments": opened_segments(session, one), "announced": announced,
        "bids": [(column.place.bid, column.name) for column in table]
        + [(each.bid, each.name) for each in announced],
        "turn": State(one.state) in JUDGED and segment == one.segment,
        "opinions": opinions_of(session, one.id, segment, seen), "percent": _percent, "plain": _plain,
        "outlier": f"{OUTLIER * 100:.0f}", "least": LEAST, "verdicts": dict(VERDICTS),
        "pack": pack_named(one.pack, one.pack_version), "said": form,
        "rule_words": RULE_WORDS,
        "open": State(one.state) in JUDGED and segment == one.segment and own is not None,
        "key": own_key(session, own) if own else "",
    }  # fmt: skip


def page(context: EvaluationContext, request: Request) -> dict[str, Any]:
    """The page itself; a form that was refused is shown at its own address."""
    return {**evaluation(context, request), "form": None}


def give_opinion(context: EvaluationContext, request: Request, form: OpinionForm) -> Response:
    """Keep what the evaluator says of one bid."""
    session, tender = request.dbsession, context.tender.id
    row = Committee(request.platform).say(
        session, actor_of(request), tender, str(form.bid.data)[:32], form.verdict.data == "yes",
        form.reason.data,
    )  # fmt: skip
    details = {"bid": row.bid_id, "responsive": row.responsive}
    private.record(session, "opinion.given", request, tender, details)
    place = request.route_path("evaluation", tender=tender)
    return HTTPSeeOther(f"{place}#bid-{row.bid_id}")


def key(context: Any, request: Request) -> dict[str, Any]:
    """The evaluator's own key for attachments, which their browser makes."""
    return {"key": own_key(request.dbsession, actor_of(request).person)}


def _columns(session: Session, notice: Notice) -> list[Column]:
    signed = session.get(Evaluation, notice.tender)
    statement: Any = {"rejections": []}
    if signed is not None:
        statement = read_signed(signed.raw, "evaluation").statement
    ranking = ranking_on_record(session, notice, statement)
    found = select(OpenedBid.bid_id, OpenedBid.offer).where(
        OpenedBid.tender_id == notice.tender, OpenedBid.segment == notice.policy.segment_names[-1],
        OpenedBid.opened,
    )
    offers = {row.bid_id: Offer.parse(row.offer, notice) for row in session.execute(found)}
    names = supplier_names(session, {row.supplier for row in ranking.rows})
    return columns(ranking.rows, offers, names, notice)


def _percent(share: Decimal) -> str:
    """`+12.3%`, with the sign that typography has for minus."""
    return f"{share * 100:+.1f}%".replace("-", "\u2212")


def _plain(value: Decimal) -> str:
    """A price with all its digits, in groups."""
    return f"{value:,f}"


def _to(request: Request, route: str, tender: str) -> Response:
    return HTTPSeeOther(request.route_path(route, tender=tender))
