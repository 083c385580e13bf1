"""The operator's pages."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import or_, select

from trading.accounts.contexts import OrganisationContext
from trading.accounts.models import Organisation, PartyCertificate, Person, Token
from trading.accounts.services import Accounts, EnrolmentFacts
from trading.audit import private
from trading.errors import NotFound, TradingError
from trading.operating.forms import REASONS, EnrolmentForm, RolesForm
from trading.operating.health import findings, jobs
from trading.operating.services import Operating
from trading.sign_in.forms import ROLE_WORDS
from trading.web.addresses import address_of
from trading.web.security import actor_of

_PAGE = 50


def health(context: Any, request: Request) -> dict[str, Any]:
    """Whether all is well, and what the machines are at."""
    session = request.dbsession
    now = request.platform.clock.now(session)
    waiting, working = jobs(session, now)
    found = sorted(findings(request.platform, session), key=lambda finding: finding.well)
    return {"findings": found, "waiting": waiting, "working": working, "now": now}


def organisations(context: Any, request: Request, form: EnrolmentForm) -> dict[str, Any]:
    """All organisations, by name or identifier, page by page."""
    wanted, after = request.GET.get("q", "")[:200].strip(), request.GET.get("after", "")[:600]
    found = select(Organisation)
    if wanted:
        like = f"%{wanted.replace('%', '')}%"
        found = found.where(or_(Organisation.name.like(like), Organisation.identifier.like(like)))
    if after:
        found = found.where(Organisation.name > after)
    rows = request.dbsession.scalars(
        found.order_by(Organisation.name, Organisation.id).limit(_PAGE + 1)
    ).all()
    following = None
    if len(rows) > _PAGE:
        query = {"q": wanted, "after": rows[_PAGE - 1].name}
        following = request.route_path("operating.organisations", _query=query)
    return {"rows": rows[:_PAGE], "next": following, "wanted": wanted, "role_words": ROLE_WORDS}


def enrol(context: Any, request: Request, form: EnrolmentForm) -> Response:
    """Enrol one."""
    facts = EnrolmentFacts(form.scheme.data, form.identifier.data, form.name.data, form.roles.data)
    row = Accounts(request.platform).enrol_organisation(
        request.dbsession, actor_of(request), address_of(request), facts
    )
    private.record(request.dbsession, "organisation.enrolled", request, None, {"organisation": row.id})
    return HTTPSeeOther(request.route_path("operating.organisation", organisation=row.id))


def organisation(context: OrganisationContext, request: Request, form: RolesForm) -> dict[str, Any]:
    """One organisation: roles, certificates, tokens."""
    session, one = request.dbsession, context.organisation
    certificates = session.scalars(
        select(PartyCertificate)
        .where(PartyCertificate.organisation_id == one.id)
        .order_by(PartyCertificate.issued_at.desc())
        .limit(_PAGE)
    ).all()
    tokens = session.execute(
        select(Token, Person.name)
        .join(Person, Person.id == Token.person_id)
        .where(Person.organisation_id == one.id)
        .order_by(Token.created_at.desc())
        .limit(_PAGE)
    ).all()
    return {
        "organisation": one,
        "certificates": certificates,
        "tokens": tokens,
        "reasons": REASONS,
        "role_words": ROLE_WORDS,
        "now": request.platform.clock.now(session),
    }


def change_roles(context: OrganisationContext, request: Request, form: RolesForm) -> Response:
    """Other roles from now on; what was signed in the old ones stays."""
    one = context.organisation
    before = one.roles
    Operating(request.platform).change_roles(
        request.dbsession, actor_of(request), address_of(request), one, form.roles.data
    )
    details = {"organisation": one.id, "before": before, "roles": ",".join(sorted(form.roles.data))}
    private.record(request.dbsession, "organisation.changed", request, None, details)
    return HTTPSeeOther(request.route_path("operating.organisation", organisation=one.id))


def revoke_certificate(context: OrganisationContext, request: Request) -> Response:
    """Revoke one of the organisation's certificates, with the reason."""
    name, reason = str(request.POST.get("certificate", ""))[:64], str(request.POST.get("reason", ""))
    if reason not in REASONS:
        raise TradingError("revocation-reason")
    row = request.dbsession.get(PartyCertificate, name)
    if row is None or row.organisation_id != context.organisation.id:
        raise NotFound("certificate-not-found")
    Accounts(request.platform).revoke_certificate(
        request.dbsession, actor_of(request), address_of(request), name, reason
    )
    private.record(request.dbsession, "certificate.revoked", request, None, {"certificate": name})
    return HTTPSeeOther(request.route_path("operating.organisation", organisation=context.organisation.id))


def revoke_token(context: OrganisationContext, request: Request) -> Response:
    """End one of the organisation's tokens."""
    chosen = str(request.POST.get("token", ""))[:32]
    row = request.dbsession.get(Token, chosen)
    person = request.dbsession.get(Person, row.person_id) if row is not None else None
    if person is None or person.organisation_id != context.organisation.id:
        raise NotFound("token-not-found")
    Accounts(request.platform).revoke_token(request.dbsession, chosen)
    private.record(request.dbsession, "token.revoked", request, None, {"token": chosen})
    return HTTPSeeOther(request.route_path("operating.organisation", organisation=context.organisation.id))
