"""What shows that the enrolments of those who signed stand in the log: a file of the evidence package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.entries import Entry
from bids.objects import write_object
from bids.trust import Enrolment
from signing.encoding import b64encode
from trading.accounts.enrolment_days import opening
from trading.accounts.models import EnrolmentDay, Organisation
from trading.audit.models import LogEntry
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI


class LoggedEnrolments:
    """Proofs against the checkpoint of the log of `size` entries."""

    def __init__(self, log: AuditLog, session: Session, size: int) -> None:
        self._log = log
        self._session = session
        self._size = size

    def file(self, enrolments: Sequence[Enrolment]) -> bytes:
        """The file: agencies' and custodians' by their own entries, suppliers' by the newest daily root."""
        others = {one.certificate for one in enrolments if one.role != "supplier"}
        issued = [self._logged(position, raw) for position, raw in self._issued(others)]
        parties = sorted({one.party for one in enrolments if one.role == "supplier"})
        day = self._day(parties)
        return write_object("logged-enrolments", {"issued": issued, **({} if day is None else {"day": day})})

    def _issued(self, certificates: set[str]) -> Iterator[tuple[int, bytes]]:
        """The entries of these certificates. By the log itself: what stands beside it may be lost."""
        found = (
            select(LogEntry.position, LogEntry.raw)
            .where(LogEntry.act == "certificate.issued", LogEntry.position < self._size)
            .order_by(LogEntry.position)
        )
        for position, raw in self._session.execute(found):
            if Entry.parse(raw).digests.get("certificate") in certificates:
                yield position, raw

    def _day(self, parties: Sequence[str]) -> dict[str, Any] | None:
        """The newest root, with the parties' places under it; None if there is none yet."""
        found = select(EnrolmentDay).where(EnrolmentDay.log_position < self._size)
        row = self._session.scalar(found.order_by(EnrolmentDay.log_position.desc()).limit(1))
        if row is None:
            return None
        openings = []
        for party in parties:
            since = self._session.get_one(Organisation, party).enrolled_at.astimezone(SHANGHAI)
            if since.date().isoformat() <= row.day:
                place = opening(self._session, row, party)
                hashes = [b64encode(each) for each in place.hashes]
                openings.append({"party": party, "leaf": b64encode(place.leaf), "hashes": hashes})
        entry = self._session.get_one(LogEntry, row.log_position)
        return {**self._logged(entry.position, entry.raw), "openings": openings}

    def _logged(self, position: int, raw: bytes) -> dict[str, Any]:
        hashes = self._log.inclusion(self._session, position, self._size)
        return {"entry": b64encode(raw), "index": position, "hashes": [b64encode(each) for each in hashes]}
