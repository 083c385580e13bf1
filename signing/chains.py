"""Checking certificates: the path to a trusted root, what the leaf is for, and revocation (RFC 5280)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import verification
from cryptography.x509.oid import ExtensionOID

from signing.errors import CertificateError, SigningError
from signing.keys import require_p256
from signing.profile import KIND_POLICIES, USAGE_POLICIES, policies_of

_ECDSA_SHA256 = x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256
_MAX_INTERMEDIATES = 1


def may_certify(policy: verification.Policy, authority: x509.Certificate, usage: x509.KeyUsage) -> None:
    """ValueError unless the authority's key usage lets it sign certificates (RFC 5280, 4.2.1.3)."""
    if not usage.key_cert_sign:
        raise ValueError("an authority that may not sign certificates")


_CA_EXTENSIONS = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, verification.Criticality.CRITICAL, None)
    .require_present(x509.KeyUsage, verification.Criticality.CRITICAL, may_certify)
)


def verify_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
    kind: str,
    usage: str | None,
    crls: Sequence[x509.CertificateRevocationList] = (),
) -> None:
    """Raise CertificateError unless `leaf` was good at `at` (an aware datetime).

    1. A path leaf, `intermediates`, one of `roots` exists, every signature in it ECDSA P-256 with SHA-256,
       and it uses all `intermediates`: an unused one would be a part of a signature that nothing protects.
    2. Every certificate of the path is within its validity at `at`.
    3. Leaf and issuer carry the policy of `kind` ("platform" or "parties"), the leaf that of `usage` and
       a key usage that lets it sign.
    4. If `crls` are given, the issuer's is among them, not outdated at `at`, and none of the issuer's says
       that the leaf was revoked at or before `at`.
    """
    path = _verified_path(leaf, tuple(intermediates), tuple(roots))
    for certificate in path:
        _check_validity(certificate, at)
    _check_purpose(leaf, path[1], kind, usage)
    if crls:
        _check_revocation(leaf, path[1], crls, at)


def verify_outside_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchor: x509.Certificate,
    at: datetime,
    crls: Sequence[x509.CertificateRevocationList],
) -> None:
    """Raise CertificateError unless `leaf` of an authority outside the platform was good at `at`.

    As `verify_chain`, but the path leads to `anchor`, with one intermediate or none, and no policies of ours
    are asked for: what the leaf is for, an enrolment says. A list of the leaf's issuer is always wanted.
    """
    path = _verified_path(leaf, tuple(intermediates), (anchor,), shortest=2)
    for certificate in path:
        _check_validity(certificate, at)
    _check_may_sign(leaf)
    _check_revocation(leaf, path[1], crls, at)


@lru_cache(maxsize=4096)
def _verified_path(
    leaf: x509.Certificate,
    intermediates: tuple[x509.Certificate, ...],
    roots: tuple[x509.Certificate, ...],
    shortest: int = 3,
) -> tuple[x509.Certificate, ...]:
    """The path from leaf to root, signatures checked; cached, since signatures do not change with time.

    Certificates compare by their DER, so a hit is for the very same bytes. Validity at the moment asked for
    is checked by the caller; here the path is built as of the moment the youngest certificate began.
    """
    for certificate in (leaf, *intermediates):
        _check_algorithms(certificate)
    moment = max(certificate.not_valid_before_utc for certificate in (leaf, *intermediates))
    try:
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store(list(roots)))
            .time(moment)
            .max_chain_depth(_MAX_INTERMEDIATES)
            .extension_policies(ca_policy=_CA_EXTENSIONS, ee_policy=verification.ExtensionPolicy.permit_all())
            .build_client_verifier()
        )
        path = tuple(verifier.verify(leaf, list(intermediates)).chain)
    except (verification.VerificationError, ValueError):
        raise CertificateError(
            "The certificate does not lead to a trusted root; get the right root, or another certificate.",
            "untrusted",
        ) from None
    if any(map(constrains_names, path[1:])):
        # Constraints are for names of the web; on an organisation's name nobody here would enforce them.
        raise CertificateError(
            "An authority of the path constrains names, which is not supported.", "untrusted"
        )
    if len(path) < shortest or path[1:-1] != intermediates:
        raise CertificateError(
            "The certificates given are not exactly those of the path to the root.", "malformed"
        )
    _check_algorithms(path[-1])
    return path


