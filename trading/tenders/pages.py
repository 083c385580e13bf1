"""The agency's pages: its tenders, drafting, documents, and what a tender still needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.errors import BidError
from reports import wording
from signing.encoding import parse_time
from trading.accounts.models import EnvelopeKey
from trading.audit import private
from trading.errors import TradingError
from trading.portal import reading, words
from trading.results.reading import notices_of
from trading.tenders.amendment_pages import refused_now, standing
from trading.tenders.amendments import Amendment, described
from trading.tenders.contexts import AgencyTenderContext
from trading.tenders.drafts import Drafts, check_document
from trading.tenders.forms import DraftForm, enrolled_custodians, usual_roles
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, Tender, TenderDocument
from trading.tenders.reading import custodians_of, describe, digest_of, items_of, notice_in_force
from trading.tenders.rules import (
    PublicationFacts,
    Rule,
    pack_named,
    pack_names,
    publication_refusals,
    waivers,
)
from trading.unlocking.record import silence_of, waits
from trading.web.forms import Both, tidy
from trading.web.messages import both
from trading.web.pages import shown_page
from trading.web.security import actor_of
from trading.web.sessions import set_aside

ROLES = ("supervisor", "notary", "agency", "operator")
_SHOWN = 200


def own_tenders(context: Any, request: Request) -> dict[str, Any]:
    """All tenders of the agency, those with work to do first."""
    found = (
        select(Tender, Project.number)
        .join(Project, Project.id == Tender.project_id)
        .where(Tender.organisation_id == actor_of(request).organisation)
        .order_by(Tender.created_at.desc())
        .limit(_SHOWN)
    )
    return {"rows": request.dbsession.execute(found).all(), "words": words, "draft": State.DRAFT.value}


def draft(context: Any, request: Request, form: DraftForm) -> dict[str, Any]:
    """The form of a draft, with the rules' findings as of now."""
    custodians = enrolled_custodians(request)
    if request.method == "GET" and form.items.data:
        form.read_items()
    return {
        "custodians": custodians,
        "roles": {role: wording.words(wording.ROLES, role) for role in ROLES},
        "usual": usual_roles(request),
        "tender": getattr(context, "tender", None),
        "embedded": request.platform.settings.custodians_dir is not None,
        "bill": form.bill,
        **findings_of(request, form),
    }


def create(context: Any, request: Request, form: DraftForm) -> Response | None:
    """Save a new draft."""
    if "read" in request.POST:
        return None
    session, actor, drafts = request.dbsession, actor_of(request), Drafts(request.platform)
    tender = drafts.create_tender(session, actor, form.facts(_project(request, form)))
    private.record(session, "tender.drafted", request, tender.id, _kept(form))
    return HTTPSeeOther(request.route_path("agency.tender", tender=tender.id))


def change(context: AgencyTenderContext, request: Request, form: DraftForm) -> Response | None:
    """Save a changed draft."""
    if "read" in request.POST:
        return None
    session = request.dbsession
    facts = form.facts(_project(request, form))
    tender = Drafts(request.platform).update(session, actor_of(request), context.tender.id, facts)
    private.record(session, "tender.changed", request, tender.id, _kept(form))
    return HTTPSeeOther(request.route_path("agency.tender", tender=tender.id))


def findings(context: Any, request: Request) -> Response:
    """The rules' findings on what is typed so far: a part of the page, for its script."""
    form = DraftForm(request)
    form.validate()
    return shown_page(request, "trading.tenders:templates/findings.jinja2", findings_of(request, form))


