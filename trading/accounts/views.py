"""Accounts over HTTP: organisations, tokens, certificates, revocation lists, envelope keys."""

from __future__ import annotations

import base64
import math
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from signing.certificates import dump_pem
from signing.encoding import b64decode, b64encode, format_time
from trading.accounts.certificates import chain_of
from trading.accounts.contexts import CertificateContext, OrganisationContext, TokenContext
from trading.accounts.enrolment_days import openings
from trading.accounts.holdings import Held, held_by
from trading.accounts.models import Organisation, PartyCertificate
from trading.accounts.ocsp import Responder
from trading.accounts.services import Accounts, EnrolmentFacts, roles_of
from trading.audit import private
from trading.errors import NotFound, TradingError
from trading.web.addresses import Attempts, address_of
from trading.web.contexts import digest_of
from trading.web.permissions import Permission as P
from trading.web.security import actor_of

_PEM = "application/x-pem-file"
_CRL = "application/pkix-crl"
_renewing = Attempts(60, 60.0)  # renewals for one address in a minute, in each process
_PAGE = 100
_DAYS = 30


def _organisation(row: Organisation) -> dict[str, Any]:
    return {
        "id": row.id,
        "scheme": row.scheme,
        "identifier": row.identifier,
        "name": row.name,
        "roles": roles_of(row),
    }


@view_config(
    route_name="organisations",
    request_method="POST",
    permission=P.ORGANISATION_ENROL,
    openapi=True,
    renderer="json",
)
def enrol(request: Request) -> dict[str, Any]:
    """Enrol an organisation."""
    body = request.openapi_validated.body
    facts = EnrolmentFacts(body["scheme"], body["identifier"], body["name"], body["roles"])
    row = Accounts(request.platform).enrol_organisation(
        request.dbsession, actor_of(request), address_of(request), facts
    )
    private.record(request.dbsession, "organisation.enrolled", request, None, {"organisation": row.id})
    request.response.status_int = 201
    return _organisation(row)


@view_config(
    route_name="organisation",
    request_method="GET",
    permission=P.ORGANISATION_READ,
    openapi=True,
    renderer="json",
)
def organisation(context: OrganisationContext, request: Request) -> dict[str, Any]:
    """An organisation, for the operator and for itself."""
    return _organisation(context.organisation)


@view_config(
    route_name="tokens", request_method="POST", permission=P.TOKEN_ISSUE, openapi=True, renderer="json"
)
def issue_token(context: OrganisationContext, request: Request) -> dict[str, Any]:
    """A new token; its secret is in this answer and nowhere else."""
    body = request.openapi_validated.body
    token, secret = Accounts(request.platform).issue_token(
        request.dbsession, context.organisation, body["person"], body["role"], body["days"]
    )
    private.record(request.dbsession, "token.issued", request, None, {"token": token.id})
    request.environ["sunseal.secret_answer"] = True
    request.response.status_int = 201
    return {
        "id": token.id,
        "token": secret,
        "person_id": token.person_id,
        "role": token.role,
        "expires_at": format_time(token.expires_at),
    }


@view_config(route_name="token", request_method="DELETE", permission=P.TOKEN_REVOKE, openapi=True)
def revoke_token(context: TokenContext, request: Request) -> Response:
    """End a token."""
    Accounts(request.platform).revoke_token(request.dbsession, context.token.id)
    private.record(request.dbsession, "token.revoked", request, None, {"token": context.token.id})
    return Response(status=204)


@view_config(route_name="me", request_method="GET", permission=P.PUBLIC_READ, openapi=True, renderer="json")
def me(request: Request) -> dict[str, Any]:
    """Whom the token stands for."""
    actor = actor_of(request)
    return {
        "person": actor.person,
        "organisation": actor.organisation,
        "role": actor.role,
        "name": actor.name,
        "organisation_name": actor.organisation_name,
    }


@view_config(
    route_name="certificates", request_method="GET", permission=P.OWN_ACCOUNT, openapi=True, renderer="json"
)
def own_certificates(request: Request) -> dict[str, Any]:
    """All that is enrolled in the organisation's name."""
    cursor = request.openapi_validated.parameters.query.get("cursor", "")
    found = held_by(request.dbsession, actor_of(request).organisation, cursor, _PAGE)
    return {
        "items": [_held(each) for each in found],
        "next": found[-1].row.fingerprint if len(found) == _PAGE else None,
    }


