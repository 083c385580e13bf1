"""Issuing: the root, the two authorities under it, their leaves and revocation lists (RFC 5280)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from signing.errors import CertificateError, SigningError
from signing.keys import PublicKey, SigningKey, generate_signing_key, require_p256
from signing.profile import (
    KIND_POLICIES,
    USAGE_POLICIES,
    USAGES_UNDER,
    Kind,
    Party,
    PlatformSubject,
    common_name,
    party_name,
    policies_of,
)

MAX_CSR = 16 * 1024  # bytes; a P-256 request is under 1 KiB
# Whoever's clock is a little behind signs, by that clock, before the certificate was issued.
BACKDATED = timedelta(minutes=10)
AuthorityName: TypeAlias = Literal["root", "platform", "parties"]
AUTHORITIES: tuple[AuthorityName, ...] = ("root", "platform", "parties")
_NAMES = {"platform": "Platform authority", "parties": "Parties authority"}


@dataclass(frozen=True)
class Locations:
    """Where an authority's revocation list (DER), its own certificate (DER) and its answers about single
    certificates (RFC 6960) are found: URLs, written into what it issues."""

    crl: str
    issuer: str
    ocsp: str | None = None


@dataclass(frozen=True)
class Authority:
    """A certificate authority: key, certificate, and `chain`, the intermediates to embed beside a leaf it
    issues (itself for an issuing authority, nothing for the root)."""

    key: SigningKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def new_root(name: str, at: datetime, years: int = 20) -> Authority:
    """A new self-signed root, valid from ten minutes before `at`, as every certificate here, for `years`."""
    key = generate_signing_key()
    subject = common_name(name)
    builder = _builder(subject, subject, key.public_key(), at, years * 365)
    builder = _as_ca(builder, path_length=1).add_extension(_key_id(key.public_key()), critical=False)
    return Authority(key, builder.sign(key, hashes.SHA256()), ())


def new_issuing_authority(
    root: Authority, kind: Kind, at: datetime, locations: Locations | None = None
) -> Authority:
    """A new issuing authority of `kind` under `root`, valid as of `at` and to the root's end; `locations` are
    the root's."""
    key = generate_signing_key()
    end = root.certificate.not_valid_after_utc
    builder = _builder(
        root.certificate.subject, common_name(_NAMES[kind]), key.public_key(), at, 20 * 365, end
    )
    builder = _as_ca(builder, path_length=0)
    builder = _policies(
        builder, KIND_POLICIES[kind], *(USAGE_POLICIES[usage] for usage in USAGES_UNDER[kind])
    )
    builder = _located(_with_key_ids(builder, key.public_key(), root), locations)
    certificate = builder.sign(root.key, hashes.SHA256())
    return Authority(key, certificate, (certificate,))


