"""The certificate profile: which policies, names and key usages our certificates carry (RFC 5280).

Root, then one of two issuing authorities, then leaves. The authority a leaf stands under, and what it may
sign, are certificate policies of our own, so that no party's certificate can sign a platform statement.
Leaves have no extended key usage: plain `openssl cms -verify` would otherwise ask for e-mail protection. Only
the time-stamp key has the one that RFC 3161 section 2.3 asks for: time stamping, critical and alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from signing import der as der_codec
from signing.errors import CertificateError

Kind: TypeAlias = Literal["platform", "parties"]
PlatformUsage: TypeAlias = Literal["statement", "receipt", "timestamp", "document"]
Usage: TypeAlias = Literal[PlatformUsage, "party"]

# An arc of our own by ITU-T X.667: 2.25 followed by a UUID as an integer.
_ARC = "2.25.162057351244657885725724804254784797040"
KIND_POLICIES: dict[str, x509.ObjectIdentifier] = {
    "platform": x509.ObjectIdentifier(f"{_ARC}.1.1"),
    "parties": x509.ObjectIdentifier(f"{_ARC}.1.2"),
}
USAGE_POLICIES: dict[str, x509.ObjectIdentifier] = {
    "statement": x509.ObjectIdentifier(f"{_ARC}.2.1"),
    "receipt": x509.ObjectIdentifier(f"{_ARC}.2.2"),
    "party": x509.ObjectIdentifier(f"{_ARC}.2.3"),
    "timestamp": x509.ObjectIdentifier(f"{_ARC}.2.4"),
    "document": x509.ObjectIdentifier(f"{_ARC}.2.5"),
}
PLATFORM_USAGES: tuple[PlatformUsage, ...] = ("statement", "receipt", "timestamp", "document")
USAGES_UNDER: dict[str, tuple[str, ...]] = {"platform": PLATFORM_USAGES, "parties": ("party",)}
# Under which our own authority stamps: its clock is the platform's, off by a second at most.
TIMESTAMP_POLICY = f"{_ARC}.3.1"
PARTY_ROLES = frozenset({"agency", "supplier", "custodian"})

_ORGANIZATION_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")
_PARTY_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_STRINGS = (0x0C, 0x13, 0x16)  # UTF8String, PrintableString, IA5String
# ETSI EN 319 412-1 clause 5.1.4: a type of identity ("NTR", "VAT", "LEI", or two letters and a colon), a
# country and a hyphen; CAs of the CA/Browser Forum may add a state or province.
_IDENTITY = re.compile(r"(?:[A-Z]{3}|[A-Z]{2}:)[A-Z]{2}(?:\+[A-Z]{2,3})?-", re.ASCII)
_MAX_NAME = 256
_MAX_PEM = 1 << 20


@dataclass(frozen=True)
class Party:
    """Whom a party certificate names.

    `id` is the party id (32 hex digits), `organisation` the organisation id as scheme and number
    ("CN-USCC:91…"), `role` one of agency, supplier, custodian; the two names are for people.
    """

    id: str
    organisation: str
    role: str
    name: str
    organisation_name: str


PartySubject: TypeAlias = Party


@dataclass(frozen=True)
class PlatformSubject:
    """What a platform certificate is for: its common name and its one usage."""

    name: str
    usage: PlatformUsage


def party_name(party: Party) -> x509.Name:
    """The X.501 name of a party; CertificateError if a part is missing, too long or of the wrong form."""
    if not _PARTY_ID.fullmatch(party.id) or party.role not in PARTY_ROLES:
        raise CertificateError("A party needs an id of 32 hex digits and a known role.", "malformed")
    return x509.Name(
        [
            _attribute(NameOID.ORGANIZATION_NAME, party.organisation_name),
            _attribute(_ORGANIZATION_IDENTIFIER, party.organisation),
            _attribute(NameOID.ORGANIZATIONAL_UNIT_NAME, party.role),
            _attribute(NameOID.USER_ID, party.id),
            _attribute(NameOID.COMMON_NAME, party.name),
        ]
    )


def common_name(name: str) -> x509.Name:
    """An X.501 name that is one common name; CertificateError if it is empty or too long."""
    return x509.Name([_attribute(NameOID.COMMON_NAME, name)])


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    # X.520's bound of 64 characters was withdrawn in 2012, and real joint ventures have longer names.
    if not 0 < len(value) <= _MAX_NAME:
        raise CertificateError(f"A name in a certificate has 1 to {_MAX_NAME} characters.", "malformed")
    return x509.NameAttribute(oid, value, _validate=False)


@lru_cache(maxsize=4096)
def party_of(certificate: x509.Certificate) -> Party:
    """The party a certificate names; CertificateError if it is not a party certificate of our profile."""
    if USAGE_POLICIES["party"] not in policies_of(certificate):
        raise CertificateError("This certificate is not one of a party.", "wrong-authority")
    subject = certificate.subject  # parsed anew whenever it is asked for
    party = Party(
        id=_one(subject, NameOID.USER_ID),
        organisation=_one(subject, _ORGANIZATION_IDENTIFIER),
        role=_one(subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
        name=_one(subject, NameOID.COMMON_NAME),
        organisation_name=_one(subject, NameOID.ORGANIZATION_NAME),
    )
    if not _PARTY_ID.fullmatch(party.id) or party.role not in PARTY_ROLES:
        raise CertificateError(
            "The party certificate names no known role or a malformed party id.", "malformed"
        )
    return party


def outside_party(
    certificate: x509.Certificate, attribute: str, id: str, organisation: str, role: str
) -> tuple[Party, str]:
    """The party that an outside authority's certificate names, and the value of `attribute` in it.

    `attribute` is "subject:" or "extension:" and an object identifier: where that authority writes an
    organisation's id. Party id, organisation and role are what an enrolment says; the names are the
    certificate's: common name, and organisation name or again the common name. CertificateError if any of it
    is missing or there twice.
    """
    place, _, dotted = attribute.partition(":")
    subject = certificate.subject
    if place == "subject":
        value = _one(subject, x509.ObjectIdentifier(dotted))
    else:
        value = _extension_text(certificate, x509.ObjectIdentifier(dotted))
    name = _one(subject, NameOID.COMMON_NAME)
    named = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    owner = _one(subject, NameOID.ORGANIZATION_NAME) if named else name
    return Party(id, organisation, role, name, owner), value


def is_identity_prefix(text: str) -> bool:
    """Whether it is what may stand before an organisation's id in a certificate: nothing, or type and country
    by ETSI EN 319 412-1 ("NTRCN-")."""
    return not text or _IDENTITY.fullmatch(text) is not None


def identifiers_of(value: str) -> frozenset[str]:
    """The ids that an attribute's value may stand for: all of it, and what follows type and country.

    Never just any end of it: "NTRCN-914" names neither "14" nor "N-914".
    """
    found = _IDENTITY.match(value)
    rest = value[found.end() :] if found else ""
    return frozenset({value, rest} - {""})


def _extension_text(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    """The text of an extension whose value is one DER string."""
    try:
        found = certificate.extensions.get_extension_for_oid(oid).value
        if not isinstance(found, x509.UnrecognizedExtension):
            raise der_codec.DERError("an extension of another use")
        reader = der_codec.Reader(found.value)
        if reader.peek() not in _STRINGS:
            raise der_codec.DERError("another kind of value")
        text = reader.content(reader.peek()).decode("utf-8")
        reader.end()
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        raise CertificateError(
            f"The certificate has no text in the extension {oid.dotted_string}.", "malformed"
        ) from None
    return text


def _one(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = subject.get_attributes_for_oid(oid)
    if len(values) != 1 or not isinstance(values[0].value, str):
        raise CertificateError(f"The party certificate must name {oid.dotted_string} once.", "malformed")
    return values[0].value


def policies_of(certificate: x509.Certificate) -> frozenset[x509.ObjectIdentifier]:
    """The certificate policies a certificate asserts; empty if it has none."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.CertificatePolicies)
    except x509.ExtensionNotFound:
        return frozenset()
    except (ValueError, x509.DuplicateExtension):
        raise CertificateError("The certificate's extensions are malformed.", "malformed") from None
    return frozenset(policy.policy_identifier for policy in extension.value)


def der(certificate: x509.Certificate) -> bytes:
    """The DER bytes of a certificate."""
    return certificate.public_bytes(Encoding.DER)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate's DER, lower-case hex."""
    return hashlib.sha256(der(certificate)).hexdigest()


def dump_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """The certificates as one PEM text, in order."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def load_pem(data: bytes) -> list[x509.Certificate]:
    """All certificates of a PEM text (at most 1 MiB); CertificateError if there is none or one is damaged."""
    if len(data) > _MAX_PEM:
        raise CertificateError("The PEM file is larger than 1 MiB.", "malformed")
    try:
        return x509.load_pem_x509_certificates(data)
    except (ValueError, x509.InvalidVersion):
        raise CertificateError("The PEM file holds no readable certificate.", "malformed") from None
