"""Time-stamps (RFC 3161, RFC 5816): our own authority, and the checking of its tokens.

A token says that an imprint, a digest, was there at a time. Ours are strict DER, encoded bottom-up, signed by
ECDSA P-256 with SHA-256, the certificate named by its SHA-256 (ESSCertIDv2).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from signing import der
from signing.chains import verify_chain
from signing.errors import SignatureInvalid, SigningError
from signing.keys import Signer, require_p256
from signing.profile import TIMESTAMP_POLICY
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
from signing.timestamp_messages import (
    Imprint,
    TimeStampRefused,
    granted,
    imprint_of,
    read_imprint,
    read_request,
    rejected,
)

MAX_TOKEN = 64 * 1024  # bytes; one of ours is about 1,700

TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
THREE = der.integer(3)
_MILLIS, _MICROS, _TSA, _EXTENSIONS = 0x80, 0x81, 0xA0, 0xA1


@dataclass(frozen=True)
class TimeStamp:
    """What a token that holds says: `imprint` was there at `time` (UTC), give or take `accuracy`.

    `policy` is dotted; `accuracy` is None where the authority states none; `nonce` is the request's; then the
    signer's certificate and the intermediates embedded, issuer first; for an outside authority also the root
    that they lead to, once that was checked.
    """

    imprint: Imprint
    time: datetime
    serial: int
    policy: str
    accuracy: timedelta | None
    nonce: int | None
    certificate: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    root: x509.Certificate | None = None


class TimeStampAuthority:
    """Stamps imprints with the time of its clock; a stamp takes well under a millisecond.

    Args:
        signer: the time-stamp key with its certificate and the intermediates to embed.
        clock: tells the time, UTC.
        policy: the one policy under which it stamps, dotted.
        accuracy: how far the clock may be off, whole seconds.
    """

    def __init__(
        self,
        signer: Signer,
        clock: Callable[[], datetime],
        policy: str = TIMESTAMP_POLICY,
        accuracy: timedelta = timedelta(seconds=1),
    ) -> None:
        self._key = signer.key
        self._clock = clock
        self._policy = policy
        self._policy_oid = der.oid(policy)
        self._accuracy = der.tlv(der.SEQUENCE, der.integer(int(accuracy.total_seconds())))
        certificate = certificate_der(signer.certificate)
        chain = {certificate, *map(certificate_der, signer.chain)}
        self._certificates = der.set_of(der.CONTEXT_0, list(chain))
        self._signer_id = issuer_and_serial(certificate)
        self._type = attribute(CONTENT_TYPE, TST_INFO)
        self._named = attribute(SIGNING_CERTIFICATE_V2, signing_certificate(certificate))

    def reply(self, request: bytes, at: datetime | None = None) -> bytes:
        """The TimeStampResp to a TimeStampReq, whatever the request's bytes are: a token or a refusal.

        `at` is the clock's time where it has just been read.
        """
        try:
            asked = read_request(request)
            if asked.policy not in (None, self._policy):
                raise TimeStampRefused("Stamps are given under another policy only.", "unacceptedPolicy")
        except TimeStampRefused as refusal:
            return rejected(str(refusal), refusal.failure)
        return granted(self._token(asked.imprint, asked.nonce or b"", asked.certificate, at))

    def stamp(self, sha256: bytes, at: datetime | None = None) -> bytes:
        """The TimeStampToken over a SHA-256 digest, with certificates, without a nonce.

        `at` is the clock's time where it has just been read.
        """
        return self._token(imprint_of(sha256), b"", certificates=True, at=at)

    def _token(self, imprint: Imprint, nonce: bytes, certificates: bool, at: datetime | None = None) -> bytes:
        content = der.tlv(
            der.SEQUENCE,
            ONE,
            self._policy_oid,
            imprint.encoded,
            # Random: a serial that counts would tell how many bids there were between two stamps.
            der.integer(secrets.randbits(128) or 1),
            _encode_time(at or self._clock()),
            self._accuracy,
            nonce,
        )
        attributes = [
            self._type,
            attribute(MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, hashlib.sha256(content).digest())),
            self._named,
        ]
        return close_signed_data(
            THREE,
            der.tlv(der.SEQUENCE, TST_INFO, der.tlv(der.CONTEXT_0, der.tlv(der.OCTET_STRING, content))),
            self._certificates if certificates else b"",
            sign_attributes(self._key, self._signer_id, attributes),
        )


def verify_token(
    token: bytes,
    sha256: bytes,
    roots: Sequence[x509.Certificate],
    nonce: int | None = None,
    crls: Sequence[x509.CertificateRevocationList] = (),
) -> TimeStamp:
    """Check a TimeStampToken of the platform's own authority over a SHA-256 digest.

    1. Form: strict DER of the profile, one signer, SHA-256 alone, no unsigned attributes, nothing trailing.
    2. The ECDSA signature, by the P-256 key of the certificate that the token names.
    3. The imprint is `sha256`; the nonce is `nonce` if one is given.
    4. The chain as of the token's time: a time-stamp certificate of the platform authority.

    Raises SignatureInvalid, CertificateError.
    """
    stamp = _read(token)
    check_answer(stamp, sha256, nonce)
    verify_chain(stamp.certificate, stamp.intermediates, roots, stamp.time, "platform", "timestamp", crls)
    return stamp


def check_answer(stamp: TimeStamp, sha256: bytes, nonce: int | None) -> None:
    """SignatureInvalid unless the time-stamp is over `sha256` and, if one is given, for a request's nonce."""
    if stamp.imprint.algorithm != "sha256" or not hmac.compare_digest(stamp.imprint.value, sha256):
        raise SignatureInvalid("The time-stamp is for something else: the imprints differ.")
    if nonce is not None and stamp.nonce != nonce:
        raise SignatureInvalid("The time-stamp answers another request: the nonces differ.")


