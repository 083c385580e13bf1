"""Reports rendered and evidence packed, each once: found by the scanner, safe to kill anywhere."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, BinaryIO, cast

from sqlalchemy.orm import Session

from bids import package as names
from bids.objects import read_signed
from bids.package import build_evidence, evidence_digests, lines, proof_name, write_package
from bids.trust import Enrolment
from reports import award_notice, award_report, opening_record
from signing import canonical
from signing.encoding import new_id
from signing.notes import read_checkpoint
from trading.accounts.enrolment_days import catch_up
from trading.audit.services import AuditLog
from trading.audit.witnesses import Witnesses
from trading.evidence.contents import Load, listed_files, texts
from trading.evidence.enrolments import LoggedEnrolments
from trading.evidence.files import publish_file, published_file, record_kind
from trading.evidence.gathering import FactsOf
from trading.evidence.models import EvidenceStatement
from trading.evidence.sealing import Sealing
from trading.opening.stages import stages_of
from trading.opening.statements import sign
from trading.platform import Platform
from trading.queue import Hold, claim, step
from trading.storage import PART_BYTES
from trading.tenders.models import Tender
from trading.tenders.services import Tenders

_PATIENCE = timedelta(minutes=1)
_BEAT_SHARE = 0.2  # of a claim's time


_FACTS: dict[str, Callable[[FactsOf], Any]] = {
    "award-report": FactsOf.award,
    "award-notice": FactsOf.award_notice,
}
_RENDER: dict[str, Callable[[Any], bytes]] = {
    "award-report": award_report.render,
    "award-notice": award_notice.render,
}


class Reports:
    """Renders and signs the PDF documents that everybody may read."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._sealing = Sealing(platform)

    def render_stages(self, tender_id: str) -> None:
        """Render the opening records of segments before the last, sign them and publish them."""
        with self._platform.database.reading() as session:
            segments = list(stages_of(session, tender_id))
        for segment in segments:
            self.render(tender_id, record_kind(segment), segment)

    def render(self, tender_id: str, kind: str, segment: str | None = None) -> None:
        """Render a document, sign it and publish it, if nobody has. `segment` is the one whose opening record
        it is, where that is not the last."""
        with claim(self._platform, f"render-{kind}", tender_id) as hold:
            if hold is None:
                return
            with self._platform.database.reading() as session:
                if published_file(session, tender_id, kind) is not None:
                    return
                found = FactsOf(self._platform, session, session.get_one(Tender, tender_id), segment)
                facts = _FACTS.get(kind, FactsOf.opening)(found)
            step("rendering:facts-read", tender_id, kind=kind)
            pdf = _RENDER.get(kind, opening_record.render)(facts)
            step("rendering:rendered", tender_id, kind=kind)
            sealed = self._sealing.seal(pdf)
            step("rendering:stored", tender_id, kind=kind)
            # Published whoever holds the claim by now, once: rendering may take longer than a claim lasts,
            # two workers would take it from each other for ever, and both say the same.
            with self._platform.database.transaction() as session:
                now = self._platform.clock.now(session)
                published = publish_file(session, tender_id, kind, sealed.stored, now)
                if published:
                    self._sealing.keep(session, sealed, now)
            if not published:
                self._sealing.discard(sealed)
            step("rendering:published", tender_id, kind=kind)


