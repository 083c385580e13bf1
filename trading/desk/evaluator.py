"""An evaluator's desk: the tenders they were appointed to."""

from __future__ import annotations

from pyramid.request import Request

from trading.desk.sections import MOST, Line, Section
from trading.evaluation.committee import tenders_of
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.web.forms import Both
from trading.web.security import actor_of


def sections(request: Request) -> list[Section]:
    """What is to be evaluated now, what opens later, what is done."""
    now: list[Line] = []
    later: list[Line] = []
    done: list[Line] = []
    for one in tenders_of(request.dbsession, actor_of(request).person, 3 * MOST):
        state = State(one.state)
        if state is State.JUDGING:
            now.append(_line(one, Both("一段已开启，请评审", "A segment is open: evaluate it"), urgent=True))
        elif state is State.OPENED:
            now.append(_line(one, Both("已开标，请评审", "Open: evaluate it"), urgent=True))
        elif state in (State.PUBLISHED, State.CLOSED, State.OPENING):
            waits = state is State.PUBLISHED
            later.append(_line(one, Both("开标后评审", "To be evaluated when it is open"), counts=waits))
        else:
            done.append(_line(one, Both("已结束", "Over")))
    return [
        Section(
            "now", Both("等您评审", "Waiting for you"), now[:MOST],
            Both("没有等您评审的标段。", "No tender waits for you."),
        ),
        Section("later", Both("即将开标", "Opening later"), later[:MOST], Both("没有。", "None.")),
        Section("done", Both("已完成", "Done"), done[:MOST], Both("还没有。", "None yet.")),
    ]  # fmt: skip


def _line(tender: Tender, note: Both, urgent: bool = False, counts: bool = False) -> Line:
    there = State(tender.state) in (State.JUDGING, State.OPENED, State.EVALUATED, State.AWARDED)
    to = f"/tenders/{tender.id}/evaluation" if there else f"/tenders/{tender.id}"
    return Line(to, tender.title, note, tender.deadline, counts, urgent)
