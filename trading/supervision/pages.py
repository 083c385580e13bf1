"""The supervisors' pages of tenders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select

from signing.encoding import is_id
from trading.audit import private
from trading.portal import reading, words
from trading.results.reading import notices_of
from trading.supervision.acts import of_tender
from trading.supervision.services import Supervision
from trading.supervision.turns import by_department, by_stage, finished, waiting
from trading.supervision.words import PRIVATE_ACTS, refusal
from trading.tenders.contexts import TenderContext
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.reading import custodians_of
from trading.unlocking.record import silence_of
from trading.web.forms import Both
from trading.web.pages import shown_page
from trading.web.sessions import set_aside

_TURNS = 300
_PAGE = 50
_ACTS_SHOWN = 500


def course(context: Any, request: Request) -> dict[str, Any]:
    """Where tenders stand, at which department they are stuck, and what opens next."""
    session = request.dbsession
    now = request.platform.clock.now(session)
    turns = waiting(session, now, _TURNS)
    coming = select(Tender).where(Tender.state == State.PUBLISHED.value, Tender.deadline > now)
    return {
        "now": now,
        "turns": turns,
        "departments": by_department(turns),
        "stages": by_stage(session),
        "held_up": _held_up,
        "words": words,
        "coming": session.scalars(coming.order_by(Tender.deadline, Tender.id).limit(20)).all(),
    }


def over(context: Any, request: Request) -> dict[str, Any]:
    """Tenders that are over, page by page."""
    session, after = request.dbsession, request.GET.get("after", "")
    rows = finished(session, session.get(Tender, after) if is_id(after) else None, _PAGE + 1)
    following = None
    if len(rows) > _PAGE:
        following = request.route_path("supervision.over", _query={"after": rows[_PAGE - 1][0].id})
    now = request.platform.clock.now(session)
    return {"rows": rows[:_PAGE], "next": following, "after": after, "words": words, "now": now}


def _held_up(late: timedelta) -> Both:
    """How long it has waited, in the largest unit that says something."""
    minutes = int(late.total_seconds()) // 60
    for unit, zh, en in ((1440, "天", "d"), (60, "小时", "h")):
        if minutes >= unit:
            return Both(f"{minutes // unit} {zh}", f"{minutes // unit} {en}")
    return Both(f"{minutes} 分钟", f"{minutes} min")


def tender(context: TenderContext, request: Request) -> dict[str, Any]:
    """All that is permitted at this time about one tender."""
    session, one = request.dbsession, context.tender
    now = request.platform.clock.now(session)
    return {
        "tender": one,
        "words": words,
        "now": now,
        "story": reading.story(session, one),
        "amended": reading.amendments(session, one),
        "custodians": custodians_of(session, one.id),
        "files": reading.files_of(session, one),
        "acts": of_tender(session, one.id, _ACTS_SHOWN),
        "act_words": PRIVATE_ACTS,
        "refusal": refusal,
        "notices": notices_of(session, one.id),
        "silence": silence_of(session, one.id) if one.lock else None,
        "report": None,
        "early": one.state == State.PUBLISHED.value,
    }


def check(context: TenderContext, request: Request) -> Response:
    """Check the evidence here and now, and show every finding."""
    service, one = Supervision(request.platform), context.tender
    row = service.evidence(request.dbsession, one.id)
    facts = {"sha256": row.sha256}
    with set_aside(request.dbsession, request.tm):
        report = service.check(one.id, row)
    failed = sum(finding.ok is False for finding in report.findings)
    private.record(request.dbsession, "integrity.checked", request, one.id, {**facts, "failed": failed})
    findings = sorted(report.findings, key=lambda finding: (finding.ok is not False, finding.ok is not None))
    shown = {**tender(context, request), "report": report, "findings": findings, "failed": failed}
    return shown_page(request, "trading.supervision:templates/tender.jinja2", shown)
