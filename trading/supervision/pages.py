"""The supervisors' pages, and the public log for everybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.entries import Entry
from signing.encoding import is_id
from trading.audit import private
from trading.audit.acts import PUBLIC_ACTS
from trading.audit.models import LogEntry, PrivateAct
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI
from trading.evaluation.services import supplier_names
from trading.portal import reading, words
from trading.supervision.services import Supervision
from trading.supervision.turns import by_department, by_stage, finished, waiting
from trading.supervision.words import PRIVATE_ACTS
from trading.tenders.contexts import TenderContext
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.reading import custodians_of
from trading.web.forms import Both
from trading.web.pages import shown_page
from trading.web.sessions import set_aside

_TURNS = 300
_PAGE = 50
_ACTS_SHOWN = 500
# Of the private acts these alone are shown before the deadline: no other is silent about bids and downloads.
_EARLY = (
    "tender.drafted", "tender.changed", "document.stored", "sealing-key.handed-in", "amendment.prepared",
    "amendment.dropped",
)  # fmt: skip


@dataclass(frozen=True)
class LogLine:
    """An entry of the public log, for people: position, act, when, by whom, about which tender, its leaf."""

    position: int
    act: str
    at: datetime
    by: str | None
    role: str | None
    tender: str | None
    title: str | None
    raw: str


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
        **_acts(session, one),
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


def public_log(context: Any, request: Request) -> dict[str, Any]:
    """The public log, newest first, by act, tender and organisation."""
    session, given = request.dbsession, request.GET
    act = given.get("act", "") if given.get("act") in PUBLIC_ACTS else ""
    wanted = given.get("tender", "").strip()
    one = wanted if is_id(wanted) else ""
    found = select(LogEntry)
    if act:
        found = found.where(LogEntry.act == act)
    if one:
        found = found.where(LogEntry.tender_id == one)
    days = {name: _day(given.get(name, "")) for name in ("since", "until")}
    if days["since"] is not None:
        found = found.where(LogEntry.at >= days["since"])
    if days["until"] is not None:
        found = found.where(LogEntry.at < days["until"] + timedelta(days=1))
    dates = {name: given.get(name, "") if day else "" for name, day in days.items()}
    before = given.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 16:
        found = found.where(LogEntry.position < int(before))
    rows = session.scalars(found.order_by(LogEntry.position.desc()).limit(_PAGE + 1)).all()
    following = None
    if len(rows) > _PAGE:
        query = {"act": act, "tender": one, **dates, "before": str(rows[_PAGE - 1].position)}
        following = request.route_path("log", _query={name: value for name, value in query.items() if value})
    return {
        "lines": _lines(session, rows[:_PAGE]),
        "acts": sorted(PUBLIC_ACTS),
        "act": act,
        "wanted": wanted,
        "dates": dates,
        "misread": bool(wanted and not one),
        "next": following,
        "words": words,
        "size": AuditLog(request.platform).head(session),
    }


def _day(text: str) -> datetime | None:
    """The beginning of a day in China; None for what is none."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), SHANGHAI)
    except ValueError:
        return None


def _lines(session: Session, rows: Any) -> list[LogLine]:
    entries = [(row, Entry.parse(row.raw)) for row in rows]
    names = supplier_names(session, {entry.who.organisation for _, entry in entries if entry.who is not None})
    ids = {row.tender_id for row, _ in entries if row.tender_id}
    titles = {one.id: one.title for one in session.scalars(select(Tender).where(Tender.id.in_(ids)))}
    return [
        LogLine(
            row.position,
            entry.act,
            entry.at,
            names.get(entry.who.organisation) if entry.who else None,
            entry.who.role if entry.who else None,
            row.tender_id,
            titles.get(row.tender_id or ""),
            json.dumps(json.loads(row.raw), ensure_ascii=False, indent=1),
        )
        for row, entry in entries
    ]


def _acts(session: Session, one: Tender) -> dict[str, Any]:
    """The acts that the public log has not, and whose they are; before the deadline only those that are
    silent about bids."""
    found = select(PrivateAct).where(PrivateAct.tender_id == one.id)
    if one.state == State.PUBLISHED.value:
        found = found.where(PrivateAct.act.in_(_EARLY))
    rows = session.scalars(found.order_by(PrivateAct.at.desc(), PrivateAct.id).limit(_ACTS_SHOWN)).all()
    names = supplier_names(session, {row.organisation_id for row in rows if row.organisation_id})
    return {"acts": rows, "names": names, "act_words": PRIVATE_ACTS}
