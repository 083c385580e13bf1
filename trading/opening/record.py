"""A closed tender as the platform's own rows have it.

Every signature among them was checked when its object was received; the opener does not check
them again, and custodians and verifiers, who trust no row of ours, do it for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.ledger import Leaf, current_bids, parse_leaf
from trading.submission.models import Bid, BidObject, LedgerLeaf, SpoiledObject, Upload
from trading.submission.uploads import storage_key


@dataclass(frozen=True)
class Place:
    """Where a bid stands among its supplier's, as its manifest says."""

    supplier: str
    policy: str
    replaces: str | None


@dataclass(frozen=True)
class StoredObject:
    """A ciphertext in storage: key and number of parts, SHA-256 in hex, size in bytes."""

    key: str
    parts: int
    sha256: str
    size: int


def leaves_on_record(session: Session, tender_id: str) -> list[bytes]:
    """The exact leaves of a tender's ledger, in order."""
    return list(
        session.scalars(
            select(LedgerLeaf.raw).where(LedgerLeaf.tender_id == tender_id).order_by(LedgerLeaf.position)
        )
    )


def current_on_record(
    session: Session, tender_id: str, policy_digest: str, leaves: Iterable[bytes]
) -> tuple[Leaf, ...]:
    """The acceptances of the current bids under the policy, in the ledger's order."""
    rows = session.execute(
        select(Bid.id, Bid.supplier_id, Bid.policy_digest, Bid.replaces).where(Bid.tender_id == tender_id)
    )
    places = {row.id: Place(row.supplier_id, row.policy_digest, row.replaces) for row in rows}
    return current_bids([parse_leaf(leaf) for leaf in leaves], places, policy_digest)


def receipt_times(session: Session, tender_id: str) -> dict[str, datetime]:
    """When each bid of a tender was received."""
    rows = session.execute(select(Bid.id, Bid.received_at).where(Bid.tender_id == tender_id))
    return {row.id: row.received_at for row in rows}


def stored_objects(
    session: Session, ids: Sequence[str], segment: str, part: str, number: int | None = None
) -> dict[tuple[str, int], StoredObject]:
    """Where the ciphertexts of a part of a segment of these bids lie, by bid and object number; what was
    supplied again takes the place of what was lost."""
    again = (
        (SpoiledObject.bid_id == BidObject.bid_id)
        & (SpoiledObject.segment == BidObject.segment)
        & (SpoiledObject.part == BidObject.part)
        & (SpoiledObject.number == BidObject.number)
    )
    query = (
        select(BidObject.bid_id, BidObject.number, Upload)
        .outerjoin(SpoiledObject, again)
        .join(Upload, Upload.id == func.coalesce(SpoiledObject.upload_id, BidObject.upload_id))
        .where(BidObject.bid_id.in_(ids), BidObject.segment == segment, BidObject.part == part)
    )
    if number is not None:
        query = query.where(BidObject.number == number)
    return {
        (row.bid_id, row.number): StoredObject(
            storage_key(row.Upload.id), row.Upload.parts, row.Upload.sha256, row.Upload.size
        )
        for row in session.execute(query)
    }