def create_csr(key: SigningKey, name: str) -> bytes:
    """A PKCS #10 request (RFC 2986) in PEM; the authority takes only the key from it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(common_name(name))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def read_csr(pem: bytes) -> PublicKey:
    """The P-256 key of a request of at most 16 KiB whose self-signature holds; else CertificateError."""
    if len(pem) > MAX_CSR:
        raise CertificateError("The certificate request is larger than 16 KiB.", "malformed")
    try:
        request = x509.load_pem_x509_csr(pem)
        key = require_p256(request.public_key())
        algorithm = request.signature_hash_algorithm
        valid = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError(
            "The certificate request is not a readable PKCS #10 PEM.", "malformed"
        ) from None
    except SigningError as error:
        raise CertificateError(str(error), "algorithm") from None
    if not isinstance(algorithm, hashes.SHA256):
        raise CertificateError("The certificate request must be signed with SHA-256.", "algorithm")
    if not valid:
        raise CertificateError("The request is not signed by the key it asks a certificate for.", "malformed")
    return key


def issue(
    authority: Authority,
    public_key: PublicKey,
    subject: Party | PlatformSubject,
    at: datetime,
    valid_days: int,
    locations: Locations | None = None,
) -> x509.Certificate:
    """A leaf certificate for `public_key`, from `at` for `valid_days`, never beyond the authority's end;
    `locations` are the authority's.

    CertificateError if the subject does not belong under this authority or the key is not P-256.
    """
    kind: Kind = "parties" if isinstance(subject, Party) else "platform"
    usage = "party" if isinstance(subject, Party) else subject.usage
    if KIND_POLICIES[kind] not in policies_of(authority.certificate):
        raise CertificateError(
            f"Only the {kind} authority issues certificates of this kind.", "wrong-authority"
        )
    try:
        require_p256(public_key)
    except SigningError as error:
        raise CertificateError(str(error), "algorithm") from None
    name = party_name(subject) if isinstance(subject, Party) else common_name(subject.name)
    end = authority.certificate.not_valid_after_utc
    builder = _builder(authority.certificate.subject, name, public_key, at, valid_days, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    stamps = usage == "timestamp"
    builder = builder.add_extension(
        _key_usage(digital_signature=True, content_commitment=not stamps), critical=True
    )
    if stamps:
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(stamping, critical=True)
    builder = _policies(builder, KIND_POLICIES[kind], USAGE_POLICIES[usage])
    builder = _located(_with_key_ids(builder, public_key, authority), locations)
    return builder.sign(authority.key, hashes.SHA256())


def issue_responder(
    authority: Authority, public_key: PublicKey, name: str, at: datetime, valid_days: int
) -> x509.Certificate:
    """A certificate that lets `public_key` answer for the authority (RFC 6960, section 4.2.2.2), and nothing
    else: it carries no usage of ours. Its own revocation nobody asks for."""
    end = authority.certificate.not_valid_after_utc
    builder = _builder(authority.certificate.subject, common_name(name), public_key, at, valid_days, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=True)
    builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return _with_key_ids(builder, public_key, authority).sign(authority.key, hashes.SHA256())


def make_crl(
    authority: Authority, revoked: Sequence[tuple[int, datetime, str]], at: datetime, next_update: datetime
) -> x509.CertificateRevocationList:
    """The authority's revocation list of `at`: for each entry a serial, the time and an RFC 5280 reason
    ("keyCompromise", "cessationOfOperation", … or "unspecified"). Its number is a 128-bit random one."""
    builder = x509.CertificateRevocationListBuilder(authority.certificate.subject, at, next_update)
    for serial, revoked_at, reason in revoked:
        entry = x509.RevokedCertificateBuilder(serial, revoked_at)
        if reason != "unspecified":
            entry = entry.add_extension(x509.CRLReason(_reason(reason)), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    builder = builder.add_extension(x509.CRLNumber(_serial()), critical=False)
    builder = builder.add_extension(_authority_key_id(authority), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def _reason(reason: str) -> x509.ReasonFlags:
    try:
        flag = x509.ReasonFlags(reason)
    except ValueError:
        raise CertificateError(
            f"{reason[:40]!r} is no reason for revocation known to RFC 5280.", "malformed"
        ) from None
    return flag


def _serial() -> int:
    """128 random bits: a serial that counts would tell how many certificates were issued."""
    return secrets.randbits(128) or 1


def _builder(
    issuer: x509.Name,
    subject: x509.Name,
    key: PublicKey,
    at: datetime,
    days: int,
    limit: datetime | None = None,
) -> x509.CertificateBuilder:
    # X.509 counts whole seconds.
    whole = at.replace(microsecond=0)
    end = whole + timedelta(days=days)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=_serial(),
        not_valid_before=whole - BACKDATED,
        not_valid_after=end if limit is None else min(end, limit),
    )


def _as_ca(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)


def _policies(builder: x509.CertificateBuilder, *oids: x509.ObjectIdentifier) -> x509.CertificateBuilder:
    policies = x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids])
    return builder.add_extension(policies, critical=False)


def _with_key_ids(
    builder: x509.CertificateBuilder, key: PublicKey, issuer: Authority
) -> x509.CertificateBuilder:
    builder = builder.add_extension(_key_id(key), critical=False)
    return builder.add_extension(_authority_key_id(issuer), critical=False)


def _located(builder: x509.CertificateBuilder, locations: Locations | None) -> x509.CertificateBuilder:
    if locations is None:
        return builder
    point = x509.DistributionPoint(
        [x509.UniformResourceIdentifier(locations.crl)], relative_name=None, reasons=None, crl_issuer=None
    )
    access = [(AuthorityInformationAccessOID.CA_ISSUERS, locations.issuer)]
    if locations.ocsp is not None:
        access.insert(0, (AuthorityInformationAccessOID.OCSP, locations.ocsp))
    described = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in access]
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder.add_extension(x509.AuthorityInformationAccess(described), critical=False)


def _key_id(key: PublicKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _authority_key_id(issuer: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _key_usage(
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
