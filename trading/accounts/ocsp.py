"""Whether one certificate is revoked, by RFC 6960.

An answer says what the authority's present revocation list says, and nothing newer: whoever asks again and
again learns no more than the lists on their schedule tell, and answers without a nonce are the same bytes to
everybody until the next list.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.certificates import AuthorityName
from signing.keys import require_p256, spki
from trading.accounts.models import Crl, PartyCertificate
from trading.accounts.revocation_lists import RevocationLists
from trading.accounts.signatures import loaded_crl
from trading.clock import Clock
from trading.platform import Platform

MAX_REQUEST = 4096  # bytes
_MAX_NONCE = 32  # bytes, RFC 8954
_KEPT = 4096
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {"sha1": hashes.SHA1, "sha256": hashes.SHA256}
_ANSWERED: tuple[AuthorityName, ...] = ("parties", "platform")
_Key = tuple[str, str, int, str]
_ANSWERS: WeakKeyDictionary[Clock, OrderedDict[_Key, bytes]] = WeakKeyDictionary()


class Responder:
    """Answers for the two issuing authorities, by keys that each of them delegated."""

    def __init__(self, platform: Platform) -> None:
        self._keys = platform.keys
        self._clock = platform.clock
        self._lists = RevocationLists(platform)
        self._answers = _ANSWERS.setdefault(platform.clock, OrderedDict())

    def answer(self, session: Session, data: bytes) -> bytes:
        """The DER response to a DER request about one certificate; malformed ones get an answer as well."""
        try:
            request = ocsp.load_der_ocsp_request(data[: MAX_REQUEST + 1])
            nonce = _nonce(request)
            algorithm, serial = request.hash_algorithm.name, request.serial_number
            name = self._authority(algorithm, request.issuer_name_hash, request.issuer_key_hash)
        except (ValueError, NotImplementedError, UnsupportedAlgorithm, x509.DuplicateExtension):
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if serial < 0:
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if name is None or len(data) > MAX_REQUEST:
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        crl = self._lists.newest(session, name)
        if crl is None or crl.next_update <= self._clock.now(session):
            return _refusal(ocsp.OCSPResponseStatus.TRY_LATER)
        if nonce is not None:
            return self._sign(session, crl, name, serial, algorithm, nonce)
        key = (crl.sha256, name, serial, algorithm)
        # Another thread may drop it between two looks.
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._sign(session, crl, name, serial, algorithm, None)
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return answer

    def _authority(self, algorithm: str, name_hash: bytes, key_hash: bytes) -> AuthorityName | None:
        """Which authority a request means, by the hashes of its name and key (RFC 6960, section 4.1.1)."""
        if algorithm not in _HASHES:
            return None
        for name in _ANSWERED:
            certificate = self._keys.authorities[name].certificate
            subject = hashlib.new(algorithm, certificate.subject.public_bytes()).digest()
            key = hashlib.new(algorithm, _point(certificate)).digest()
            if (subject, key) == (name_hash, key_hash):
                return name
        return None

    def _sign(
        self,
        session: Session,
        crl: Crl,
        name: AuthorityName,
        serial: int,
        algorithm: str,
        nonce: bytes | None,
    ) -> bytes:
        signer = self._keys.ocsp[name]
        issuer = self._keys.authorities[name].certificate
        entry = loaded_crl(crl.der).get_revoked_certificate_by_serial_number(serial)
        issued = self._issued(session, name, serial)
        status = ocsp.OCSPCertStatus.GOOD if issued else ocsp.OCSPCertStatus.UNKNOWN
        reason: x509.ReasonFlags | None = None
        if entry is not None:
            status = ocsp.OCSPCertStatus.REVOKED
            found = [each.value for each in entry.extensions if isinstance(each.value, x509.CRLReason)]
            reason = found[0].reason if found else None
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            hashlib.new(algorithm, issuer.subject.public_bytes()).digest(),
            hashlib.new(algorithm, _point(issuer)).digest(),
            serial,
            _HASHES[algorithm](),
            status,
            crl.issued_at,
            crl.next_update,
            None if entry is None else entry.revocation_date_utc,
            reason,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        builder = builder.certificates([signer.certificate])
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _issued(self, session: Session, name: AuthorityName, serial: int) -> bool:
        if name == "platform":
            keys = self._keys
            held = (keys.statement, keys.receipt, keys.timestamp, keys.document, keys.ocsp["platform"])
            return serial in {each.certificate.serial_number for each in held}
        found = select(PartyCertificate.fingerprint).where(
            PartyCertificate.serial == f"{serial:x}", PartyCertificate.authority == "parties"
        )
        return session.scalar(found.limit(1)) is not None


def _point(certificate: x509.Certificate) -> bytes:
    """The content of the subjectPublicKey BIT STRING of a P-256 key: the uncompressed point."""
    return spki(require_p256(certificate.public_key()))[-65:]


def _nonce(request: ocsp.OCSPRequest) -> bytes | None:
    try:
        nonce: bytes = request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None
    if not 1 <= len(nonce) <= _MAX_NONCE:
        raise ValueError("a nonce of another length")
    return nonce


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
