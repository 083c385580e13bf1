"""What CMS signatures and time-stamp tokens have in common (RFC 5652, RFC 5035): the signer's certificate,
how a signature names it, the certificates beside it, signed attributes."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from signing import der
from signing.errors import SignatureInvalid
from signing.keys import SigningKey

SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
SHA256 = der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"))
# RFC 5754 writes no parameters but has everybody accept the NULL that older software writes.
SHA256_FORMS = (SHA256, der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"), der.tlv(der.NULL)))
ECDSA_SHA256 = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"))
ONE = der.integer(1)
ECDSA = ec.ECDSA(hashes.SHA256())

# Parsing is a function of the bytes alone, and the same few certificates come in signature after signature:
# what is derived from one is remembered below, never what was found of its trust.


def expect(reader: der.Reader, wanted: bytes) -> None:
    """The next element must be `wanted`; DERError."""
    if reader.element() != wanted:
        raise der.DERError("another element than the profile has here")


def open_signed_data(encoded: bytes, version: bytes) -> der.Reader:
    """A reader in the SignedData of a ContentInfo, after its `version`; DERError."""
    outer = der.Reader(encoded)
    content_info = outer.inside(der.SEQUENCE)
    outer.end()
    expect(content_info, SIGNED_DATA)
    wrapper = content_info.inside(der.CONTEXT_0)
    content_info.end()
    signed_data = wrapper.inside(der.SEQUENCE)
    wrapper.end()
    expect(signed_data, version)
    return signed_data


def close_signed_data(version: bytes, content: bytes, certificates: bytes, signer_info: bytes) -> bytes:
    """The ContentInfo of a SignedData with one signer, by SHA-256; the parts are encoded already."""
    signed_data = der.tlv(
        der.SEQUENCE, version, der.tlv(der.SET, SHA256), content, certificates, der.tlv(der.SET, signer_info)
    )
    return der.tlv(der.SEQUENCE, SIGNED_DATA, der.tlv(der.CONTEXT_0, signed_data))


def sign_attributes(key: SigningKey, signer_id: bytes, attributes: list[bytes]) -> bytes:
    """The SignerInfo over signed attributes, by ECDSA with SHA-256; `signer_id` is IssuerAndSerialNumber."""
    signature = key.sign(der.set_of(der.SET, attributes), ECDSA)
    return der.tlv(
        der.SEQUENCE,
        ONE,
        signer_id,
        SHA256,
        der.set_of(der.CONTEXT_0, attributes),
        ECDSA_SHA256,
        der.tlv(der.OCTET_STRING, signature),
    )


def attribute(oid: bytes, value: bytes) -> bytes:
    """A signed attribute of one value."""
    return der.tlv(der.SEQUENCE, oid, der.tlv(der.SET, value))


def read_attributes(attributes: list[bytes]) -> dict[bytes, bytes]:
    """The one value of each signed attribute by its type; SignatureInvalid, DERError."""
    values: dict[bytes, bytes] = {}
    for one in attributes:
        outer = der.Reader(one)
        inner = outer.inside(der.SEQUENCE)
        oid = inner.element(der.OID)
        members = inner.set_of(der.SET)
        inner.end()
        if oid in values or len(members) != 1:
            raise SignatureInvalid("A signed attribute is there twice or has several values.")
        values[oid] = members[0]
    return values


@lru_cache(maxsize=1024)
def issuer_and_serial(certificate: bytes) -> bytes:
    """IssuerAndSerialNumber of a DER certificate, with the issuer's name in the bytes the certificate has."""
    tbs = der.Reader(certificate).inside(der.SEQUENCE).inside(der.SEQUENCE)
    tbs.element(der.CONTEXT_0)
    serial = tbs.element(der.INTEGER)
    tbs.element(der.SEQUENCE)
    return der.tlv(der.SEQUENCE, tbs.element(der.SEQUENCE), serial)


def issuer_serial(certificate: bytes) -> bytes:
    """IssuerSerial of a DER certificate (RFC 5035), the issuer as a directory name."""
    tbs = der.Reader(issuer_and_serial(certificate)).inside(der.SEQUENCE)
    directory_name = der.tlv(0xA4, tbs.element(der.SEQUENCE))
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, directory_name), tbs.element(der.INTEGER))


def signing_certificate(certificate: bytes, with_issuer: bool = True) -> bytes:
    """SigningCertificateV2 (RFC 5035) naming one certificate; the default SHA-256 is left out in DER."""
    identifier = [der.tlv(der.OCTET_STRING, hashlib.sha256(certificate).digest())]
    if with_issuer:
        identifier.append(issuer_serial(certificate))
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, *identifier)))


@lru_cache(maxsize=1024)
def signing_certificate_forms(certificate: bytes) -> tuple[bytes, bytes]:
    """The two forms of SigningCertificateV2 that are accepted: with the issuer and without."""
    return signing_certificate(certificate), signing_certificate(certificate, with_issuer=False)


def signers_own(certificates: list[bytes], wanted: bytes) -> bytes:
    """The certificate with the IssuerAndSerialNumber `wanted`; SignatureInvalid."""
    certificate = next((c for c in certificates if issuer_and_serial(c) == wanted), None)
    if certificate is None:
        raise SignatureInvalid("The signer's certificate is not in the signature.")
    return certificate


def order(
    certificate: bytes, certificates: list[bytes]
) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The signer's certificate and the others as they lead up from it; SignatureInvalid if one is left."""
    try:
        leaf = load(certificate)
        others = [load(other) for other in certificates if other != certificate]
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
def load(certificate: bytes) -> x509.Certificate:
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
