"""An agency's desk: what waits for it, soonest first."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy import Select, exists, select

from trading.desk.sections import MOST, Line, Section
from trading.sign_in.sessions import others_in_role
from trading.tenders.lifecycle import State
from trading.tenders.models import PreparedAmendment, Tender, TenderCustodian
from trading.unlocking.record import undecided
from trading.web.forms import Both
from trading.web.security import actor_of

# Some custodian has yet to hand in its key.
_UNKEYED = exists().where(TenderCustodian.tender_id == Tender.id, TenderCustodian.sealing_key.is_(None))


_UNDECIDED = Both(
    "有投标未解锁，待认定是撤销还是撤回", "Bids were not unlocked: decide if they are revoked or withdrawn"
)
_SIGN_AMENDMENT = Both("更正公告待核对签发", "An amendment waits: check it, sign and publish")
_AMENDMENT_OF_OWN = Both("您准备的更正待另一人签发", "Your amendment waits for another person to sign")


def sections(request: Request) -> list[Section]:
    """What is due, what is under way, what was drafted."""
    return [_due(request), _running(request), _drafts(request)]


def _own(request: Request, *states: State) -> Select[Tender]:
    mine = Tender.organisation_id == actor_of(request).organisation
    return select(Tender).where(mine, Tender.state.in_([state.value for state in states]))


def _line(tender: Tender, note: Both, urgent: bool = False, counts_down: bool = False) -> Line:
    return Line(f"/agency/tenders/{tender.id}", tender.title, note, tender.deadline, counts_down, urgent)


def _due(request: Request) -> Section:
    actor = actor_of(request)
    notes = {
        State.JUDGING.value: Both("一段已开启，待阶段评审", "A segment is open: judge it"),
        State.OPENED.value: Both("已开标，待评审", "Open: evaluate it"),
        State.EVALUATED.value: Both("已评审，待定标", "Evaluated: decide the award"),
    }
    found = _own(request, State.JUDGING, State.OPENED, State.EVALUATED).order_by(Tender.deadline).limit(MOST)
    lines = [
        _line(one, _UNDECIDED if _left(request, one) else notes[one.state], urgent=True)
        for one in request.dbsession.scalars(found)
    ]
    ready = _own(request, State.DRAFT).where(~_UNKEYED).order_by(Tender.deadline).limit(MOST)
    lines += [
        _line(one, Both("密钥已齐，可以签名发布", "All keys are in: sign and publish"), urgent=True)
        for one in request.dbsession.scalars(ready)
    ]
    amending = (
        select(Tender, PreparedAmendment.prepared_by)
        .join(PreparedAmendment, PreparedAmendment.tender_id == Tender.id)
        .where(Tender.organisation_id == actor.organisation, Tender.state == State.PUBLISHED.value)
        .order_by(Tender.deadline)
        .limit(MOST)
    )
    alone = not others_in_role(request.dbsession, actor.organisation, actor.role, actor.person)
    for one, preparer in request.dbsession.execute(amending):
        mine = alone or preparer != actor.person
        note = _SIGN_AMENDMENT if mine else _AMENDMENT_OF_OWN
        lines.append(_line(one, note, urgent=mine))
    return Section(
        "due",
        Both("今天要办", "Due today"),
        lines,
        Both("没有要办的事。", "Nothing waits for you."),
        "/agency/tenders",
    )


def _left(request: Request, tender: Tender) -> bool:
    return tender.lock and bool(undecided(request.dbsession, tender.id))


def _running(request: Request) -> Section:
    found = _own(request, State.PUBLISHED, State.CLOSED, State.OPENING).order_by(Tender.deadline).limit(MOST)
    lines = [
        _line(one, Both("自动开标", "Opens by itself"), counts_down=one.state == State.PUBLISHED.value)
        for one in request.dbsession.scalars(found)
    ]
    return Section(
        "running",
        Both("接受投标", "Open for bids"),
        lines,
        Both("没有正在接受投标的标段。", "No tender of yours is open."),
    )


def _drafts(request: Request) -> Section:
    found = _own(request, State.DRAFT).where(_UNKEYED).order_by(Tender.created_at.desc()).limit(MOST)
    lines = [
        _line(one, Both("等待保管人交来密钥", "Waits for custodians' keys"))
        for one in request.dbsession.scalars(found)
    ]
    return Section(
        "drafts",
        Both("草稿", "Drafts"),
        lines,
        Both("没有等待密钥的草稿。", "No draft waits for keys."),
        "/agency/tenders/new",
        Both("起草标段", "Draft a tender"),
    )
