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

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from signing import der
from signing.certificates import verify_chain
from signing.errors import SignatureInvalid, SigningError
from signing.keys import Signer, require_p256
from signing.profile import der as certificate_der
from signing.signer_info import (
    CONTENT_TYPE,
    ECDSA,
    ECDSA_SHA256,
    MESSAGE_DIGEST,
    ONE,
    SHA256_FORMS,
    SIGNING_CERTIFICATE_V2,
    attribute,
    close_signed_data,
    expect,
    issuer_and_serial,
    open_signed_data,
    order,
    read_attributes,
    sign_attributes,
    signers_own,
    signing_certificate,
    signing_certificate_forms,
)

MAX_SIGNATURE = 64 * 1024  # bytes; one of ours is about 2 KiB

_MALFORMED = "The signature is not a detached CMS signature in the one form accepted (DER, one signer)."
_DATA = der.oid("1.2.840.113549.1.7.1")
_SIGNING_TIME = der.oid("1.2.840.113549.1.9.5")
_DETACHED = der.tlv(der.SEQUENCE, _DATA)


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
    attributes = [
        attribute(CONTENT_TYPE, _DATA),
        attribute(_SIGNING_TIME, _encode_time(at)),
        attribute(MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, hashlib.sha256(data).digest())),
        attribute(SIGNING_CERTIFICATE_V2, signing_certificate(certificate)),
    ]
    certificates = {certificate, *map(certificate_der, signer.chain)}
    return close_signed_data(
        ONE,
        _DETACHED,
        der.set_of(der.CONTEXT_0, list(certificates)),
        sign_attributes(signer.key, issuer_and_serial(certificate), attributes),
    )


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
        raise SignatureInvalid(_MALFORMED) from None


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


def signature_value(signature: bytes) -> bytes:
    """The octets of the ECDSA signature in a CMS signature, which a time-stamp on it is over (the imprint of
    RFC 5126 section 6.1.1); SignatureInvalid if it has not the one form accepted."""
    try:
        _, signer_info = _parse(signature)
        for _ in range(5):  # version, who, digest, signed attributes, algorithm
            signer_info.element()
        return signer_info.content(der.OCTET_STRING)
    except der.DERError:
        raise SignatureInvalid(_MALFORMED) from None


def _parse(signature: bytes) -> tuple[list[bytes], der.Reader]:
    """The embedded certificates and a reader at the start of the one SignerInfo."""
    signed_data = open_signed_data(signature, ONE)
    digests = signed_data.set_of(der.SET)
    if len(digests) != 1 or digests[0] not in SHA256_FORMS:
        raise SignatureInvalid("The signature names another digest than SHA-256.")
    expect(signed_data, _DETACHED)
    certificates = signed_data.set_of(der.CONTEXT_0)
    signer_infos = signed_data.set_of(der.SET)
    signed_data.end()
    if len(signer_infos) != 1:
        raise SignatureInvalid("The signature must have exactly one signer.")
    return certificates, der.Reader(signer_infos[0]).inside(der.SEQUENCE)


def _verify_signer(data: bytes, certificates: list[bytes], signer_info: der.Reader) -> Verified:
    expect(signer_info, ONE)
    named = signer_info.element(der.SEQUENCE)
    if signer_info.element(der.SEQUENCE) not in SHA256_FORMS:
        raise SignatureInvalid("The signer used another digest than SHA-256.")
    attributes = signer_info.set_of(der.CONTEXT_0)
    if signer_info.element(der.SEQUENCE) != ECDSA_SHA256:
        raise SignatureInvalid("The signer used another algorithm than ECDSA with SHA-256.")
    value = signer_info.content(der.OCTET_STRING)
    signer_info.end()
    certificate = signers_own(certificates, named)
    signing_time = _check_attributes(data, attributes, certificate)
    leaf, intermediates = order(certificate, certificates)
    try:
        require_p256(leaf.public_key()).verify(value, der.set_of(der.SET, attributes), ECDSA)
    except (InvalidSignature, SigningError, ValueError, UnsupportedAlgorithm):
        raise SignatureInvalid("The signature is not by the P-256 key of the certificate in it.") from None
    return Verified(leaf, intermediates, signing_time)


def _check_attributes(data: bytes, attributes: list[bytes], certificate: bytes) -> datetime:
    """Check the signed attributes and return the signing time."""
    values = read_attributes(attributes)
    if values.get(CONTENT_TYPE) != _DATA:
        raise SignatureInvalid("The signed content type is not plain data.")
    digest = der.Reader(values.get(MESSAGE_DIGEST, b"")).content(der.OCTET_STRING)
    if not hmac.compare_digest(digest, hashlib.sha256(data).digest()):
        raise SignatureInvalid("The signature is for other content: the digests differ.")
    if values.get(SIGNING_CERTIFICATE_V2) not in signing_certificate_forms(certificate):
        raise SignatureInvalid(
            "The signature does not name its certificate by SHA-256 (signing-certificate-v2)."
        )
    if _SIGNING_TIME not in values:
        raise SignatureInvalid("The signature has no signing time.")
    return _decode_time(values[_SIGNING_TIME])


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