def _read(token: bytes) -> TimeStamp:
    """Steps 1 and 2."""
    if len(token) > MAX_TOKEN:
        raise SignatureInvalid("The time-stamp is larger than 64 KiB.")
    try:
        content, certificates, signer_info = _parse(token)
        return _read_signed(content, certificates, signer_info)
    except (der.DERError, TimeStampRefused):
        raise SignatureInvalid("The time-stamp is not an RFC 3161 token in the one form accepted.") from None


def _parse(token: bytes) -> tuple[bytes, list[bytes], der.Reader]:
    """The TSTInfo, the embedded certificates, and a reader at the start of the one SignerInfo."""
    signed_data = open_signed_data(token, THREE)
    digests = signed_data.set_of(der.SET)
    if len(digests) != 1 or digests[0] not in SHA256_FORMS:
        raise SignatureInvalid("The time-stamp names another digest than SHA-256.")
    content = content_of(signed_data)
    certificates = signed_data.set_of(der.CONTEXT_0)
    signer_infos = signed_data.set_of(der.SET)
    signed_data.end()
    if len(signer_infos) != 1:
        raise SignatureInvalid("The time-stamp must have exactly one signer.")
    return content, certificates, der.Reader(signer_infos[0]).inside(der.SEQUENCE)


def content_of(signed_data: der.Reader) -> bytes:
    """The TSTInfo that a SignedData holds; certificates have to follow. SignatureInvalid, DERError."""
    encapsulated = signed_data.inside(der.SEQUENCE)
    expect(encapsulated, TST_INFO)
    explicit = encapsulated.inside(der.CONTEXT_0)
    encapsulated.end()
    content = explicit.content(der.OCTET_STRING)
    explicit.end()
    if signed_data.peek() != der.CONTEXT_0:
        raise SignatureInvalid("The time-stamp holds no certificate of its authority.")
    return content


