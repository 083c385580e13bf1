"""Whether an outside time-stamp authority's certificate was revoked (RFC 5280, RFC 3161 section 4).

By lists that the reader has fetched: no address in a certificate is ever followed. A revocation without a
reason, or for the loss of a key, spoils every token under that key, whenever it says that it was made; one
for another reason spoils those from after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing.errors import CertificateError
from signing.timestamp_outside import fit_key, known_algorithm
from signing.timestamps import TimeStamp

_Flags = x509.ReasonFlags
# Those that say that nobody else has the key. Of an intermediate the reason is often left out.
_KEY_SAFE = frozenset(
    {_Flags.unspecified, _Flags.affiliation_changed, _Flags.superseded, _Flags.cessation_of_operation}
)
_KEY_LOST = frozenset({_Flags.key_compromise, _Flags.ca_compromise, _Flags.aa_compromise})


def check_revocation(stamp: TimeStamp, crls: Sequence[x509.CertificateRevocationList]) -> bool:
    """Check an outside token's certificates by these lists; whether one reaches the token's time.

    `stamp` is as `verify_outside_token` gives it, with its path. Lists that do not hold or are for others
    count for nothing. Raises CertificateError "revoked".
    """
    if stamp.root is None:
        return False
    reached = False
    path = (stamp.certificate, *stamp.intermediates, stamp.root)
    for certificate, issuer in pairwise(path):
        own = certificate is stamp.certificate
        for crl in crls:
            if crl.issuer != issuer.subject or not _issued_by(crl, issuer) or not _covers(crl, certificate):
                continue
            entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None and _spoils(entry, stamp.time, own):
                raise CertificateError(
                    "A certificate of the time-stamp's authority was revoked on "
                    f"{entry.revocation_date_utc:%Y-%m-%d %H:%M:%S} UTC.",
                    "revoked",
                )
            reached |= own and stamp.time <= (crl.next_update_utc or crl.last_update_utc)
    return reached


def _spoils(entry: x509.RevokedCertificate, at: datetime, own: bool) -> bool:
    reason = _reason(entry)
    safe = reason in _KEY_SAFE if own else reason not in _KEY_LOST
    return not safe or entry.revocation_date_utc <= at


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return None


def _issued_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        key = issuer.public_key()
        if not known_algorithm(crl.signature_algorithm_oid) or not fit_key(key):
            return False
        assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        return crl.is_signature_valid(key)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Whether the list is of all that its issuer revoked, or of a part in which the certificate is."""
    try:
        part: x509.IssuingDistributionPoint | None = None
        for extension in crl.extensions:
            if isinstance(extension.value, x509.IssuingDistributionPoint):
                part = extension.value
            elif extension.critical:  # of changes alone, for one
                return False
        if part is None:
            return True
        if part.indirect_crl or part.only_some_reasons or part.only_contains_attribute_certs:
            return False
        if part.only_contains_user_certs if _certifies(certificate) else part.only_contains_ca_certs:
            return False
        if part.relative_name is not None:
            return False
        return part.full_name is None or bool(set(part.full_name) & _points(certificate))
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False


def _certifies(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _points(certificate: x509.Certificate) -> set[x509.GeneralName]:
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return {name for point in points for name in point.full_name or ()}