def constrains_names(certificate: x509.Certificate) -> bool:
    """Whether an authority's certificate has name constraints; CertificateError if it cannot be read."""
    try:
        return any(extension.oid == ExtensionOID.NAME_CONSTRAINTS for extension in certificate.extensions)
    except (ValueError, x509.DuplicateExtension):
        raise CertificateError("The certificate's extensions are malformed.", "malformed") from None


def _check_algorithms(certificate: x509.Certificate) -> None:
    try:
        require_p256(certificate.public_key())
        fits = certificate.signature_algorithm_oid == _ECDSA_SHA256
    except (SigningError, ValueError, UnsupportedAlgorithm):
        fits = False
    if not fits:
        raise CertificateError("Only certificates with ECDSA P-256 and SHA-256 are accepted.", "algorithm")


def _check_validity(certificate: x509.Certificate, at: datetime) -> None:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < start:
        raise CertificateError(
            f"A certificate of the chain is valid only from {start:%Y-%m-%d %H:%M:%S} UTC.", "not-yet-valid"
        )
    if at > end:
        raise CertificateError(
            f"A certificate of the chain expired on {end:%Y-%m-%d %H:%M:%S} UTC.", "expired"
        )


def _check_purpose(leaf: x509.Certificate, issuer: x509.Certificate, kind: str, usage: str | None) -> None:
    policy = KIND_POLICIES.get(kind)
    if policy is None or (usage is not None and usage not in USAGE_POLICIES):
        raise CertificateError(f"There is no kind {kind!r} or usage {usage!r} of certificates.", "malformed")
    if policy not in policies_of(leaf) or policy not in policies_of(issuer):
        raise CertificateError(f"The certificate was not issued by the {kind} authority.", "wrong-authority")
    if usage is not None and USAGE_POLICIES[usage] not in policies_of(leaf):
        raise CertificateError(f"The certificate is not one for use as {usage}.", "wrong-authority")
    _check_may_sign(leaf)


def _check_may_sign(leaf: x509.Certificate) -> None:
    try:
        may_sign = leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        may_sign = False
    except (ValueError, x509.DuplicateExtension):
        raise CertificateError("The certificate's extensions are malformed.", "malformed") from None
    if not may_sign:
        raise CertificateError("The certificate's key may not be used for signatures.", "wrong-authority")


def _check_revocation(
    leaf: x509.Certificate,
    issuer: x509.Certificate,
    crls: Sequence[x509.CertificateRevocationList],
    at: datetime,
) -> None:
    current = False
    for crl in crls:
        if crl.issuer != issuer.subject or not issued_by(crl, issuer):
            continue
        entry = crl.get_revoked_certificate_by_serial_number(leaf.serial_number)
        if entry is not None and entry.revocation_date_utc <= at:
            raise CertificateError(
                f"The certificate was revoked on {entry.revocation_date_utc:%Y-%m-%d %H:%M:%S} UTC.",
                "revoked",
            )
        current = current or (crl.next_update_utc is not None and at <= crl.next_update_utc)
    if not current:
        raise CertificateError(
            "No revocation list of the certificate's issuer is there that is current for that time.",
            "crl-missing",
        )


_issued: OrderedDict[tuple[bytes, x509.Certificate], bool] = OrderedDict()


def issued_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether `issuer` signed this complete list (ECDSA with SHA-256); remembered by the list's SHA-256."""
    key = (crl.fingerprint(hashes.SHA256()), issuer)
    known = _issued.get(key)
    if known is None:
        # The signature first: what nobody signed is not looked into.
        known = (
            crl.signature_algorithm_oid == _ECDSA_SHA256
            and crl.is_signature_valid(require_p256(issuer.public_key()))
            and _uncritical(crl)
        )
        _issued[key] = known
        if len(_issued) > 64:
            _issued.popitem(last=False)
    return known


def _uncritical(crl: x509.CertificateRevocationList) -> bool:
    try:
        return not any(extension.critical for extension in crl.extensions)
    except (ValueError, x509.DuplicateExtension):
        return False
