"""What addresses of organisations and certificates lead to, and who may do what there."""

from __future__ import annotations

from pyramid.request import Request

from trading.accounts.models import Organisation, PartyCertificate, Person, Token
from trading.errors import NotFound
from trading.web.contexts import digest_of, id_of
from trading.web.permissions import Role, certificate_acl, organisation_acl


class OrganisationContext:
    """One organisation; NotFound."""

    def __init__(self, request: Request) -> None:
        found = request.dbsession.get(Organisation, id_of(request, "organisation", "organisation-not-found"))
        if found is None:
            raise NotFound("organisation-not-found")
        self.organisation: Organisation = found
        self.__acl__ = organisation_acl(found.id)


class TokenContext:
    """One token, of a person of one organisation; NotFound."""

    def __init__(self, request: Request) -> None:
        found = request.dbsession.get(Token, id_of(request, "token", "token-not-found"))
        if found is None:
            raise NotFound("token-not-found")
        self.token: Token = found
        person = request.dbsession.get_one(Person, found.person_id)
        self.__acl__ = organisation_acl(person.organisation_id)


class CertificateContext:
    """One certificate of a party; NotFound. That a supplier's is there, its own organisation alone learns."""

    def __init__(self, request: Request) -> None:
        name = digest_of(request, "fingerprint", "certificate-not-found")
        found = request.dbsession.get(PartyCertificate, name)
        if found is None or not _visible(found, request):
            raise NotFound("certificate-not-found")
        self.certificate: PartyCertificate = found
        self.__acl__ = certificate_acl(found.organisation_id, found.person_id)


def _visible(certificate: PartyCertificate, request: Request) -> bool:
    if certificate.role != Role.SUPPLIER:
        return True
    actor = request.identity
    if actor is None:
        return False
    return bool(actor.role == Role.OPERATOR or actor.organisation == certificate.organisation_id)
