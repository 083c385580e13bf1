"""The agency's page of an amendment: what may be changed, what that means, what the rules say of it."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session

from bids.errors import BidError
from trading.accounts.models import Person
from trading.audit import private
from trading.errors import Conflict, TradingError
from trading.sign_in.sessions import others_in_role
from trading.tenders.amendment_forms import AmendmentForm, amendment_form
from trading.tenders.amendments import Amendment, Amendments, prepared, terms_from
from trading.tenders.comparison import compare
from trading.tenders.contexts import AgencyTenderContext
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.rules import pack_named, waivers
from trading.web.messages import both
from trading.web.pages import shown_page
from trading.web.security import Actor, actor_of


def form(request: Request) -> AmendmentForm:
    """The form of the address's tender.

    Raises:
        Conflict: it is not open for bids.
    """
    one = request.context.tender
    if one.state != State.PUBLISHED.value:
        raise Conflict("state-refuses", state=one.state, event="amend")
    return amendment_form(request)


def page(context: AgencyTenderContext, request: Request, form: AmendmentForm) -> dict[str, Any]:
    """The form, what it changes and what the rules say, as of now."""
    if request.method == "GET":
        form.read_items()
    amendment = prepared(request.dbsession, context.tender)
    return {
        "tender": context.tender,
        "bill": form.bill,
        "amendment": amendment,
        "public": {each.name for each in form.in_force.documents},
        **_judged(context.tender, request, form),
    }


def prepare(context: AgencyTenderContext, request: Request, form: AmendmentForm) -> Response | None:
    """Keep what was typed as the amendment that waits for its signature."""
    if "read" in request.POST:
        return None
    session, tender_id = request.dbsession, context.tender.id
    Amendments(request.platform).prepare(session, actor_of(request), tender_id, form.facts())
    private.record(session, "amendment.prepared", request, tender_id, _kept(form))
    return HTTPSeeOther(request.route_path("agency.tender", tender=tender_id) + "#amendment")


def findings(context: AgencyTenderContext, request: Request) -> Response:
    """What is changed so far and what the rules say of it: a part of the page, for its script."""
    typed = form(request)
    typed.validate()
    shown = {"tender": context.tender, **_judged(context.tender, request, typed)}
    return shown_page(request, "trading.tenders:templates/amended.jinja2", shown)


def drop(context: AgencyTenderContext, request: Request) -> Response:
    """Forget the prepared amendment."""
    Amendments(request.platform).drop(request.dbsession, context.tender.id)
    private.record(request.dbsession, "amendment.dropped", request, context.tender.id)
    return HTTPSeeOther(request.route_path("agency.tender", tender=context.tender.id))


def standing(session: Session, one: Tender, actor: Actor) -> dict[str, Any]:
    """What the tender's page says of a prepared amendment: by whom, and whether the reader may publish it."""
    amendment = prepared(session, one)
    if amendment is None:
        return {"amendment": None}
    own = amendment.row.prepared_by == actor.person
    return {
        "amendment": amendment,
        "preparer": session.get_one(Person, amendment.row.prepared_by),
        "theirs": own and others_in_role(session, actor.organisation, actor.role, actor.person),
    }


def refused_now(request: Request, one: Tender, amendment: Amendment | None) -> list[tuple[Any, str]]:
    """Why a prepared amendment could not be published any more, with articles; time may have passed it by."""
    if amendment is None:
        return []
    now = request.platform.clock.now(request.dbsession)
    service = Amendments(request.platform)
    found = service.refusals(request.dbsession, one, amendment.terms, amendment.comparison, now)
    return [_said(each) for each in found]


def _judged(one: Tender, request: Request, form: AmendmentForm) -> dict[str, Any]:
    session, pack = request.dbsession, pack_named(one.pack, one.pack_version)
    known: dict[str, Any] = {"pack": pack, "broken": [], "kept": [], "waived": (), "ready": False}
    known["comparison"] = None
    if form.bill is None or form.bill.wrong:
        return known
    try:
        terms = terms_from(session, one, form.facts())
    except TradingError as error:
        return {**known, "broken": [_said(error)]}
    except (ValueError, TypeError, KeyError, BidError):
        return known
    comparison = compare(form.in_force, terms)
    if not comparison:
        return {**known, "comparison": comparison}
    now = request.platform.clock.now(session)
    refusals = list(Amendments(request.platform).refusals(session, one, terms, comparison, now))
    waived = waivers(pack) if one.sandbox else ()
    names = {each.rule for each in refusals} | {rule.id for rule in waived}
    kept = [rule for rule in pack.rules.values() if rule.id not in names]
    said = [_said(each) for each in refusals]
    return {**known, "comparison": comparison, "broken": said, "kept": kept, "waived": waived, "ready": True}


def _said(error: TradingError | BidError) -> tuple[Any, str]:
    return both(error.code, dict(error.params)), error.article


def _kept(form: AmendmentForm) -> dict[str, object]:
    count = len(form.bill.items) if form.bill else 0
    return {
        "title": form.title.data, "deadline": form.deadline.data, "items": count, "documents": form.ticked,
    }  # fmt: skip
