"""The public log for everybody, and the acts beside it for supervisors; both filtered, page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.entries import Entry
from trading.accounts.models import Organisation
from trading.audit import private
from trading.audit.acts import PUBLIC_ACTS
from trading.audit.days import logged
from trading.audit.models import LogEntry
from trading.audit.services import AuditLog
from trading.audit.witnesses import Witnesses
from trading.evaluation.services import supplier_names
from trading.portal import words
from trading.supervision import acts, filters
from trading.supervision.services import Supervision
from trading.supervision.words import PRIVATE_ACTS, refusal
from trading.tenders.models import Tender
from trading.web.pages import shown_page
from trading.web.sessions import set_aside

_PAGE = 50
# Entries are in the order of time but for a moment: who appends reads the clock before it waits.
_SLACK = timedelta(hours=1)


@dataclass(frozen=True)
class LogLine:
    """An entry of the public log, for people: position, act, when, by whom, about which tender, its leaf."""

    position: int
    act: str
    at: datetime
    by: str | None
    tender: str | None
    title: str | None
    raw: str


def public_log(context: Any, request: Request) -> dict[str, Any]:
    """The public log, newest first."""
    session, given = request.dbsession, request.GET
    act = given.get("act", "") if given.get("act") in PUBLIC_ACTS else ""
    acted = select(LogEntry.position).where(LogEntry.organisation_id == Organisation.id).exists()
    organisation = filters.organisation(session, filters.text(request, "organisation"), acted)
    tender = filters.tender(session, filters.text(request, "tender"))
    days = filters.days(request)
    rows: Sequence[LogEntry] = ()
    if not organisation.missed and not tender.missed:
        rows = _entries(session, act, tender.id, organisation.id, days, given.get("before", ""))
    asked = {
        "act": act, "organisation": organisation.asked, "tender": tender.asked, "since": days.since,
        "until": days.until,
    }  # fmt: skip
    more = None
    if len(rows) > _PAGE:
        more = filters.address(request, "log", asked, str(rows[_PAGE - 1].position))
    return {
        "lines": _lines(session, rows[:_PAGE]), "kinds": sorted(PUBLIC_ACTS), "kind": act,
        "organisation": organisation, "person": None, "tender": tender, "days": days, "asked": asked,
        "next": more, "place": "log", "words": words, "size": AuditLog(request.platform).head(session),
        "seen": Witnesses(request.platform).standings(session), "vkey": request.platform.keys.log.vkey,
    }  # fmt: skip


def private_acts(context: Any, request: Request) -> dict[str, Any]:
    """Acts that the public log has not, as far as a supervisor may see them now."""
    session, given = request.dbsession, request.GET
    kind = given.get("act", "") if given.get("act") in acts.KINDS else ""
    organisation = filters.organisation(
        session, filters.text(request, "organisation"), acts.by_organisation()
    )
    person = filters.person(session, filters.text(request, "person"), acts.by_person())
    tender, days = filters.tender(session, filters.text(request, "tender")), filters.days(request)
    day = days.since if days.since == days.until else ""
    shown: list[acts.Act] = []
    last = ""
    if not (organisation.missed or person.missed or tender.missed):
        wanted = acts.Filters(kind, tender.id, organisation.id, person.id, days)
        shown, last = acts.page_of(session, wanted, given.get("before", ""))
    asked = {
        "act": kind, "organisation": organisation.asked, "person": person.asked, "tender": tender.asked,
        "since": days.since, "until": days.until,
    }  # fmt: skip
    return {
        "acts": shown, "kinds": acts.KINDS, "kind": kind, "organisation": organisation, "person": person,
        "tender": tender, "days": days, "asked": asked, "words": words, "act_words": PRIVATE_ACTS,
        "refusal": refusal,
        "next": filters.address(request, "supervision.acts", asked, last) if last else None,
        "one_day": day, "logged": logged(session, day) if day else (), "checked": None,
        "check": filters.address(request, "supervision.acts-check", asked), "place": "supervision.acts",
    }  # fmt: skip


def check_day(context: Any, request: Request) -> Response:
    """Check all acts of the chosen day, shown or not, against the log's root, and say so above them."""
    days = filters.days(request)
    if not days.since or days.since != days.until:
        return HTTPSeeOther(request.route_path("supervision.acts", _query=request.GET))
    with set_aside(request.dbsession, request.tm):
        checked = Supervision(request.platform).check_day(days.since)
    details = {"day": days.since, "fault": checked.fault}
    private.record(request.dbsession, "acts.checked", request, None, details)
    shown = {**private_acts(context, request), "checked": checked}
    return shown_page(request, "trading.supervision:templates/acts.jinja2", shown)


def _entries(
    session: Session, act: str, tender: str, organisation: str, days: filters.Days, before: str
) -> Sequence[LogEntry]:
    """A page's entries and one more, newest first."""
    found = select(LogEntry)
    if act:
        found = found.where(LogEntry.act == act)
    if tender:
        found = found.where(LogEntry.tender_id == tender)
    if organisation:
        found = found.where(LogEntry.organisation_id == organisation)
    # Days are of times and pages of positions: what lies beyond the days is not read to be passed over.
    by_time = select(LogEntry.position).limit(1)
    if days.begin is not None:
        earlier = by_time.where(LogEntry.at < days.begin - _SLACK).order_by(LogEntry.at.desc())
        found = found.where(LogEntry.at >= days.begin)
        if (position := session.scalar(earlier)) is not None:
            found = found.where(LogEntry.position > position)
    if days.end is not None:
        later = by_time.where(LogEntry.at >= days.end + _SLACK).order_by(LogEntry.at)
        found = found.where(LogEntry.at < days.end)
        if (position := session.scalar(later)) is not None:
            found = found.where(LogEntry.position < position)
    if before.isascii() and before.isdigit() and len(before) < 16:
        found = found.where(LogEntry.position < int(before))
    return session.scalars(found.order_by(LogEntry.position.desc()).limit(_PAGE + 1)).all()


def _lines(session: Session, rows: Sequence[LogEntry]) -> list[LogLine]:
    names = supplier_names(session, {row.organisation_id for row in rows if row.organisation_id})
    ids = {row.tender_id for row in rows if row.tender_id}
    titles = {one.id: one.title for one in session.scalars(select(Tender).where(Tender.id.in_(ids)))}
    return [
        LogLine(
            row.position,
            row.act,
            Entry.parse(row.raw).at,
            names.get(row.organisation_id or ""),
            row.tender_id,
            titles.get(row.tender_id or ""),
            json.dumps(json.loads(row.raw), ensure_ascii=False, indent=1),
        )
        for row in rows
    ]
