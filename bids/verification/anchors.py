"""What the verification stands on: root certificates, the log's key, revocation lists, enrolments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bids.errors import BidError, refusing
from bids.package import CRLS, ENROLMENTS, LOG_KEY, OUTSIDE, ROOTS, Package
from bids.trust import Enrolment, Trust, parse_enrolments
from bids.verification.findings import Book
from signing import canonical
from signing.certificates import load_pem
from signing.notes import NoteVerifier
from signing.revocations import Revocations

_BEGIN, _END = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
_MAX_CRLS = 16 * 1024 * 1024  # bytes of PEM


def load_crls(data: bytes) -> dict[str, x509.CertificateRevocationList]:
    """The revocation lists of a PEM file of at most 16 MiB, by the SHA-256 of their DER; BidError
    "crl-malformed".

    Their signatures are checked where they are used, against the issuer of the certificate in question.
    """
    if len(data) > _MAX_CRLS:
        raise BidError("crl-malformed", file=CRLS)
    found: dict[str, x509.CertificateRevocationList] = {}
    for block in _blocks(data):
        try:
            crl = x509.load_pem_x509_crl(block)
            found[canonical.digest(crl.public_bytes(Encoding.DER))] = crl
        except (ValueError, x509.InvalidVersion):
            raise BidError("crl-malformed", file=CRLS) from None
    return found


def _blocks(data: bytes) -> Iterator[bytes]:
    """The PEM blocks; nothing but blank lines stands between them."""
    block: list[bytes] = []
    for line in data.splitlines():
        if block or line == _BEGIN:
            block.append(line)
        elif line.strip():
            raise BidError("crl-malformed", file=CRLS)
        if line == _END:
            yield b"\n".join(block) + b"\n"
            block = []
    if block:
        raise BidError("crl-malformed", file=CRLS)


def read_trust(
    package: Package, book: Book, roots: bytes | None, log_key: str | None, outside: bytes | None = None
) -> Trust | None:
    """The anchors: the reader's own where given, else the package's, which then vouch for themselves.

    1. Root certificates (PEM). 2. The log's verifier key (C2SP). 3. Revocation lists and signed enrolments,
    which come from the package in any case. 4. If an enrolment names an authority outside the platform, the
    roots of such: again the reader's own or the package's. None if roots or key cannot be read.
    """
    certificates = _roots(package, book, roots)
    verifier = _log_key(package, book, log_key)
    if certificates is None or verifier is None:
        return None
    crls: Mapping[str, x509.CertificateRevocationList] = {}
    with book.step("verify-crls", CRLS) as step:
        crls = load_crls(package.read(CRLS))
        step.params["count"] = str(len(crls))
    if not crls:
        book.note("verify-no-crls", CRLS)
    enrolments: Mapping[str, Enrolment] = {}
    with book.step("verify-enrolments", ENROLMENTS) as step:
        enrolments = parse_enrolments(package.read(ENROLMENTS), certificates, Revocations(crls.values()))
        step.params["count"] = str(len(enrolments))
    anchors = _outside(package, book, outside) if names_outside(enrolments) else ()
    return Trust(certificates, crls, enrolments, verifier, verifier.name, anchors)


def names_outside(enrolments: Mapping[str, Enrolment]) -> bool:
    """Whether anybody is enrolled with a certificate from outside the platform."""
    return any(enrolment.outside is not None for enrolment in enrolments.values())


def _outside(package: Package, book: Book, outside: bytes | None) -> tuple[x509.Certificate, ...]:
    certificates: tuple[x509.Certificate, ...] = ()
    code = "verify-outside-own" if outside is not None else "verify-outside-package"
    with book.step(code, OUTSIDE) as step:
        with refusing("outside roots"):
            certificates = tuple(load_pem(package.read(OUTSIDE) if outside is None else outside))
        step.params["count"] = str(len(certificates))
        if outside is None:
            step.unknown()
    return certificates


def _roots(package: Package, book: Book, roots: bytes | None) -> tuple[x509.Certificate, ...] | None:
    certificates: tuple[x509.Certificate, ...] | None = None
    with book.step("verify-roots-own" if roots is not None else "verify-roots-package", ROOTS) as step:
        with refusing("roots"):
            certificates = tuple(load_pem(package.read(ROOTS) if roots is None else roots))
        if roots is None:
            step.unknown()
    return certificates


def _log_key(package: Package, book: Book, log_key: str | None) -> NoteVerifier | None:
    verifier: NoteVerifier | None = None
    with book.step("verify-key-own" if log_key is not None else "verify-key-package", LOG_KEY) as step:
        text = package.read(LOG_KEY).decode("utf-8", "replace") if log_key is None else log_key
        with refusing("log key"):
            verifier = NoteVerifier.from_vkey(text.strip())
        if log_key is None:
            step.unknown()
    return verifier
