"""A closed tender's files, as the platform hands them to custodians and packs them."""

from __future__ import annotations

from typing import Any

from bids import package as names
from bids.custody import BidFiles, ClosedTender
from bids.receipts import Receipt
from bids.tokens import token_file
from tests.bids_factory import Tender


def closed_tender(tender: Tender, **changes: Any) -> ClosedTender:
    """What the platform hands to custodians, honestly but for `changes`."""
    facts: dict[str, Any] = {
        "notice": tender.notice.raw,
        "notice_signature": tender.signature,
        "closing": tender.closing_file,
        "leaves": tuple(tender.leaves),
        "bids": bid_files(tender),
        "closing_proof": tender.closing_proof,
        "closing_entry": tender.closing_entry,
        "earlier": tuple((notice.raw, signature) for notice, signature in tender.old_notices),
        "entries": tuple(tender.world.log_entries),
    }
    return ClosedTender(**{**facts, **changes})


def bid_files(tender: Tender) -> dict[str, BidFiles]:
    """The files behind every leaf."""
    withdrawn = {one.withdrawal.bid: one for one in tender.withdrawals}
    files = {}
    for bid in tender.bids:
        taken = withdrawn.get(bid.id)
        back = () if taken is None else (taken.withdrawal.raw, taken.signature, taken.receipt)
        files[bid.id] = BidFiles(bid.manifest.raw, bid.signature, bid.receipt, *back)
    return files


def bid_entries(bid: str, files: BidFiles) -> dict[str, bytes]:
    found = {
        "manifest.json": files.manifest,
        "manifest.p7s": files.signature,
        "receipt.json": files.receipt,
        "withdrawal.json": files.withdrawal,
        "withdrawal.p7s": files.withdrawal_signature,
        "withdrawal-receipt.json": files.withdrawal_receipt,
    }
    entries = {names.bid_name(bid, name): data for name, data in found.items() if data is not None}
    for name, data in list(entries.items()):
        token = Receipt.parse(data).token if name.endswith("receipt.json") else None
        if token is not None:
            entries[name.removesuffix(".json") + ".tsr"] = token_file(token)
    return entries
