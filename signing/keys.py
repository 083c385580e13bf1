"""Signing keys: ECDSA on P-256, and no other curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    pkcs12,
)

from signing.errors import CertificateError, SigningError

SigningKey: TypeAlias = ec.EllipticCurvePrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey


@dataclass(frozen=True)
class Signer:
    """Who signs: a private key, its certificate, and the intermediates to embed (issuer first, no root)."""

    key: SigningKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def generate_signing_key() -> SigningKey:
    """A new P-256 private key from the operating system's randomness."""
    return ec.generate_private_key(ec.SECP256R1())


def require_p256(key: object) -> PublicKey:
    """`key` itself if it is a P-256 public key, else SigningError."""
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise SigningError("Only ECDSA keys on the curve P-256 are accepted; this key is of another kind.")


def spki(public: PublicKey) -> bytes:
    """DER SubjectPublicKeyInfo (RFC 5480) of a public key."""
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def load_spki(data: bytes) -> PublicKey:
    """A P-256 public key from its DER SubjectPublicKeyInfo; SigningError for anything else."""
    try:
        key = require_p256(load_der_public_key(data))
    except (ValueError, UnsupportedAlgorithm):
        raise SigningError("This is not a DER SubjectPublicKeyInfo of a P-256 key.") from None
    if spki(key) != data:
        raise SigningError("This public key is not in its one DER form (named curve, uncompressed point).")
    return key


def save_private_pem(key: SigningKey, password: bytes | None) -> bytes:
    """PKCS #8 PEM, encrypted under `password` unless it is None."""
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def load_private_pem(data: bytes, password: bytes | None) -> SigningKey:
    """A P-256 private key from PEM; SigningError if it is another key or the password is wrong or missing."""
    try:
        key = load_pem_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError("The key file cannot be read: it is damaged or the password is wrong.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SigningError("Only ECDSA keys on the curve P-256 are accepted; this key is of another kind.")
    require_p256(key.public_key())
    return key


def save_pkcs12(
    key: SigningKey, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...], password: bytes
) -> bytes:
    """PKCS #12 (RFC 7292) with the key, its certificate and the intermediates, encrypted under `password`.

    CertificateError if the certificate is for another key.
    """
    _require_match(key, certificate)
    return pkcs12.serialize_key_and_certificates(
        b"sunseal", key, certificate, chain, BestAvailableEncryption(password)
    )


def load_pkcs12(data: bytes, password: bytes) -> Signer:
    """A Signer from a PKCS #12 file.

    Raises SigningError if the file is damaged, the password is wrong, or key or certificate is missing or of
    another kind; CertificateError if the certificate is not the key's.
    """
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, password)
    except (ValueError, UnsupportedAlgorithm):
        raise SigningError(
            "The PKCS #12 file cannot be read: it is damaged or the password is wrong."
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate is None:
        raise SigningError("The PKCS #12 file must hold a P-256 private key and its certificate.")
    _require_match(key, certificate)
    return Signer(key, certificate, _issuer_first(certificate, others))


def _require_match(key: SigningKey, certificate: x509.Certificate) -> None:
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if spki(require_p256(key.public_key())) != public:
        raise CertificateError("The certificate is for another key.", "malformed")


def _issuer_first(leaf: x509.Certificate, others: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The intermediates above `leaf` in order; a root (self-issued) is left out, as signatures embed none."""
    ordered: list[x509.Certificate] = []
    at = leaf
    while issuer := next((c for c in others if c.subject == at.issuer and c.subject != c.issuer), None):
        if issuer in ordered:
            break
        ordered.append(issuer)
        at = issuer
    return tuple(ordered)
