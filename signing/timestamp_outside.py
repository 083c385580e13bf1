"""Time-stamps of authorities outside the platform (RFC 3161, RFC 5816): RSA or ECDSA, chains of their own.

Such authorities write CMS in more ways than ours: certificates in any order, others beside those needed,
other digests. What a token says is read as strictly; what nothing depends on is passed over.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing import der
from signing.chains import constrains_names, may_certify
from signing.errors import CertificateError, SignatureInvalid
from signing.signer_info import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    ONE,
    SIGNING_CERTIFICATE_V2,
    expect,
    issuer_serial,
    load,
    open_signed_data,
    read_attributes,
    signers_own,
)
from signing.timestamp_messages import TimeStampRefused
from signing.timestamps import MAX_TOKEN, THREE, TST_INFO, TimeStamp, check_answer, content_of, read_info

_MAX_CERTIFICATES = 16
_MAX_DEPTH = 5
_CRLS, _UNSIGNED = 0xA1, 0xA1

_DIGESTS: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
_RSA = "1.2.840.113549.1.1.1"  # the digest is the signer's
_SIGNATURES: dict[str, tuple[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512] | None]] = {
    _RSA: ("rsa", None),
    "1.2.840.113549.1.1.11": ("rsa", hashes.SHA256),
    "1.2.840.113549.1.1.12": ("rsa", hashes.SHA384),
    "1.2.840.113549.1.1.13": ("rsa", hashes.SHA512),
    "1.2.840.10045.4.3.2": ("ecdsa", hashes.SHA256),
    "1.2.840.10045.4.3.3": ("ecdsa", hashes.SHA384),
    "1.2.840.10045.4.3.4": ("ecdsa", hashes.SHA512),
}
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_MIN_RSA = 2048  # bits

_CA = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, None)
    .require_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, may_certify)
)


def read_outside_token(token: bytes, sha256: bytes, nonce: int | None = None) -> TimeStamp:
    """Check everything about an outside authority's token over a SHA-256 digest but its chain.

    1. Form: DER, a SignedData of version 3 over a TSTInfo, one signer, SHA-256, -384 or -512.
    2. The signed attributes: content type, digest, and the certificate by its digest (ESSCertIDv2).
    3. The signature, RSA (PKCS #1 v1.5, from 2048 bits on) or ECDSA (P-256, -384, -521).
    4. The imprint is `sha256`; the nonce is `nonce` if one is given.

    Returns what it says, with all certificates embedded as `intermediates`, in no order. Raises
    SignatureInvalid.
    """
    if len(token) > MAX_TOKEN:
        raise SignatureInvalid("The time-stamp is larger than 64 KiB.")
    try:
        stamp = _read(token)
    except (der.DERError, TimeStampRefused):
        raise SignatureInvalid("The time-stamp is not an RFC 3161 token in a form accepted.") from None
    check_answer(stamp, sha256, nonce)
    return stamp


def verify_outside_token(
    token: bytes,
    sha256: bytes,
    roots: Sequence[x509.Certificate],
    others: Sequence[x509.Certificate] = (),
    nonce: int | None = None,
) -> TimeStamp:
    """`read_outside_token`, then its chain to one of `roots` as of the token's time, over certificates that
    are embedded or among `others`. Raises SignatureInvalid, CertificateError.
    """
    stamp = read_outside_token(token, sha256, nonce)
    _check_purpose(stamp.certificate)
    path = _path(stamp.certificate, [*stamp.intermediates, *others], roots, stamp.time)
    return replace(stamp, intermediates=path[1:-1], root=path[-1])


def _read(token: bytes) -> TimeStamp:
    signed_data = open_signed_data(token, THREE)
    signed_data.element(der.SET)  # the digests, which the signer names again
    content = content_of(signed_data)
    certificates = signed_data.inside(der.CONTEXT_0).elements()
    if len(certificates) > _MAX_CERTIFICATES:
        raise SignatureInvalid("The time-stamp holds too many certificates.")
    if signed_data.peek() == _CRLS:
        signed_data.element()
    signer_infos = signed_data.set_of(der.SET)
    signed_data.end()
    if len(signer_infos) != 1:
        raise SignatureInvalid("The time-stamp must have exactly one signer.")
    return _read_signed(content, certificates, der.Reader(signer_infos[0]).inside(der.SEQUENCE))


def _read_signed(content: bytes, certificates: list[bytes], signer_info: der.Reader) -> TimeStamp:
    expect(signer_info, ONE)
    certificate = signers_own(certificates, signer_info.element(der.SEQUENCE))
    digest = _digest(signer_info.element(der.SEQUENCE))
    attributes = signer_info.set_of(der.CONTEXT_0)
    kind, own = _algorithm(signer_info.element(der.SEQUENCE))
    value = signer_info.content(der.OCTET_STRING)
    if signer_info.peek() == _UNSIGNED:
        signer_info.element()
    signer_info.end()
    values = read_attributes(attributes)
    if values.get(CONTENT_TYPE) != TST_INFO:
        raise SignatureInvalid("The signed content type is not a time-stamp.")
    told = der.Reader(values.get(MESSAGE_DIGEST, b"")).content(der.OCTET_STRING)
    if not hmac.compare_digest(told, hashlib.new(digest.name, content).digest()):
        raise SignatureInvalid("The time-stamp's signature is for other content: the digests differ.")
    _check_named(values.get(SIGNING_CERTIFICATE_V2), certificate)
    try:
        leaf = load(certificate)
        others = tuple(load(one) for one in certificates if one != certificate)
    except (ValueError, x509.InvalidVersion):
        raise SignatureInvalid("A certificate in the time-stamp is malformed.") from None
    if not _signed_by(leaf, kind, (own or digest)(), value, der.set_of(der.SET, attributes)):
        raise SignatureInvalid("The time-stamp is not by the key of the certificate in it.")
    return read_info(content, leaf, others)


def _digest(algorithm: bytes) -> type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]:
    found = _DIGESTS.get(_oid_of(algorithm))
    if found is None:
        raise SignatureInvalid("The authority used another digest than SHA-256, -384 or -512.")
    return found


def _algorithm(
    algorithm: bytes,
) -> tuple[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512] | None]:
    found = _SIGNATURES.get(_oid_of(algorithm))
    if found is None:
        raise SignatureInvalid("The authority used another algorithm than RSA (PKCS #1 v1.5) or ECDSA.")
    return found


def _oid_of(algorithm: bytes) -> str:
    """The identifier of an AlgorithmIdentifier without parameters, or with a NULL."""
    parts = der.Reader(algorithm).inside(der.SEQUENCE)
    oid = der.dotted(parts.element(der.OID))
    if parts.more:
        expect(parts, der.tlv(der.NULL))
        parts.end()
    return oid


def _check_named(value: bytes | None, certificate: bytes) -> None:
    """The first ESSCertIDv2 names the signer's certificate by its digest, and its issuer if it says one."""
    if value is None:
        raise SignatureInvalid("The time-stamp does not name its certificate (signing-certificate-v2).")
    outer = der.Reader(value)
    identifiers = outer.inside(der.SEQUENCE).inside(der.SEQUENCE)
    first = identifiers.inside(der.SEQUENCE)
    digest = _digest(first.element()) if first.peek() == der.SEQUENCE else hashes.SHA256
    same = hmac.compare_digest(
        first.content(der.OCTET_STRING), hashlib.new(digest.name, certificate).digest()
    )
    if not same or (first.more and first.element() != issuer_serial(certificate)):
        raise SignatureInvalid("The time-stamp names another certificate than its signer's.")


def _signed_by(
    certificate: x509.Certificate, kind: str, digest: hashes.HashAlgorithm, value: bytes, data: bytes
) -> bool:
    try:
        key = certificate.public_key()
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey) and fit_key(key):
            key.verify(value, data, padding.PKCS1v15(), digest)
            return True
        if kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey) and fit_key(key):
            key.verify(value, data, ec.ECDSA(digest))
            return True
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return False


