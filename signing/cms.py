"""Detached CMS signatures (RFC 5652), CAdES-BES (ETSI EN 319 122-1): DER, one signer, ECDSA P-256, SHA-256.

Everything in a signature is either signed, fixed by the profile, or a certificate that the chain check uses
up. Who has one can still write it another way that verifies (ECDSA's s as n − s, for one), so a record that
names a signature by its digest means these very bytes, which are kept beside it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from signing import der
from signing.certificates import verify_chain
from signing.errors import SignatureInvalid, SigningError
from signing.keys import Signer, require_p256
from signing.profile import der as certificate_der

MAX_SIGNATURE = 64 * 1024  # bytes; one of ours is about 2 KiB

_ECDSA = ec.ECDSA(hashes.SHA256())


def _oid(content: str) -> bytes:
    return der.tlv(der.OID, bytes.fromhex(content))


_SIGNED_DATA = _oid("2a864886f70d010702")
_DATA = _oid("2a864886f70d010701")
_CONTENT_TYPE = _oid("2a864886f70d010903")
_MESSAGE_DIGEST = _oid("2a864886f70d010904")
_SIGNING_TIME = _oid("2a864886f70d010905")
_SIGNING_CERTIFICATE_V2 = _oid("2a864886f70d010910022f")
_SHA256 = der.tlv(der.SEQUENCE, _oid("608648016503040201"))
# RFC 5754 writes no parameters but has everybody accept the NULL that older software writes.
_SHA256_FORMS = (_SHA256, der.tlv(der.SEQUENCE, _oid("608648016503040201"), der.tlv(der.NULL)))
_ECDSA_SHA256 = der.tlv(der.SEQUENCE, _oid("2a8648ce3d040302"))
_DETACHED = der.tlv(der.SEQUENCE, _DATA)
_ONE = der.integer(1)

# Parsing is a function of the bytes alone, and the same few certificates come in signature after signature:
# what is derived from one is remembered below, never what was found of its trust.


@dataclass(frozen=True)
class Verified:
    """A signature that holds: the signer's certificate, the intermediates embedded (issuer first), and the
    time that the signer claims (UTC, whole seconds; evidence of nothing)."""

    certificate: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    signing_time: datetime


def sign(data: bytes, signer: Signer, at: datetime) -> bytes:
    """A detached signature over `data`, claiming the time `at`, as DER ContentInfo."""
    certificate = certificate_der(signer.certificate)
    issuer_and_serial = _issuer_and_serial(certificate)
    attributes = [
        _attribute(_CONTENT_TYPE, _DATA),
        _attribute(_SIGNING_TIME, _encode_time(at)),
        _attribute(_MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, hashlib.sha256(data).digest())),
        _attribute(_SIGNING_CERTIFICATE_V2, _signing_certificate(certificate)),
    ]
    signature = signer.key.sign(der.set_of(der.SET, attributes), _ECDSA)
    signer_info = der.tlv(
        der.SEQUENCE,
        _ONE,
        issuer_and_serial,
        _SHA256,
        der.set_of(der.CONTEXT_0, attributes),
        _ECDSA_SHA256,
        der.tlv(der.OCTET_STRING, signature),
    )
    certificates = {certificate, *map(certificate_der, signer.chain)}
    signed_data = der.tlv(
        der.SEQUENCE,
        _ONE,
        der.tlv(der.SET, _SHA256),
        _DETACHED,
        der.set_of(der.CONTEXT_0, list(certificates)),
        der.tlv(der.SET, signer_info),
    )
    return der.tlv(der.SEQUENCE, _SIGNED_DATA, der.tlv(der.CONTEXT_0, signed_data))


def verify(data: bytes, signature: bytes) -> Verified:
    """Check everything about a detached signature over `data` but the certificate's chain.

    1. Form: strict DER of the profile, version 1, detached, SHA-256 alone, one signer, no unsigned
       attributes, no revocation data, nothing trailing.
    2. Certificates: the signer's, which the signed signing-certificate-v2 names by its SHA-256, and those
       that lead up from it; no others.
    3. Signed attributes: content type data, the digest of `data`, a signing time, each attribute once.
    4. The ECDSA signature over the attributes, by a P-256 key.

    Raises SignatureInvalid.
    """
    if len(signature) > MAX_SIGNATURE:
        raise SignatureInvalid("The signature is larger than 64 KiB.")
    try:
        certificates, signer_info = _parse(signature)
        return _verify_signer(data, certificates, signer_info)
    except der.DERError:
        raise SignatureInvalid(
            "The signature is not a detached CMS signature in the one form accepted (DER, one signer)."
        ) from None


def verify_with_chain(
    data: bytes,
    signature: bytes,
    roots: Sequence[x509.Certificate],
    at: datetime,
    kind: str,
    usage: str | None = None,
    crls: Sequence[x509.CertificateRevocationList] = (),
) -> Verified:
    """`verify`, then the signer's chain as of `at`: SignatureInvalid or CertificateError."""
    verified = verify(data, signature)
    verify_chain(verified.certificate, verified.intermediates, roots, at, kind, usage, crls)
    return verified


