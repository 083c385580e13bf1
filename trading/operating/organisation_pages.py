"""The operator's pages of organisations: found, enrolled, their roles, certificates and tokens."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.encoding import is_digest, is_id
from trading.accounts.models import Organisation, PartyCertificate, Person, Token
from trading.accounts.services import Accounts, EnrolmentFacts, roles_of
from trading.audit import private
from trading.errors import NotFound
from trading.operating.forms import REASONS, EnrolForm, RevocationForm, RolesForm
from trading.operating.services import Operating, tokens_of
from trading.sign_in.forms import ROLE_WORDS
from trading.web.addresses import address_of
from trading.web.contexts import id_of
from trading.web.security import actor_of
from trading.web.tables import Table

_CERTIFICATES = 200


def organisations(context: Any, request: Request) -> dict[str, Any]:
    """All organisations, by name, part of a name or identifier, and role."""
    given = request.GET
    words = given.get("q", "")[:100].strip()
    role = given.get("role", "") if given.get("role") in ROLE_WORDS else ""
    table = Table(request, ("name",), "name", q=words, role=role)
    rows, after = Operating(request.platform).find(request.dbsession, words, role, table.after)
    return {
        "rows": [(row, [ROLE_WORDS[each] for each in roles_of(row)]) for row in rows],
        "words": words, "role": role, "role_words": ROLE_WORDS, "table": table,
        "next": table.following(after) if after else None,
    }  # fmt: skip


def blank(context: Any, request: Request, form: EnrolForm) -> dict[str, Any]:
    """The form alone."""
    return {}


def enrol(context: Any, request: Request, form: EnrolForm) -> Response:
    """Enrol it, and on to its page, where its first person is invited."""
    facts = EnrolmentFacts(form.scheme.data, form.identifier.data, form.name.data, form.roles.data)
    row = Accounts(request.platform).enrol_organisation(
        request.dbsession, actor_of(request), address_of(request), facts
    )
    private.record(request.dbsession, "organisation.enrolled", request, None, {"organisation": row.id})
    return HTTPSeeOther(request.route_path("operating.organisation", organisation=row.id))


def organisation(context: Any, request: Request, form: Any) -> dict[str, Any]:
    """One organisation."""
    session, one = request.dbsession, _organisation(request)
    roles = form if isinstance(form, RolesForm) else RolesForm(request, empty=True)
    if request.method == "GET" or roles is not form:
        roles.roles.data = roles_of(one)
    found = (
        select(PartyCertificate, Person.name)
        .join(Person, Person.id == PartyCertificate.person_id)
        .where(PartyCertificate.organisation_id == one.id)
        .order_by(PartyCertificate.issued_at.desc(), PartyCertificate.fingerprint)
        .limit(_CERTIFICATES)
    )
    return {
        "organisation": one, "roles_form": roles, "role_words": ROLE_WORDS,
        "certificates": session.execute(found).all(), "tokens": tokens_of(session, one.id),
        "now": request.platform.clock.now(session),
        "revoking": form if isinstance(form, RevocationForm) else RevocationForm(request, empty=True),
        "reasons": dict(REASONS),
    }  # fmt: skip


def revoking(context: Any, request: Request, form: RevocationForm) -> dict[str, Any]:
    """The same page."""
    return organisation(context, request, form)


def change_roles(context: Any, request: Request, form: RolesForm) -> Response:
    """Give and take roles."""
    row = Operating(request.platform).change_roles(
        request.dbsession, actor_of(request), address_of(request), _organisation(request).id, form.roles.data
    )
    details = {"organisation": row.id, "roles": row.roles}
    private.record(request.dbsession, "organisation.changed", request, None, details)
    return _back(request)


def revoke_certificate(context: Any, request: Request, form: RevocationForm) -> Response:
    """Revoke one of the organisation's certificates."""
    session, name = request.dbsession, form.fingerprint.data or ""
    row = session.get(PartyCertificate, name) if is_digest(name) else None
    if row is None or row.organisation_id != _organisation(request).id:
        raise NotFound("certificate-not-found")
    Accounts(request.platform).revoke_certificate(
        session, actor_of(request), address_of(request), name, form.reason.data
    )
    private.record(session, "certificate.revoked", request, None, {"certificate": name})
    return _back(request, "certificates")


def revoke_token(context: Any, request: Request) -> Response:
    """End one of the organisation's tokens."""
    session, name = request.dbsession, str(request.POST.get("token", ""))
    row = session.get(Token, name) if is_id(name) else None
    if row is None or _owner(session, row) != _organisation(request).id:
        raise NotFound("token-not-found")
    Accounts(request.platform).revoke_token(session, name)
    private.record(session, "token.revoked", request, None, {"token": name})
    return _back(request, "tokens")


def _owner(session: Session, token: Token) -> str:
    return session.get_one(Person, token.person_id).organisation_id


def _organisation(request: Request) -> Organisation:
    return Accounts(request.platform).organisation(
        request.dbsession, id_of(request, "organisation", "organisation-not-found")
    )


def _back(request: Request, anchor: str = "") -> Response:
    place = request.route_path("operating.organisation", organisation=request.matchdict["organisation"])
    return HTTPSeeOther(f"{place}#{anchor}" if anchor else place)