class EvidencePackages:
    """Builds the evidence package of a tender that has ended."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._log = AuditLog(platform)
        self._witnesses = Witnesses(platform)
        self._tenders = Tenders(platform)

    def build(self, tender_id: str) -> None:
        """State and log the evidence once, then pack it; both survive being killed at any line.

        1. The daily root of suppliers' enrolments, if one is due, and the digests of all files; the texts
           among them are kept under their digest.
        2. One transaction: the evidence statement, logged last of the tender's entries.
        3. The ZIP, with proofs against a checkpoint that holds that entry, into storage. Where the log has
           witnesses, they are waited for, a minute at most.
        4. One transaction publishes it.

        Raises:
            ClaimLost: another worker has taken over.
        """
        step("evidence:started", tender_id)
        with claim(self._platform, "evidence", tender_id) as hold:
            if hold is None:
                return
            if not self._stated(tender_id):
                catch_up(self._platform)
                self._state(tender_id, hold)
            if self._waits(tender_id):
                return  # it stays due, and the next scan looks again
            self._pack(tender_id, hold)
        step("evidence:finished", tender_id)

    def _stated(self, tender_id: str) -> bool:
        with self._platform.database.reading() as session:
            return session.get(EvidenceStatement, tender_id) is not None

    def _state(self, tender_id: str, hold: Hold) -> None:
        beat = _Beat(self._platform, hold)
        with self._platform.database.reading() as session:
            tender = session.get_one(Tender, tender_id)
            digests: dict[str, str] = {}
            files = listed_files(self._platform, session, tender)
            for name in sorted(files):
                digests[name] = canonical.digest(files[name]())
                beat()
            for name, data in texts(self._platform, session, tender).items():
                digests[name] = canonical.digest(data)
                self._platform.storage.put_bytes(_text_key(tender_id, digests[name]), data)
        step("evidence:digested", tender_id, files=len(digests))
        with self._platform.database.transaction() as session:
            # Everything that logs an entry of the tender locks this row first, so none comes between.
            self._tenders.lock(session, tender_id)
            hold.check(self._platform, session)
            now = self._platform.clock.now(session)
            signed = sign(self._platform, build_evidence(tender_id, digests, now), now)
            row = EvidenceStatement(
                tender_id=tender_id, raw=signed.raw, digest=signed.digest, log_position=-1, at=now
            )
            session.add(row)
            session.flush()
            step("evidence:stated", tender_id)
            earlier = [entry.raw for entry in self._log.entries(session, tender_id)]
            entry = self._log.append(
                session, "evidence.published", at=now, tender=tender_id, actor=None, address=None,
                digests=evidence_digests(signed.raw, earlier), statement=None,
            )
            row.log_position = entry.position
            step("evidence:logged", tender_id)
        step("evidence:committed", tender_id)

    def _pack(self, tender_id: str, hold: Hold) -> None:
        beat = _Beat(self._platform, hold)
        with tempfile.TemporaryFile(prefix="sunseal-evidence-") as file:
            with self._platform.database.reading() as session:
                if published_file(session, tender_id, "evidence") is not None:
                    return
                write_package(cast(BinaryIO, file), self._files(session, tender_id, beat))
            step("evidence:packed", tender_id)
            file.seek(0)
            # A key of its own for each run: a killed one's parts are never mixed with another's.
            source = cast(BinaryIO, _Beating(cast(BinaryIO, file), beat))
            stored = self._platform.storage.put_stream(f"evidence/{tender_id}/{new_id()}", source)
        step("evidence:stored", tender_id)
        with self._platform.database.transaction() as session:
            hold.check(self._platform, session)
            now = self._platform.clock.now(session)
            published = publish_file(session, tender_id, "evidence", stored, now)
        if not published:
            self._platform.storage.delete(stored.key, stored.parts)
        step("evidence:published", tender_id)

    def _files(
        self, session: Session, tender_id: str, beat: Callable[[], None]
    ) -> Iterator[tuple[str, bytes | BinaryIO]]:
        tender = session.get_one(Tender, tender_id)
        row = session.get_one(EvidenceStatement, tender_id)
        listed: dict[str, str] = read_signed(row.raw, "evidence").statement["files"]
        files = listed_files(self._platform, session, tender)
        for name, digest in listed.items():
            load = files.get(name) or self._text(tender_id, digest)
            yield name, cast(BinaryIO, _Later(load, beat))
        yield names.EVIDENCE, row.raw
        enrolments = self._text(tender_id, listed[names.ENROLMENTS])()
        yield from self._log_files(session, tender_id, row.log_position, enrolments)

    def _text(self, tender_id: str, digest: str) -> Load:
        key = _text_key(tender_id, digest)
        return lambda: b"".join(self._chunks(key))

    def _chunks(self, key: str) -> Iterable[bytes]:
        number = 0
        while True:
            part = self._platform.storage.read_part(key, number)
            yield part
            if len(part) < PART_BYTES:
                return
            number += 1

    def _log_files(
        self, session: Session, tender_id: str, position: int, enrolments: bytes
    ) -> Iterator[tuple[str, bytes]]:
        """The tender's entries up to the evidence's, and proofs against the cosigned log that holds it, or
        where nobody cosigned it the log as it was right after it. `enrolments` is the package's file of
        them."""
        entries = [entry for entry in self._log.entries(session, tender_id) if entry.position <= position]
        checkpoint = self._cosigned(session, position) or self._log.checkpoint(session, position + 1)
        size = read_checkpoint(checkpoint).size
        yield names.LOG_KEY, f"{self._platform.keys.log.vkey}\n".encode()
        yield names.LOG_CHECKPOINT, checkpoint
        yield names.LOG_ENTRIES, lines(entry.raw for entry in entries)
        signed = [Enrolment.parse(canonical.dumps(each)) for each in canonical.loads(enrolments)]
        logged = LoggedEnrolments(self._log, session, size)
        yield names.LOG_ENROLMENTS, logged.file(signed)
        for entry in entries:
            yield proof_name(entry.position), self._log.proof(session, entry.position, size, checkpoint)

    def _cosigned(self, session: Session, position: int) -> bytes | None:
        found = self._witnesses.holding(session, position)
        return found[0] if found else None

    def _waits(self, tender_id: str) -> bool:
        """Whether the witnesses whose cosignatures are wanted have still to give them, for a while."""
        if not self._witnesses.policy.witnesses:
            return False
        with self._platform.database.reading() as session:
            row = session.get_one(EvidenceStatement, tender_id)
            if self._platform.clock.now(session) > row.at + _PATIENCE:
                return False
            return not self._witnesses.enough(session, row.log_position)


def _text_key(tender_id: str, digest: str) -> str:
    return f"evidence-texts/{tender_id}/{digest}"


class _Beat:
    """Lengthens a claim every few seconds of long work; raises ClaimLost when it is another's."""

    def __init__(self, platform: Platform, hold: Hold) -> None:
        self._platform = platform
        self._hold = hold
        self._pause = platform.settings.claim_seconds * _BEAT_SHARE
        self._last = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last < self._pause:
            return
        with self._platform.database.transaction() as session:
            self._hold.check(self._platform, session)
        self._last = time.monotonic()


class _Later:
    """A file of the package that is read when its turn comes."""

    def __init__(self, load: Load, beat: Callable[[], None]) -> None:
        self._load = load
        self._beat = beat

    def read(self, size: int = -1, /) -> bytes:
        """All of it, whatever is asked for."""
        self._beat()
        return self._load()


class _Beating:
    """A stream whose reads lengthen the claim."""

    def __init__(self, stream: BinaryIO, beat: Callable[[], None]) -> None:
        self._stream = stream
        self._beat = beat

    def read(self, size: int = -1, /) -> bytes:
        """As the stream's own."""
        self._beat()
        return self._stream.read(size)