def findings_of(request: Request, form: DraftForm) -> dict[str, Any]:
    """What the rule pack says of the form: broken rules with their articles, and all that hold."""
    pack = pack_named(form.rules.data if form.rules.data in pack_names() else pack_names()[0])
    known = {"pack": pack, "broken": [], "kept": [], "waived": (), "ready": False}
    try:
        facts = form.facts("")
    except (ValueError, TypeError, TradingError, BidError, KeyError):
        return known
    now = request.platform.clock.now(request.dbsession)
    deadline = parse_time(facts["deadline"])
    judged = PublicationFacts(
        now,
        deadline,
        deadline,
        facts.get("minimum_bidders", pack.minimum_bidders),
        facts.get("ceiling"),
        facts["sandbox"],
    )
    try:
        broken = list(publication_refusals(pack, judged))
    except TradingError as error:
        broken = [error]
    waived = waivers(pack) if judged.sandbox else ()
    names = {each.rule for each in broken} | {rule.id for rule in waived}
    kept: list[Rule] = [rule for rule in pack.rules.values() if rule.id not in names]
    said = [(both(each.code, dict(each.params)), each.article) for each in broken]
    if deadline <= now:
        said.insert(0, (Both("截标时间已过。", "The deadline is past."), ""))
    return {**known, "broken": said, "kept": kept, "waived": waived, "ready": True}


def tender(context: AgencyTenderContext, request: Request) -> dict[str, Any]:
    """One tender at its agency's desk: what is done, what it waits for."""
    session, one = request.dbsession, context.tender
    custodians = custodians_of(session, one.id)
    documents = session.scalars(
        select(TenderDocument).where(TenderDocument.tender_id == one.id).order_by(TenderDocument.name)
    ).all()
    amending = standing(session, one, actor_of(request))
    rows: list[reading.Row] = []
    stages: list[reading.ShownStage] = []
    tied = False
    if State(one.state).public:
        notice = notice_in_force(session, one)
        rows, tied = reading.standing(session, one, notice)
        stages = reading.stages(session, one, notice)
    return {
        **amending,
        "shown": _shown(session, one, amending["amendment"]),
        "refused": refused_now(request, one, amending["amendment"]),
        "rows": rows,
        "stages": stages,
        "envelope": session.get(EnvelopeKey, one.organisation_id) is not None,
        "tied": tied and one.state == State.EVALUATED.value,
        "tender": one,
        "project": context.project(request),
        "custodians": custodians,
        "documents": documents,
        "items": [{**each, "quantity": Decimal(each["quantity"])} for each in items_of(session, one.id)],
        "words": words,
        "wrong": None,
        "pack": pack_named(one.pack),
        "missing": [organisation for row, organisation in custodians if row.sealing_key is None],
        "own_draft": one.drafted_by == actor_of(request).person,
        "now": request.platform.clock.now(session),
        "notices": notices_of(session, one.id),
        "silence": silence_of(session, one.id) if one.lock else None,
        "unlocking_now": one.lock and waits(session, one.id),
    }


def _shown(session: Session, one: Tender, amendment: Amendment | None) -> str:
    """By which the page's script knows that what it fetches to be signed is what the page shows."""
    if amendment is not None:
        return digest_of(described(session, one, amendment))
    return digest_of(describe(session, one, True)) if one.state == State.DRAFT.value else ""


def add_document(context: AgencyTenderContext, request: Request) -> Any:
    """A bidding document from the reader's machine."""
    upload = request.POST.get("document")
    if upload is None or not getattr(upload, "filename", ""):
        raise TradingError("document-none")
    name = tidy(upload.filename.replace("\\", "/").rpartition("/")[2])
    check_document(context.tender, name)
    drafts, tender_id = Drafts(request.platform), context.tender.id
    with set_aside(request.dbsession, request.tm):
        stored = drafts.store_document(upload.file)
    document = drafts.add_document(request.dbsession, tender_id, name, "application/octet-stream", stored)
    details = {"name": document.name, "sha256": document.sha256, "size": document.size}
    private.record(request.dbsession, "document.stored", request, tender_id, details)
    return HTTPSeeOther(request.route_path("agency.tender", tender=tender_id) + "#documents")


def _project(request: Request, form: DraftForm) -> str:
    """The agency's project of that number, made if there is none."""
    session, actor = request.dbsession, actor_of(request)
    found = session.scalar(
        select(Project.id).where(
            Project.organisation_id == actor.organisation, Project.number == form.project_number.data
        )
    )
    if found is not None:
        return str(found)
    made = Drafts(request.platform).create_project(
        session, actor, form.project_number.data, form.project_title.data
    )
    return made.id


def _kept(form: DraftForm) -> dict[str, object]:
    count = len(form.bill.items) if form.bill else 0
    return {"title": form.title.data, "deadline": form.deadline.data, "items": count}
