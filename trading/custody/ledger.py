"""The frozen ledger in pages: leaves in order, with the files behind each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from signing.encoding import b64encode
from trading.opening.models import Closing
from trading.submission.models import Bid, LedgerLeaf, Withdrawal

_PAGE_BYTES = 4 * 1024 * 1024
_WITHDRAWAL = "withdrawal-leaf"


class LedgerPages:
    """Reads a closed tender's ledger."""

    def __init__(self, session: Session, closing: Closing) -> None:
        self._session = session
        self._closing = closing

    def page(self, start: int, limit: int) -> dict[str, Any]:
        """Leaves from `start` on: at most `limit` of them, and one or more of about 4 MiB together."""
        rows = self._session.execute(
            select(LedgerLeaf.bid_id, LedgerLeaf.kind, LedgerLeaf.raw)
            .where(LedgerLeaf.tender_id == self._closing.tender_id, LedgerLeaf.position >= start)
            .where(LedgerLeaf.position < self._closing.ledger_size)
            .order_by(LedgerLeaf.position)
            .limit(limit)
        ).all()
        rows = rows[: self._fitting([(row.bid_id, row.kind) for row in rows])]
        accepted = self._bids([row.bid_id for row in rows if row.kind != _WITHDRAWAL])
        withdrawn = self._withdrawals([row.bid_id for row in rows if row.kind == _WITHDRAWAL])
        items = [
            {
                "leaf": b64encode(row.raw),
                **(withdrawn if row.kind == _WITHDRAWAL else accepted)[row.bid_id],
            }
            for row in rows
        ]
        end = start + len(items)
        return {
            "size": self._closing.ledger_size,
            "items": items,
            "next": end if items and end < self._closing.ledger_size else None,
        }

    def _fitting(self, rows: list[tuple[str, str]]) -> int:
        """How many of the rows make a page: manifests may have 1 MiB each."""
        wanted = [bid for bid, kind in rows if kind != _WITHDRAWAL]
        lengths = select(Bid.id, func.length(Bid.manifest)).where(Bid.id.in_(wanted))
        sizes: dict[str, int] = dict(self._session.execute(lengths).all())
        total = 0
        for count, (bid, kind) in enumerate(rows):
            total += sizes.get(bid, 0) if kind != _WITHDRAWAL else 0
            if total > _PAGE_BYTES and count:
                return count
        return len(rows)

    def _bids(self, ids: list[str]) -> dict[str, dict[str, str]]:
        rows = self._session.execute(
            select(Bid.id, Bid.manifest, Bid.signature, Bid.receipt).where(Bid.id.in_(ids))
        )
        return {
            row.id: {
                "manifest": b64encode(row.manifest),
                "signature": b64encode(row.signature),
                "receipt": b64encode(row.receipt),
            }
            for row in rows
        }

    def _withdrawals(self, ids: list[str]) -> dict[str, dict[str, str]]:
        rows = self._session.execute(
            select(Withdrawal.bid_id, Withdrawal.raw, Withdrawal.signature, Withdrawal.receipt).where(
                Withdrawal.bid_id.in_(ids)
            )
        )
        return {
            row.bid_id: {
                "withdrawal": b64encode(row.raw),
                "withdrawal_signature": b64encode(row.signature),
                "receipt": b64encode(row.receipt),
            }
            for row in rows
        }