def _parse(signature: bytes) -> tuple[list[bytes], der.Reader]:
    """The embedded certificates and a reader at the start of the one SignerInfo."""
    outer = der.Reader(signature)
    content_info = outer.inside(der.SEQUENCE)
    outer.end()
    _expect(content_info, _SIGNED_DATA)
    wrapper = content_info.inside(der.CONTEXT_0)
    content_info.end()
    signed_data = wrapper.inside(der.SEQUENCE)
    wrapper.end()
    _expect(signed_data, _ONE)
    digests = signed_data.set_of(der.SET)
    if len(digests) != 1 or digests[0] not in _SHA256_FORMS:
        raise SignatureInvalid("The signature names another digest than SHA-256.")
    _expect(signed_data, _DETACHED)
    certificates = signed_data.set_of(der.CONTEXT_0)
    signer_infos = signed_data.set_of(der.SET)
    signed_data.end()
    if len(signer_infos) != 1:
        raise SignatureInvalid("The signature must have exactly one signer.")
    return certificates, der.Reader(signer_infos[0]).inside(der.SEQUENCE)


def _verify_signer(data: bytes, certificates: list[bytes], signer_info: der.Reader) -> Verified:
    _expect(signer_info, _ONE)
    issuer_and_serial = signer_info.element(der.SEQUENCE)
    if signer_info.element(der.SEQUENCE) not in _SHA256_FORMS:
        raise SignatureInvalid("The signer used another digest than SHA-256.")
    attributes = signer_info.set_of(der.CONTEXT_0)
    if signer_info.element(der.SEQUENCE) != _ECDSA_SHA256:
        raise SignatureInvalid("The signer used another algorithm than ECDSA with SHA-256.")
    value = signer_info.content(der.OCTET_STRING)
    signer_info.end()
    certificate = next((c for c in certificates if _issuer_and_serial(c) == issuer_and_serial), None)
    if certificate is None:
        raise SignatureInvalid("The signer's certificate is not in the signature.")
    signing_time = _check_attributes(data, attributes, certificate)
    leaf, intermediates = _order(certificate, certificates)
    try:
        require_p256(leaf.public_key()).verify(value, der.set_of(der.SET, attributes), _ECDSA)
    except (InvalidSignature, SigningError, ValueError, UnsupportedAlgorithm):
        raise SignatureInvalid("The signature is not by the P-256 key of the certificate in it.") from None
    return Verified(leaf, intermediates, signing_time)


def _check_attributes(data: bytes, attributes: list[bytes], certificate: bytes) -> datetime:
    """Check the signed attributes and return the signing time."""
    values: dict[bytes, bytes] = {}
    for attribute in attributes:
        outer = der.Reader(attribute)
        inner = outer.inside(der.SEQUENCE)
        oid = inner.element(der.OID)
        members = inner.set_of(der.SET)
        inner.end()
        if oid in values or len(members) != 1:
            raise SignatureInvalid("A signed attribute is there twice or has several values.")
        values[oid] = members[0]
    if values.get(_CONTENT_TYPE) != _DATA:
        raise SignatureInvalid("The signed content type is not plain data.")
    digest = der.Reader(values.get(_MESSAGE_DIGEST, b"")).content(der.OCTET_STRING)
    if not hmac.compare_digest(digest, hashlib.sha256(data).digest()):
        raise SignatureInvalid("The signature is for other content: the digests differ.")
    if values.get(_SIGNING_CERTIFICATE_V2) not in _signing_certificate_forms(certificate):
        raise SignatureInvalid(
            "The signature does not name its certificate by SHA-256 (signing-certificate-v2)."
        )
    if _SIGNING_TIME not in values:
        raise SignatureInvalid("The signature has no signing time.")
    return _decode_time(values[_SIGNING_TIME])