def _held(held: Held) -> dict[str, Any]:
    row = held.row
    return {
        "fingerprint": row.fingerprint,
        "role": row.role,
        "person": held.person,
        "authority": row.authority,
        "issued_at": format_time(row.issued_at),
        "expires_at": format_time(row.expires_at),
        "revoked_at": None if row.revoked_at is None else format_time(row.revoked_at),
        "certificate": dump_pem([x509.load_der_x509_certificate(row.der)]).decode(),
        "enrolment": b64encode(row.enrolment),
        "position": held.position,
        "day": row.enrolment_day,
    }


@view_config(
    route_name="certificates.days",
    request_method="GET",
    permission=P.OWN_ACCOUNT,
    openapi=True,
    renderer="json",
)
def certificate_days(request: Request) -> dict[str, Any]:
    """The organisation's own place under each daily root."""
    after = request.openapi_validated.parameters.query.get("after", -1)
    found = openings(request.dbsession, actor_of(request).organisation, after, _DAYS)
    return {
        "items": [
            {
                "day": each.day,
                "position": each.position,
                "leaf": b64encode(each.leaf),
                "hashes": [b64encode(one) for one in each.hashes],
            }
            for each in found
        ]
    }


@view_config(
    route_name="certificates",
    request_method="POST",
    permission=P.CERTIFICATE_REQUEST,
    openapi=True,
    renderer="json",
)
def request_certificate(request: Request) -> dict[str, Any]:
    """A certificate for the actor, from a certificate request."""
    body = request.openapi_validated.body
    row = Accounts(request.platform).issue_certificate(
        request.dbsession,
        actor_of(request),
        address_of(request),
        body["csr"].encode(),
        body.get("renew", False),
    )
    return _issued(request, row)