def fit_key(key: object) -> bool:
    """Whether an outside authority's key is of a kind and size accepted."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _MIN_RSA
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)


def _check_purpose(leaf: x509.Certificate) -> None:
    """RFC 3161 section 2.3: time stamping alone, and critical."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        usage = None
    if usage is None or not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise CertificateError(
            "The certificate is not one for time-stamps alone (extended key usage, critical).",
            "wrong-authority",
        )


def _path(
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> tuple[x509.Certificate, ...]:
    if at < leaf.not_valid_before_utc:
        raise CertificateError("The time-stamp is from before its certificate.", "not-yet-valid")
    if at > leaf.not_valid_after_utc:
        raise CertificateError("The time-stamp is from after its certificate expired.", "expired")
    try:
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store(list(roots)))
            .time(at)
            .max_chain_depth(_MAX_DEPTH)
            .extension_policies(ca_policy=_CA, ee_policy=verification.ExtensionPolicy.permit_all())
            .build_client_verifier()
        )
        path = tuple(verifier.verify(leaf, list(others)).chain)
    except (verification.VerificationError, ValueError):
        path = ()
    # Constraints on names are for names that no time-stamp has; and the algorithms are those of tokens.
    if not path or any(map(constrains_names, path[1:])) or not all(
        known_algorithm(each.signature_algorithm_oid) for each in path[:-1]
    ):
        raise CertificateError(
            "The time-stamp's certificate does not lead to one of the roots given for it.", "untrusted"
        )
    return path


def known_algorithm(oid: x509.ObjectIdentifier) -> bool:
    """Whether certificates and lists signed so are accepted: RSA or ECDSA with SHA-256, -384 or -512."""
    return oid.dotted_string in _SIGNATURES and oid.dotted_string != _RSA