def _order(
    certificate: bytes, certificates: list[bytes]
) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The signer's certificate and the others as they lead up from it; SignatureInvalid if one is left."""
    try:
        leaf = _load(certificate)
        others = [_load(other) for other in certificates if other != certificate]
        ordered: list[x509.Certificate] = []
        name = leaf.issuer
        while others:
            issuer = next((other for other in others if other.subject == name), None)
            if issuer is None:
                raise SignatureInvalid("The signature holds a certificate that does not belong to its chain.")
            others.remove(issuer)
            ordered.append(issuer)
            name = issuer.issuer
    except (ValueError, x509.InvalidVersion):
        raise SignatureInvalid("A certificate in the signature is malformed.") from None
    return leaf, tuple(ordered)


@lru_cache(maxsize=1024)
def _load(certificate: bytes) -> x509.Certificate:
    """Parse a certificate, strict about the two bytes that the parser is lenient about and nothing signs."""
    outer = der.Reader(certificate)
    parts = outer.inside(der.SEQUENCE)
    tbs = parts.inside(der.SEQUENCE)
    tbs.element(der.CONTEXT_0)
    serial = int.from_bytes(tbs.content(der.INTEGER), "big", signed=True)
    parts.element(der.SEQUENCE)
    if not parts.content(der.BIT_STRING).startswith(b"\0") or serial <= 0:
        raise der.DERError("a certificate with spare signature bits or without a positive serial")
    return x509.load_der_x509_certificate(certificate)


def _expect(reader: der.Reader, wanted: bytes) -> None:
    if reader.element() != wanted:
        raise der.DERError("another element than the profile has here")


def _attribute(oid: bytes, value: bytes) -> bytes:
    return der.tlv(der.SEQUENCE, oid, der.tlv(der.SET, value))


@lru_cache(maxsize=1024)
def _issuer_and_serial(certificate: bytes) -> bytes:
    """IssuerAndSerialNumber of a DER certificate, with the issuer's name in the bytes the certificate has."""
    tbs = der.Reader(certificate).inside(der.SEQUENCE).inside(der.SEQUENCE)
    tbs.element(der.CONTEXT_0)
    serial = tbs.element(der.INTEGER)
    tbs.element(der.SEQUENCE)
    return der.tlv(der.SEQUENCE, tbs.element(der.SEQUENCE), serial)


def _signing_certificate(certificate: bytes, with_issuer: bool = True) -> bytes:
    """SigningCertificateV2 (RFC 5035) naming one certificate; the default SHA-256 is left out in DER."""
    identifier = [der.tlv(der.OCTET_STRING, hashlib.sha256(certificate).digest())]
    if with_issuer:
        tbs = der.Reader(_issuer_and_serial(certificate)).inside(der.SEQUENCE)
        directory_name = der.tlv(0xA4, tbs.element(der.SEQUENCE))
        identifier.append(
            der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, directory_name), tbs.element(der.INTEGER))
        )
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, *identifier)))


@lru_cache(maxsize=1024)
def _signing_certificate_forms(certificate: bytes) -> tuple[bytes, bytes]:
    return _signing_certificate(certificate), _signing_certificate(certificate, with_issuer=False)


def _encode_time(at: datetime) -> bytes:
    """RFC 5652 section 11.3: UTCTime to the year 2049, GeneralizedTime after; whole seconds."""
    text = f"{at.astimezone(UTC):%Y%m%d%H%M%S}Z".encode("ascii")
    return (
        der.tlv(der.UTC_TIME, text[2:]) if b"1950" <= text < b"2050" else der.tlv(der.GENERALIZED_TIME, text)
    )


def _decode_time(element: bytes) -> datetime:
    reader = der.Reader(element)
    tag = reader.peek()
    text = reader.content(tag)
    if tag == der.UTC_TIME:
        text = (b"20" if text < b"50" else b"19") + text
    try:
        moment = datetime.strptime(text.decode("ascii"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise der.DERError("malformed signing time") from None
    if _encode_time(moment) != element:
        raise der.DERError("malformed signing time")
    return moment