def _read_signed(content: bytes, certificates: list[bytes], signer_info: der.Reader) -> TimeStamp:
    expect(signer_info, ONE)
    certificate = signers_own(certificates, signer_info.element(der.SEQUENCE))
    if signer_info.element(der.SEQUENCE) not in SHA256_FORMS:
        raise SignatureInvalid("The authority used another digest than SHA-256.")
    attributes = signer_info.set_of(der.CONTEXT_0)
    if signer_info.element(der.SEQUENCE) != ECDSA_SHA256:
        raise SignatureInvalid("The authority used another algorithm than ECDSA with SHA-256.")
    value = signer_info.content(der.OCTET_STRING)
    signer_info.end()
    values = read_attributes(attributes)
    if values.get(CONTENT_TYPE) != TST_INFO:
        raise SignatureInvalid("The signed content type is not a time-stamp.")
    digest = der.Reader(values.get(MESSAGE_DIGEST, b"")).content(der.OCTET_STRING)
    if not hmac.compare_digest(digest, hashlib.sha256(content).digest()):
        raise SignatureInvalid("The time-stamp's signature is for other content: the digests differ.")
    if values.get(SIGNING_CERTIFICATE_V2) not in signing_certificate_forms(certificate):
        raise SignatureInvalid(
            "The time-stamp does not name its certificate by SHA-256 (signing-certificate-v2)."
        )
    leaf, intermediates = order(certificate, certificates)
    try:
        require_p256(leaf.public_key()).verify(value, der.set_of(der.SET, attributes), ECDSA)
    except (InvalidSignature, SigningError, ValueError, UnsupportedAlgorithm):
        raise SignatureInvalid("The time-stamp is not by the P-256 key of the certificate in it.") from None
    return read_info(content, leaf, intermediates)


def read_info(
    content: bytes, leaf: x509.Certificate, intermediates: tuple[x509.Certificate, ...]
) -> TimeStamp:
    """Read a TSTInfo, strict DER; DERError, TimeStampRefused."""
    outer = der.Reader(content)
    fields = outer.inside(der.SEQUENCE)
    outer.end()
    expect(fields, ONE)
    policy = der.dotted(fields.element())
    imprint = read_imprint(fields.element(der.SEQUENCE))
    serial = der.number(fields.content(der.INTEGER))
    time = _decode_time(fields.content(der.GENERALIZED_TIME))
    accuracy = _read_accuracy(fields.inside(der.SEQUENCE)) if fields.peek() == der.SEQUENCE else None
    if fields.peek() == der.BOOLEAN and fields.content(der.BOOLEAN) != b"\xff":  # ordering
        raise der.DERError("a default that is written")
    nonce = der.number(fields.content(der.INTEGER)) if fields.peek() == der.INTEGER else None
    for tag in (_TSA, _EXTENSIONS):
        if fields.peek() == tag:
            fields.element()
    fields.end()
    return TimeStamp(imprint, time, serial, policy, accuracy, nonce, leaf, intermediates)


def _read_accuracy(fields: der.Reader) -> timedelta:
    seconds = der.number(fields.content(der.INTEGER)) if fields.peek() == der.INTEGER else 0
    millis = der.number(fields.content(_MILLIS)) if fields.peek() == _MILLIS else 0
    micros = der.number(fields.content(_MICROS)) if fields.peek() == _MICROS else 0
    fields.end()
    if not (0 <= seconds <= 10**9 and 0 <= millis < 1000 and 0 <= micros < 1000):
        raise der.DERError("an accuracy out of bounds")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _encode_time(at: datetime) -> bytes:
    """GeneralizedTime with the fraction of a second, as DER writes it: no zero at its end."""
    text = f"{at.astimezone(UTC):%Y%m%d%H%M%S.%f}".rstrip("0").rstrip(".")
    return der.tlv(der.GENERALIZED_TIME, f"{text}Z".encode("ascii"))


def _decode_time(content: bytes) -> datetime:
    whole, point, fraction = content.removesuffix(b"Z").partition(b".")
    digits = fraction.decode("ascii", "replace")
    fits = digits.isascii() and digits.isdigit() and len(digits) <= 9 and digits[-1] != "0"
    try:
        if not content.endswith(b"Z") or len(whole) != 14 or not whole.isdigit() or (point and not fits):
            raise ValueError
        moment = datetime.strptime(whole.decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise der.DERError("malformed time") from None
    return moment + timedelta(microseconds=int(digits[:6].ljust(6, "0") or 0))
