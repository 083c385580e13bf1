"""Ciphertext on its way in: parts of 8 MiB, write-once, resumable, checked as a whole at the end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from signing.encoding import new_id
from trading.audit.services import AuditLog
from trading.errors import Conflict, NotFound, TradingError
from trading.platform import Platform
from trading.storage import PART_BYTES, PartExists
from trading.submission.models import Upload, UploadPart
from trading.submission.opening_hours import refuse_unless_open
from trading.submission.resupply import supply, wanted_again
from trading.tenders.models import Tender
from trading.web.security import Actor


@dataclass(frozen=True)
class UploadState:
    """How far an upload is: which parts are here, and whether the whole was checked."""

    id: str
    parts: int
    have: tuple[int, ...]
    complete: bool


def storage_key(upload_id: str) -> str:
    """Where an upload's parts are stored."""
    return f"uploads/{upload_id}"


class Uploads:
    """A supplier's uploads; before the opening nobody else learns of them."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._clock = platform.clock
        self._storage = platform.storage
        self._limit = platform.settings.max_object_bytes
        self._log = AuditLog(platform)
        self._wake = platform.queue.wake

    def start(
        self, session: Session, tender: Tender, organisation: str, sha256: str, size: int
    ) -> tuple[UploadState, bool]:
        """The upload of these bytes for this tender, and whether it is new.

        What storage lost is taken again after the deadline, in an upload of its own.

        Raises:
            TradingError: the tender receives no bids, or the size is out of bounds.
        """
        now = self._clock.now(session)
        if not 1 <= size <= self._limit:
            raise TradingError("upload-size", limit=self._limit)
        spoiled = wanted_again(session, tender.id, organisation, sha256, size, now)
        same = select(Upload).where(
            Upload.tender_id == tender.id,
            Upload.organisation_id == organisation,
            Upload.sha256 == sha256,
            Upload.size == size,
        )
        if spoiled is not None:
            same = same.where(Upload.created_at >= spoiled.found_at)
        known = session.scalar(same.order_by(Upload.id).limit(1))
        if spoiled is None and (known is None or known.completed_at is None):
            refuse_unless_open(tender, now)
        if known is not None:
            return self.state(session, known), False
        upload = Upload(
            id=new_id(),
            tender_id=tender.id,
            organisation_id=organisation,
            sha256=sha256,
            size=size,
            parts=-(-size // PART_BYTES),
            created_at=now,
            completed_at=None,
        )
        session.add(upload)
        session.flush()
        return UploadState(upload.id, upload.parts, (), False), True

    def state(self, session: Session, upload: Upload) -> UploadState:
        """Which parts are here."""
        have = session.scalars(
            select(UploadPart.number).where(UploadPart.upload_id == upload.id).order_by(UploadPart.number)
        ).all()
        return UploadState(upload.id, upload.parts, tuple(have), upload.completed_at is not None)

    def put_part(self, upload_id: str, number: int, data: bytes) -> None:
        """Store one part, in transactions of its own; the same bytes again change nothing.

        Call it with no transaction open (`set_aside`): on SQLite nobody could write while the disk does.

        Raises:
            TradingError: number or size is wrong, or the tender receives no bids.
            Conflict: the part is here with other bytes.
        """
        digest = hashlib.sha256(data).hexdigest()
        with self._database.reading() as session:
            upload = session.get(Upload, upload_id)
            if upload is None:
                raise NotFound("upload-not-found")
            if self._has_part(session, upload, number, data, digest):
                return
        key, is_other = storage_key(upload_id), False
        try:
            self._storage.put_part(key, number, data)
        except PartExists:
            is_other = not self._is_stored(key, number, digest)
        with self._database.transaction() as session:
            row = session.get(Upload, upload_id, with_for_update=True)
            if row is not None and not self._has_part(session, row, number, data, digest):
                if is_other:
                    # Of a request that died before its commit: no row tells of it.
                    self._storage.replace_part(key, number, data)
                session.add(UploadPart(upload_id=upload_id, number=number, sha256=digest, size=len(data)))
        if row is None:
            # Discarded meanwhile, and nothing refers to what it had.
            self._storage.delete(key, upload.parts)
            raise NotFound("upload-not-found")

    def _has_part(self, session: Session, upload: Upload, number: int, data: bytes, digest: str) -> bool:
        """Whether the part is here with these bytes; if it is not here, it may come."""
        if not 0 <= number < upload.parts:
            raise TradingError("upload-part-number", last=upload.parts - 1)
        wanted = PART_BYTES if number < upload.parts - 1 else upload.size - PART_BYTES * (upload.parts - 1)
        if len(data) != wanted:
            raise TradingError("upload-part-size", number=number, wanted=wanted, found=len(data))
        row = session.get(UploadPart, (upload.id, number))
        if row is not None:
            if row.sha256 != digest:
                raise Conflict("upload-part-differs", number=number)
            return True
        now = self._clock.now(session)
        bytes_of = (upload.tender_id, upload.organisation_id, upload.sha256, upload.size)
        if wanted_again(session, *bytes_of, now) is None:
            refuse_unless_open(session.get_one(Tender, upload.tender_id), now)
        return False

    def _is_stored(self, key: str, number: int, digest: str) -> bool:
        try:
            return hashlib.sha256(self._storage.read_part(key, number)).hexdigest() == digest
        except FileNotFoundError:  # discarded at this moment
            return False

    def complete(self, upload_id: str, actor: Actor, address: str) -> tuple[str, int]:
        """Check the whole against its announced digest, in transactions of its own; its SHA-256 and size.

        If it is what storage lost of a bid, it takes that place, on record, and the opening goes on.

        Call it with no transaction open (`set_aside`): reading takes as long as the upload is large.

        Raises:
            TradingError: parts are missing, or the digest differs, and then the upload is discarded.
        """
        with self._database.reading() as session:
            upload = session.get(Upload, upload_id)
            if upload is None:
                raise NotFound("upload-not-found")
            missing = upload.parts - len(self.state(session, upload).have)
        if upload.completed_at is not None:
            return upload.sha256, upload.size
        if missing:
            raise Conflict("upload-incomplete", missing=missing)
        digest = hashlib.sha256()
        for part in self._storage.chunks(storage_key(upload.id), upload.parts):
            digest.update(part)
        if digest.hexdigest() != upload.sha256:
            self._discard(upload)
            raise TradingError("upload-digest")
        with self._database.transaction() as session:
            row = session.get(Upload, upload_id, with_for_update=True)
            if row is None:
                raise NotFound("upload-not-found")
            now = self._clock.now(session)
            row.completed_at = row.completed_at or now
            supplied = supply(session, row, now)
            if supplied:
                self._log.append(
                    session,
                    "bid.resupplied",
                    at=now,
                    tender=row.tender_id,
                    actor=actor,
                    address=address,
                    digests={"ciphertext": row.sha256},
                    statement=None,
                )
        if supplied:
            self._wake.set()
        return upload.sha256, upload.size

    def _discard(self, upload: Upload) -> None:
        """Rows first: a crash in between leaves bytes that nothing refers to."""
        with self._database.transaction() as session:
            session.execute(delete(UploadPart).where(UploadPart.upload_id == upload.id))
            session.execute(delete(Upload).where(Upload.id == upload.id, Upload.completed_at.is_(None)))
        self._storage.delete(storage_key(upload.id), upload.parts)