@view_config(
    route_name="certificates.renewal",
    request_method="POST",
    permission=P.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def renew_certificate(request: Request) -> dict[str, Any]:
    """A new certificate for whoever holds the key of the old one."""
    body = request.openapi_validated.body
    wait = _renewing.count(address_of(request))
    if wait is not None:
        raise TradingError("renewals-many", status=429, seconds=math.ceil(wait))
    accounts = Accounts(request.platform)
    # Judged before anything is locked: anybody may send one.
    with request.platform.database.reading() as session:
        renewal = accounts.judge_renewal(session, body["csr"].encode(), b64decode(body["file"]))
    return _issued(request, accounts.renew_certificate(request.dbsession, renewal))


@view_config(
    route_name="certificates.outside",
    request_method="POST",
    permission=P.CERTIFICATE_REQUEST,
    openapi=True,
    renderer="json",
)
def enrol_outside(request: Request) -> dict[str, Any]:
    """Enrol a certificate of an authority outside the platform."""
    body = request.openapi_validated.body
    row = Accounts(request.platform).enrol_outside(
        request.dbsession,
        actor_of(request),
        address_of(request),
        body["certificate"].encode(),
        b64decode(body["proof"]),
    )
    return _issued(request, row)


def _issued(request: Request, row: PartyCertificate) -> dict[str, Any]:
    private.record(request.dbsession, "certificate.issued", request, None, {"certificate": row.fingerprint})
    request.response.status_int = 201
    above = [request.platform.keys.parties.certificate] if row.chain is None else chain_of(row)
    return {
        "fingerprint": row.fingerprint,
        "certificate": dump_pem([x509.load_der_x509_certificate(row.der)]).decode(),
        "chain": dump_pem(above).decode(),
        "enrolment": b64encode(row.enrolment),
    }


@view_config(
    route_name="certificate.revocation",
    request_method="POST",
    permission=P.CERTIFICATE_REVOKE,
    openapi=True,
    renderer="json",
)
def revoke_certificate(context: CertificateContext, request: Request) -> dict[str, Any]:
    """Revoke a certificate."""
    name = context.certificate.fingerprint
    row = Accounts(request.platform).revoke_certificate(
        request.dbsession,
        actor_of(request),
        address_of(request),
        name,
        request.openapi_validated.body["reason"],
    )
    private.record(request.dbsession, "certificate.revoked", request, None, {"certificate": name})
    assert row.revoked_at is not None
    return {"fingerprint": name, "revoked_at": format_time(row.revoked_at), "reason": row.revocation_reason}


@view_config(
    route_name="certificate.enrolment",
    request_method="GET",
    permission=P.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def enrolment(context: CertificateContext, request: Request) -> dict[str, Any]:
    """The signed statement of whom a certificate belongs to."""
    return {"file": b64encode(context.certificate.enrolment)}


@view_config(route_name="certificates.roots", request_method="GET", permission=P.PUBLIC_READ, openapi=True)
def roots(request: Request) -> Response:
    """The root, in PEM."""
    return Response(body=Accounts(request.platform).roots_pem, content_type=_PEM)


@view_config(route_name="certificates.chain", request_method="GET", permission=P.PUBLIC_READ, openapi=True)
def chain(request: Request) -> Response:
    """Both issuing authorities, in PEM."""
    return Response(body=Accounts(request.platform).chain_pem, content_type=_PEM)


@view_config(
    route_name="certificates.outside-roots", request_method="GET", permission=P.PUBLIC_READ, openapi=True
)
def outside_roots(request: Request) -> Response:
    """The anchors of the authorities outside the platform that it accepts, in PEM; NotFound if none are."""
    pem = Accounts(request.platform).outside_pem
    if not pem:
        raise NotFound("outside-none")
    return Response(body=pem, content_type=_PEM)


@view_config(route_name="ocsp", request_method="POST", permission=P.PUBLIC_READ, require_csrf=False)
def ocsp_posted(request: Request) -> Response:
    """One certificate's status (RFC 6960, appendix A.1)."""
    return _status(request, request.body)


@view_config(route_name="ocsp.request", request_method="GET", permission=P.PUBLIC_READ)
def ocsp_got(request: Request) -> Response:
    """As posted, the request in base64 as a part of the address."""
    text = "".join(request.matchdict["request"].split())
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    return _status(request, data)


def _status(request: Request, data: bytes) -> Response:
    # The request's own session would, where it posts, take SQLite's one write lock.
    with request.platform.database.reading() as session:
        answer = Responder(request.platform).answer(session, data)
    return Response(body=answer, content_type="application/ocsp-response")


@view_config(route_name="certificates.crl", request_method="GET", permission=P.PUBLIC_READ, openapi=True)
def newest_crl(request: Request) -> Response:
    """The newest revocation list of parties' certificates, in PEM."""
    row = Accounts(request.platform).lists.published(request.dbsession)
    pem = x509.load_der_x509_crl(row.der).public_bytes(Encoding.PEM)
    return Response(body=pem, content_type=_PEM)


@view_config(route_name="authority.crl", request_method="GET", permission=P.PUBLIC_READ, openapi=True)
def newest_of(request: Request) -> Response:
    """An authority's newest revocation list; what it issues points here."""
    row = Accounts(request.platform).lists.published(request.dbsession, request.matchdict["authority"])
    return Response(body=row.der, content_type=_CRL)


@view_config(route_name="authority.certificate", request_method="GET", permission=P.PUBLIC_READ, openapi=True)
def issuer(request: Request) -> Response:
    """An authority's own certificate; what it issues points here."""
    certificate = Accounts(request.platform).authority(request.matchdict["authority"])
    return Response(body=certificate.public_bytes(Encoding.DER), content_type="application/pkix-cert")


@view_config(route_name="crl", request_method="GET", permission=P.PUBLIC_READ, openapi=True)
def crl(request: Request) -> Response:
    """A revocation list, to the byte."""
    name = digest_of(request, "sha256", "crl-not-found")
    row = Accounts(request.platform).lists.named(request.dbsession, name)
    return Response(body=row.der, content_type=_CRL)


@view_config(
    route_name="envelope-key",
    request_method="PUT",
    permission=P.ENVELOPE_KEY_SET,
    openapi=True,
    renderer="json",
)
def set_envelope_key(request: Request) -> dict[str, Any]:
    """Set the agency's envelope key."""
    file = b64decode(request.openapi_validated.body["file"])
    row = Accounts(request.platform).set_envelope_key(
        request.dbsession, actor_of(request), address_of(request), file
    )
    return {"file": b64encode(row.statement)}


@view_config(
    route_name="organisation.envelope-key",
    request_method="GET",
    permission=P.PUBLIC_READ,
    openapi=True,
    renderer="json",
)
def get_envelope_key(context: OrganisationContext, request: Request) -> dict[str, Any]:
    """An agency's envelope key, with its signature."""
    row = Accounts(request.platform).envelope_key(request.dbsession, context.organisation.id)
    return {"file": b64encode(row.statement)}
