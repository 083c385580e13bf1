"""The public pages: their facts for the templates."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from signing.encoding import is_id, parse_time
from trading.accounts.models import Organisation
from trading.custody.standing import RELEASED
from trading.custody.standings import standings
from trading.opening.progress import progress
from trading.portal import lists, reading, words
from trading.portal.reference import reference
from trading.submission.history import after_amendment
from trading.tenders.contexts import TenderContext
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, Tender
from trading.tenders.reading import custodians_of, notice_in_force
from trading.tenders.rules import pack_named, waivers
from trading.unlocking.record import silence_of
from trading.web.permissions import Role
from trading.web.tables import Table

# Acts that an opening goes through, in their order.
_COURSE = (
    "tender.published", "tender.closed", "custody.released", "custody.refused", "opening.frozen",
    "opening.unlocked", "tender.opened", "tender.admitted",
)  # fmt: skip
_ENDS = ("tender.failed", "tender.cancelled")


def _common(request: Request) -> dict[str, Any]:
    now = request.platform.clock.now(request.dbsession)
    return {"now": now, "words": words}


def home(context: Any, request: Request) -> dict[str, Any]:
    """What closes next, what opens now, what was awarded last."""
    return {**_common(request), **lists.first_page(request.dbsession)}


def tenders(context: Any, request: Request) -> dict[str, Any]:
    """All public tenders, by words, state and category, sorted, page by page."""
    given = request.GET
    filters = lists.Filters(
        words=given.get("q", "")[:200].strip(),
        state=given.get("state", "") if given.get("state") in set(words.STATES) else "",
        category=given.get("category", "")[:64],
    )
    table = Table(
        request, lists.ORDERS, lists.ORDER, q=filters.words, state=filters.state, category=filters.category
    )
    rows, more = lists.search(request.dbsession, filters, table.order, table.after)
    return {
        **_common(request), "rows": rows, "filters": filters, "table": table,
        "next": table.following(rows[-1].Tender.id) if more else None,
        "categories": lists.categories(request.dbsession),
    }  # fmt: skip


def check(context: Any, request: Request) -> dict[str, Any]:
    """Where anybody checks a package or a receipt; the checking is their browser's."""
    session, wanted = request.dbsession, request.GET.get("tender", "")
    one = session.get(Tender, wanted) if is_id(wanted) else None
    ready = one is not None and "evidence" in reading.files_of(session, one)
    return {"tender": one if ready else None, "vkey": request.platform.keys.log.vkey}


def tender(context: TenderContext, request: Request) -> dict[str, Any]:
    """A tender's whole story."""
    session, one = request.dbsession, context.tender
    notice = notice_in_force(session, one)
    rows = reading.results(session, one, notice)
    pack = pack_named(one.pack, one.pack_version)
    amended = reading.amendments(session, one)
    actor = request.identity
    supplier = actor.organisation if actor is not None and actor.role == Role.SUPPLIER else ""
    return {
        **_about(request, one), "notice": notice, "rows": rows, "amended": amended,
        "own": after_amendment(session, one, supplier) if amended and supplier else "",
        "stages": reading.stages(session, one, notice), "pack": pack,
        "waived": waivers(pack) if one.sandbox else (), "story": reading.story(session, one),
        "silence": silence_of(session, one.id) if one.lock else None,
        "custodians": custodians_of(session, one.id), "files": reading.files_of(session, one),
        "longest": max([row.total for row in rows] + [one.estimate or 0, one.ceiling or 0], default=0),
    }  # fmt: skip


def opening(context: TenderContext, request: Request) -> dict[str, Any]:
    """An opening as it happens; the page asks again after `next` seconds, "" for never."""
    session, one = request.dbsession, context.tender
    facts = _about(request, one)
    left = (one.deadline - facts["now"]).total_seconds()
    state = State(one.state)
    following = ""
    if state is State.PUBLISHED:
        following = "30" if left > 90 else "2"
    elif state in (State.CLOSED, State.OPENING):
        following = "1"
    elif state is State.JUDGING:
        following = "30"
    story = [step for step in reading.story(session, one) if step.act in _COURSE or step.act in _ENDS]
    at = progress(session, one, facts["now"])
    stood = [] if at["custodians"] is None else standings(session, one, one.segment)
    return {
        **facts, "story": story, "next": following, "left": left, "progress": at,
        "released": sum(each.state == RELEASED for each in stood), "standings": stood,
        "stages": reading.stages(session, one, notice_in_force(session, one)),
        "waiting_until": None if at["waiting_until"] is None else parse_time(at["waiting_until"]),
        "unlock_until": None if at["unlocking"] is None else parse_time(at["unlocking"]["until"]),
        "files": reading.files_of(session, one),
    }  # fmt: skip


def api(context: Any, request: Request) -> dict[str, Any]:
    """The JSON API, for those who write programs."""
    return {"reference": reference()}


def _about(request: Request, one: Tender) -> dict[str, Any]:
    session = request.dbsession
    return {
        **_common(request), "tender": one, "project": session.get_one(Project, one.project_id),
        "buyer": session.get_one(Organisation, one.organisation_id), "api": f"/api/v1/tenders/{one.id}",
    }  # fmt: skip
