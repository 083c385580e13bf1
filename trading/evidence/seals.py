"""What the seal of a document says of certificates."""

from __future__ import annotations

from cryptography import x509

_ROOTS = "/api/v1/certificates/roots.pem"


def signer_name(certificate: x509.Certificate) -> str:
    """Whom the document key's certificate names."""
    return certificate.subject.rfc4514_string().removeprefix("CN=")


def roots_url(public_url: str) -> str:
    """Where the platform at this address publishes its root certificates."""
    return public_url.rstrip("/") + _ROOTS
