"""What the agency fetches to open bids' attachments on its own machine, with its envelope key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.encoding import b64encode
from trading.custody.models import FilesShare
from trading.errors import Conflict, NotFound
from trading.opening.models import OpenedBid
from trading.opening.record import stored_objects
from trading.opening.stages import is_opened, shown_segment
from trading.platform import Platform
from trading.submission.models import Bid
from trading.tenders.models import Tender


class BidFilesDesk:
    """Hands out the `files` parts of opened bids: ciphertexts, and shares sealed to the agency.

    Nothing here can be read without the agency's envelope key, which the platform has not.
    """

    def __init__(self, platform: Platform, session: Session) -> None:
        self._platform = platform
        self._session = session

    def describe(self, tender: Tender, bid_id: str, segment: str | None = None) -> dict[str, Any]:
        """The manifest and, of a segment, by default the one opened last, the sealed shares and the objects.

        Raises:
            Conflict: the opening record is not there yet. NotFound: no such segment, or bid opened in it.
        """
        segment = self._admit(tender, bid_id, segment)
        objects = stored_objects(self._session, [bid_id], segment, "files")
        shares = self._session.scalars(
            select(FilesShare)
            .where(
                FilesShare.tender_id == tender.id, FilesShare.segment == segment, FilesShare.bid_id == bid_id
            )
            .order_by(FilesShare.custodian_id)
        )
        return {
            "manifest": b64encode(self._session.get_one(Bid, bid_id).manifest),
            "shares": [{"custodian": row.custodian_id, "sealed": b64encode(row.sealed)} for row in shares],
            "objects": [
                {"number": number, "size": stored.size, "sha256": stored.sha256}
                for (_, number), stored in sorted(objects.items())
            ],
        }

    def stream(
        self, tender: Tender, bid_id: str, number: int, segment: str | None = None
    ) -> tuple[int, Iterator[bytes]]:
        """The size and bytes of one ciphertext, part by part.

        Raises:
            Conflict, NotFound: as describe; also for a number the bid does not have.
        """
        segment = self._admit(tender, bid_id, segment)
        stored = stored_objects(self._session, [bid_id], segment, "files", number).get((bid_id, number))
        if stored is None:
            raise NotFound("not-found")
        return stored.size, self._platform.storage.chunks(stored.key, stored.parts)

    def _admit(self, tender: Tender, bid_id: str, segment: str | None) -> str:
        segment = shown_segment(self._session, tender, segment)
        if not is_opened(self._session, tender, segment):
            raise Conflict("tender-not-opened")
        row = self._session.get(OpenedBid, (tender.id, segment, bid_id))
        if row is None or not row.opened:
            raise NotFound("bid-not-opened")
        return segment
