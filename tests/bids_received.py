"""Bids and withdrawals as tests have them, and the time-stamps on their receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bids.manifest import Manifest
from bids.receipts import Withdrawal
from bids.tokens import imprint_of
from signing import statements
from tests.bids_platform import Actor

Stamp = Callable[[bytes, datetime], bytes]


@dataclass(frozen=True)
class Bid:
    """A sealed and signed bid, and once received its receipt and leaf."""

    supplier: Actor
    offer: bytes
    manifest: Manifest
    signature: bytes
    objects: Mapping[str, bytes]
    attachments: Mapping[str, bytes]
    receipt: bytes = b""
    leaf: bytes = b""
    secret: bytes | None = None

    @property
    def id(self) -> str:
        return self.manifest.bid

    def ciphertext(self, part: str, number: int = 0, segment: str = "bid") -> bytes:
        """An object's ciphertext."""
        return self.objects[f"objects/{segment}-{part}-{number}"]


@dataclass
class Withdrawn:
    """A withdrawal with its signature, receipt and leaf."""

    supplier: Actor
    withdrawal: Withdrawal
    signature: bytes
    receipt: bytes
    leaf: bytes


def stamped(receipt: bytes, stamp: Stamp | None, at: datetime) -> bytes:
    """A receipt with its time-stamp, if it gets any."""
    if stamp is None:
        return receipt
    read = statements.read_statement(receipt, "sunseal/receipt/v1", with_token=True)
    return statements.add_token(receipt, stamp(imprint_of(read.signature), at))
