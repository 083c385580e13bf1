"""Checks on the server: a tender's, as `sunseal verify` makes it, with the platform's anchors; a day's."""

from __future__ import annotations

import io
import threading

from sqlalchemy.orm import Session

from bids.package import read_package
from bids.verification import Report, verify
from signing.certificates import dump_pem
from trading.audit.days import ActDays, DayCheck
from trading.audit.services import AuditLog
from trading.errors import Conflict, NotFound, TradingError
from trading.evidence.files import published_file
from trading.evidence.models import PublishedFile
from trading.platform import Platform

MOST_BYTES = 256 * 1024 * 1024
_PAGE = 2000

_one_at_a_time = threading.Lock()


class Supervision:
    """What a supervisor sets going."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._log = AuditLog(platform)

    def evidence(self, session: Session, tender_id: str) -> PublishedFile:
        """The package to be checked.

        Raises:
            NotFound: not published yet. TradingError: too large to be checked here.
        """
        row = published_file(session, tender_id, "evidence")
        if row is None:
            raise NotFound("integrity-no-evidence")
        if row.size > MOST_BYTES:
            raise TradingError("integrity-too-large", most=MOST_BYTES // 1024 // 1024)
        return row

    def check(self, tender_id: str, row: PublishedFile) -> Report:
        """Check the package against this platform's root, its log key, and all entries of the log.

        Raises:
            Conflict: another check is running.
        """
        if not _one_at_a_time.acquire(blocking=False):
            raise Conflict("integrity-busy")
        try:
            data = b"".join(self._platform.storage.chunks(row.storage_key, row.parts))
            keys = self._platform.keys
            with self._platform.database.reading() as session:
                entries = self._entries(session)
            # As documents are signed: loaded when it is wanted.
            from trading.evidence.pades_check import examine

            package, roots = read_package(io.BytesIO(data)), dump_pem(keys.roots)
            return verify(package, roots, keys.log.vkey, entries, documents=examine)
        finally:
            _one_at_a_time.release()

    def check_day(self, day: str) -> DayCheck:
        """Compare all private acts of a day with its root in the log.

        Raises:
            NotFound: the log has no root of it (yet). Conflict: another check is running.
        """
        if not _one_at_a_time.acquire(blocking=False):
            raise Conflict("integrity-busy")
        try:
            with self._platform.database.reading() as session:
                return ActDays(self._log, self._platform.clock).check(session, day)
        finally:
            _one_at_a_time.release()

    def _entries(self, session: Session) -> bytes:
        """All leaves of the log, one a line."""
        lines: list[bytes] = []
        while page := self._log.slice(session, len(lines), _PAGE):
            lines += [entry.raw for entry in page]
        return b"".join(line + b"\n" for line in lines)
