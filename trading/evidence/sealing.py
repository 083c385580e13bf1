"""Documents get the platform's signature; each is kept as handed out now, with later time-stamps on it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from sqlalchemy import select
from sqlalchemy.orm import Session

from reports.layout import PORTRAIT, width_of
from reports.seal import SealFacts, render_seal
from signing.encoding import new_id
from signing.profile import fingerprint
from signing.timestamps import TimeStampAuthority
from trading.accounts.ocsp import Responder
from trading.accounts.revocation_lists import RevocationLists
from trading.evidence.models import SealedDocument
from trading.evidence.seals import roots_url, signer_name
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.storage import Stored

if TYPE_CHECKING:
    from trading.evidence.pades import DocumentSigner
    from trading.evidence.pades_check import CheckedDocument

# Whoever stamps again has this long to do it.
RENEW_BEFORE = timedelta(days=365)
_AT_ONCE = 20


@dataclass(frozen=True)
class Sealed:
    """A signed PDF in storage, and when the certificate of its last time-stamp ends."""

    stored: Stored
    stamped_until: datetime


class Sealing:
    """Signs documents as PAdES B-LTA, and stamps them again."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def seal(self, pdf: bytes) -> Sealed:
        """Sign a document in its field, check what came out, and put it into storage under a key of its own.

        Signatures are never the same twice: whoever publishes first is right, and `discard` takes the others.

        Raises:
            DocumentInvalid: the signature would not hold.
        """
        signer, now = self._signer()
        settings, key = self._platform.settings, signer.signer
        seal = SealFacts(
            platform=settings.platform_name,
            signer=signer_name(key.certificate),
            fingerprint=fingerprint(key.certificate),
            signed_at=now.replace(microsecond=0),  # as the signature has it
            roots_url=roots_url(settings.public_url),
        )
        return self._store(signer.sign(pdf, render_seal(seal, width_of(PORTRAIT)), now))

    def keep(self, session: Session, sealed: Sealed, at: datetime) -> None:
        """Enter a document that is being published in this transaction."""
        insert_if_missing(
            session, SealedDocument, sha256=sealed.stored.sha256, size=sealed.stored.size,
            storage_key=sealed.stored.key, parts=sealed.stored.parts, stamped_until=sealed.stamped_until,
            at=at, )

    def discard(self, sealed: Sealed) -> None:
        """Remove a document that another worker was quicker to publish."""
        self._platform.storage.delete(sealed.stored.key, sealed.stored.parts)

    def ending(self, session: Session, now: datetime) -> list[str]:
        """Documents, by the digest of what was published, whose last time-stamp ends soon, and earlier than
        one made now would; a few, the first to end first.
        """
        end = self._platform.keys.timestamp.certificate.not_valid_after_utc
        soon = min(now + RENEW_BEFORE, end - timedelta(days=1))
        found = select(SealedDocument.sha256).where(SealedDocument.stamped_until < soon)
        return list(session.scalars(found.order_by(SealedDocument.stamped_until).limit(_AT_ONCE)))

    def renew(self, sha256: str) -> None:
        """Append a time-stamp to the document; what was published, and stands in evidence, stays as it is.

        Raises:
            DocumentInvalid: the document's signature does not hold, or would not afterwards.
        """
        storage = self._platform.storage
        with self._platform.database.reading() as session:
            row = session.get_one(SealedDocument, sha256)
            key, parts, until = row.storage_key, row.parts, row.stamped_until
        pdf = b"".join(storage.chunks(key, parts))
        self._check(pdf)
        signer, now = self._signer()
        sealed = self._store(signer.renew(pdf, now))
        with self._platform.database.transaction() as session:
            row = session.get_one(SealedDocument, sha256, with_for_update=True, populate_existing=True)
            if row.stamped_until != until:
                self.discard(sealed)
                return
            row.size, row.storage_key, row.parts = sealed.stored.size, sealed.stored.key, sealed.stored.parts
            row.stamped_until, row.at = sealed.stamped_until, now

    def _store(self, pdf: bytes) -> Sealed:
        checked = self._check(pdf)
        key = f"documents/{hashlib.sha256(pdf).hexdigest()}-{new_id()}"
        return Sealed(self._platform.storage.put_bytes(key, pdf), checked.stamped_until)

    # Loaded when a document is signed: processes that serve pages alone need not carry 60 MiB more.

    def _check(self, pdf: bytes) -> CheckedDocument:
        from trading.evidence.pades_check import check_document

        return check_document(pdf, self._platform.keys.roots)

    def _signer(self) -> tuple[DocumentSigner, datetime]:
        from trading.evidence.pades import DocumentSigner

        keys = self._platform.keys
        lists, responder = RevocationLists(self._platform), Responder(self._platform)
        with self._platform.database.transaction() as session:
            now = self._platform.clock.now(session)
            current = [lists.current(session, now, "platform")]
            if "root" in keys.authorities:
                current.append(lists.current(session, now, "root"))
            elif (last := lists.newest(session, "root")) is not None and last.next_update > now:
                current.append(last)  # its key is kept elsewhere
            answers = [
                responder.answer(session, _question(each, keys.platform.certificate))
                for each in (keys.document.certificate, keys.timestamp.certificate)
            ]
        stamp = TimeStampAuthority(keys.timestamp, self._now).reply
        ders = [each.der for each in current]
        name = self._platform.settings.platform_name
        return DocumentSigner(keys.document, keys.roots, ders, stamp, answers, name), now

    def _now(self) -> datetime:
        with self._platform.database.reading() as session:
            return self._platform.clock.now(session)


def _question(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """An OCSP request about a certificate."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)
