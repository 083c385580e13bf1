"""Requests and replies of the time-stamp protocol (RFC 3161 sections 2.4.1 and 2.4.2), both sides of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from signing import der
from signing.errors import SigningError

MAX_MESSAGE = 64 * 1024  # bytes; a request of ours is about 60, a reply about 1,700

Failure = Literal[
    "badAlg",
    "badRequest",
    "badDataFormat",
    "timeNotAvailable",
    "unacceptedPolicy",
    "unacceptedExtension",
    "addInfoNotAvailable",
    "systemFailure",
]
_FAILURES: dict[Failure, int] = {  # the bits of PKIFailureInfo
    "badAlg": 0,
    "badRequest": 2,
    "badDataFormat": 5,
    "timeNotAvailable": 14,
    "unacceptedPolicy": 15,
    "unacceptedExtension": 16,
    "addInfoNotAvailable": 17,
    "systemFailure": 25,
}

# The digests that may be stamped, by their object identifiers: name and length in bytes.
IMPRINTS: dict[str, tuple[str, int]] = {
    "2.16.840.1.101.3.4.2.1": ("sha256", 32),
    "2.16.840.1.101.3.4.2.2": ("sha384", 48),
    "2.16.840.1.101.3.4.2.3": ("sha512", 64),
    "2.16.840.1.101.3.4.2.8": ("sha3-256", 32),
    "2.16.840.1.101.3.4.2.9": ("sha3-384", 48),
    "2.16.840.1.101.3.4.2.10": ("sha3-512", 64),
}
_SHA256 = der.tlv(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"))
_MAX_NONCE = 64  # bytes
_EXTENSIONS = 0xA0
_TRUE = der.tlv(der.BOOLEAN, b"\xff")


class TimeStampRefused(SigningError):
    """An authority's refusal; `failure` is its PKIFailureInfo by name."""

    def __init__(self, message: str, failure: Failure) -> None:
        super().__init__(message, failure)
        self.failure: Failure = failure


@dataclass(frozen=True)
class Imprint:
    """A MessageImprint: the digest's name ("sha256", …), its value, and both as encoded."""

    algorithm: str
    value: bytes
    encoded: bytes


@dataclass(frozen=True)
class Request:
    """A TimeStampReq; `policy` (dotted) and `nonce` (the encoded INTEGER) are None where not asked for."""

    imprint: Imprint
    policy: str | None
    nonce: bytes | None
    certificate: bool


def imprint_of(sha256: bytes) -> Imprint:
    """The MessageImprint of a SHA-256 digest (32 bytes)."""
    if len(sha256) != 32:
        raise SigningError("A time-stamp's imprint by SHA-256 has 32 bytes.")
    return Imprint("sha256", sha256, der.tlv(der.SEQUENCE, _SHA256, der.tlv(der.OCTET_STRING, sha256)))


def build_request(imprint: Imprint, nonce: int) -> bytes:
    """A TimeStampReq that asks for the certificate too and leaves the policy to the authority."""
    return der.tlv(der.SEQUENCE, der.integer(1), imprint.encoded, der.integer(nonce), _TRUE)


def read_request(data: bytes) -> Request:
    """Read a TimeStampReq; TimeStampRefused with the failure that RFC 3161 names for what is wrong."""
    try:
        outer = der.Reader(data)
        fields = outer.inside(der.SEQUENCE)
        outer.end()
        version = fields.content(der.INTEGER)
        imprint = fields.element(der.SEQUENCE)
        policy = der.dotted(fields.element()) if fields.peek() == der.OID else None
        nonce = fields.element() if fields.peek() == der.INTEGER else None
        if nonce is not None:
            der.number(der.Reader(nonce).content(der.INTEGER))
        # DER leaves FALSE out, as the default; there are clients that write it.
        certificate = fields.peek() == der.BOOLEAN and fields.content(der.BOOLEAN) != b"\0"
        extensions = fields.peek() == _EXTENSIONS
        if extensions:
            fields.element()
        fields.end()
        read = read_imprint(imprint)
    except der.DERError:
        raise TimeStampRefused("The request is not a TimeStampReq in DER.", "badDataFormat") from None
    if version != b"\1":
        raise TimeStampRefused("Only version 1 of the request is known.", "badRequest")
    if nonce is not None and len(nonce) > _MAX_NONCE:
        raise TimeStampRefused(f"The nonce is larger than {_MAX_NONCE - 2} bytes.", "badRequest")
    if extensions:
        raise TimeStampRefused("Extensions of the request are not supported.", "unacceptedExtension")
    return Request(read, policy, nonce, certificate)


def read_imprint(encoded: bytes) -> Imprint:
    """Read a MessageImprint; DERError, or TimeStampRefused for an unknown digest or another length."""
    fields = der.Reader(encoded).inside(der.SEQUENCE)
    algorithm = fields.inside(der.SEQUENCE)
    oid = der.dotted(algorithm.element(der.OID))
    if algorithm.more:
        if algorithm.content(der.NULL):
            raise der.DERError("a NULL that says something")
        algorithm.end()
    value = fields.content(der.OCTET_STRING)
    fields.end()
    if oid not in IMPRINTS:
        raise TimeStampRefused("The imprint's digest must be SHA-256, -384 or -512, or SHA3.", "badAlg")
    name, size = IMPRINTS[oid]
    if len(value) != size:
        raise TimeStampRefused("The imprint's length is not that of its digest.", "badDataFormat")
    return Imprint(name, value, encoded)


def granted(token: bytes) -> bytes:
    """The TimeStampResp that grants a token."""
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.integer(0)), token)


@cache
def rejected(message: str, failure: Failure) -> bytes:
    """The TimeStampResp that refuses, with a sentence in English and a PKIFailureInfo."""
    text = der.tlv(der.SEQUENCE, der.tlv(der.UTF8_STRING, message.encode()))
    bit = _FAILURES[failure]
    # A named bit list in DER ends at the last bit that is set.
    bits = bytes((7 - bit % 8,)) + bytes(bit // 8) + bytes((0x80 >> bit % 8,))
    status = der.tlv(der.SEQUENCE, der.integer(2), text, der.tlv(der.BIT_STRING, bits))
    return der.tlv(der.SEQUENCE, status)


def read_reply(data: bytes) -> bytes:
    """The token of a TimeStampResp, itself unchecked; TimeStampRefused if there is none."""
    try:
        outer = der.Reader(data)
        fields = outer.inside(der.SEQUENCE)
        outer.end()
        status = fields.inside(der.SEQUENCE)
        value = status.content(der.INTEGER)
        if value in (b"\0", b"\1"):  # granted, or granted with modifications, which the token shows
            token = fields.element(der.SEQUENCE)
            fields.end()
            return token
        message, failure = _refusal(status)
    except der.DERError:
        raise TimeStampRefused("The reply is not a TimeStampResp in DER.", "badDataFormat") from None
    raise TimeStampRefused(message, failure)


def _refusal(status: der.Reader) -> tuple[str, Failure]:
    message = "The authority refused without a word."
    if status.peek() == der.SEQUENCE:
        texts = status.inside(der.SEQUENCE)
        message = texts.content(der.UTF8_STRING).decode("utf-8", "replace")[:200]
    failure: Failure = "systemFailure"
    if status.peek() == der.BIT_STRING:
        bits = status.content(der.BIT_STRING)[1:]
        for name, bit in _FAILURES.items():
            if bit // 8 < len(bits) and bits[bit // 8] & 0x80 >> bit % 8:
                failure = name
                break
    return message, failure
