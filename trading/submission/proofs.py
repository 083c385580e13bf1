"""What a supplier fetches after closing: its leaf in the ledger, the closing statement in the log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.closing import Closing as ClosingStatement
from signing.merkle import MemoryTree, leaf_hash
from signing.notes import format_proof
from trading.audit.services import AuditLog
from trading.errors import Conflict
from trading.opening.models import Closing
from trading.platform import Platform
from trading.submission.models import Bid, LedgerLeaf
from trading.tenders.models import Tender


@dataclass(frozen=True)
class Proofs:
    """Two C2SP tlog-proofs, the signed closing statement's file, and the exact leaf that is proved."""

    leaf: bytes
    ledger: bytes
    closing: bytes
    closing_file: bytes


def ledger_leaves(session: Session, tender_id: str) -> list[LedgerLeaf]:
    """The whole ledger in order; for nobody's eyes before closing."""
    return list(
        session.scalars(
            select(LedgerLeaf).where(LedgerLeaf.tender_id == tender_id).order_by(LedgerLeaf.position)
        )
    )


def proofs_of(
    session: Session, platform: Platform, tender: Tender, bid: Bid, kind: str = "acceptance"
) -> Proofs:
    """The proofs for a bid's acceptance, or ("withdrawal-leaf") for its withdrawal.

    Raises:
        Conflict: "ledger-not-closed".
    """
    closing = session.get(Closing, tender.id)
    if closing is None:
        raise Conflict("ledger-not-closed")
    leaves = ledger_leaves(session, tender.id)[: closing.ledger_size]
    tree = MemoryTree(leaf_hash(leaf.raw) for leaf in leaves)
    index = next(n for n, leaf in enumerate(leaves) if leaf.bid_id == bid.id and leaf.kind == kind)
    checkpoint = ClosingStatement.parse(closing.raw).checkpoint
    log = AuditLog(platform)
    return Proofs(
        leaf=leaves[index].raw,
        ledger=format_proof(index, tree.inclusion(index), checkpoint),
        closing=log.proof(session, closing.log_position, log.head(session)),
        closing_file=closing.raw,
    )
