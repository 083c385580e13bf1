"""Receipts for unlocking (Order 20 art. 30, 31): the platform's word that a bidder's secret came in time.

When the window has ended, the platform's unlocking statement must give that secret, as received at that time.
Where it does not, two of the platform's own signatures contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from bids.errors import BidError
from bids.examination import about, examine_entry
from bids.manifest import Manifest
from bids.objects import build_statement, file_of, read_signed, type_of
from bids.package import LOG_ENTRIES, UNLOCKING
from bids.trust import Trust, verify_platform
from bids.unlocking import Unlocking
from signing.canonical import JSON, digest
from signing.encoding import format_time, parse_time
from signing.notes import Checkpoint
from signing.revocations import Revocations
from signing.statements import Statement

_TYPE = f'"{type_of("unlock-receipt")}"'.encode()


@dataclass(frozen=True)
class UnlockReceipt:
    """The platform's receipt for the secret of one bid; `lock` is that secret's SHA-256 (hex).

    `raw` is the file, `digest` that of the statement; `cms` is the platform's own signature (DER), `token`
    the time-stamp over it (DER), or None: a receipt stands without.
    """

    raw: bytes
    digest: str
    at: datetime
    tender: str
    policy: str
    bid: str
    lock: str
    received_at: datetime
    cms: bytes
    token: bytes | None

    @classmethod
    def parse(cls, source: bytes | Statement) -> UnlockReceipt:
        """From its file's bytes (or as `signing` read it), the signature unchecked; BidError."""
        read = read_signed(source, "unlock-receipt")
        members = read.statement
        receipt = cls(
            raw=source if isinstance(source, bytes) else file_of(read),
            digest=read.digest,
            at=parse_time(members["at"]),
            tender=members["tender"],
            policy=members["policy"],
            bid=members["bid"],
            lock=members["lock"],
            received_at=parse_time(members["received_at"]),
            cms=read.signature,
            token=read.token,
        )
        if receipt.at < receipt.received_at:
            raise BidError("receipt-before-receiving", bid=receipt.bid)
        return receipt


def is_unlock_receipt(file: bytes) -> bool:
    """Whether a file says that it is one; no other receipt has these words in it, in base64 neither."""
    return _TYPE in file


def build_unlock_receipt(manifest: Manifest, at: datetime) -> dict[str, JSON]:
    """The receipt's statement for a secret received at `at` (UTC)."""
    return build_statement(
        "unlock-receipt",
        {
            "at": format_time(at),
            "tender": manifest.tender,
            "policy": manifest.policy,
            "bid": manifest.bid,
            "lock": manifest.lock,
            "received_at": format_time(at),
        },
    )


def verify_unlock_receipt(
    file: bytes, roots: Sequence[x509.Certificate], revocations: Revocations | None = None
) -> UnlockReceipt:
    """A receipt that the platform's receipt key signed, judged as of its `at`; its token is read, not checked
    (see `tokens`). BidError."""
    return UnlockReceipt.parse(verify_platform(file, "unlock-receipt", "receipt", roots, revocations))


def check_unlock_receipt(
    file: bytes, roots: Sequence[x509.Certificate], *, tender: str, policy: str, bid: str, lock: str
) -> UnlockReceipt:
    """A receipt signed by the platform's receipt key for the lock (its digest) of this very bid; BidError."""
    receipt = verify_unlock_receipt(file, roots)
    match_unlock_receipt(receipt, tender=tender, policy=policy, bid=bid, lock=lock)
    return receipt


def match_unlock_receipt(
    receipt: UnlockReceipt, *, tender: str, policy: str, bid: str, lock: str | None
) -> None:
    """BidError "receipt-mismatch" unless the receipt is for this bid's lock."""
    for member, wanted in (("tender", tender), ("policy", policy), ("bid", bid), ("lock", lock)):
        if getattr(receipt, member) != wanted:
            raise BidError("receipt-mismatch", member=member, bid=bid)


def check_unlocking_of(receipt: UnlockReceipt, unlocking: Unlocking) -> None:
    """The statement is of the receipt's tender, and the receipt from within the window that it names.

    Raises BidError: "unlocking-other-tender"; "unlock-receipt-outside", which is no excuse, as the platform
    gives none outside of the window: one of its two statements is false.
    """
    if unlocking.tender != receipt.tender:
        raise BidError("unlocking-other-tender", file=UNLOCKING)
    if not unlocking.opened_at <= receipt.received_at <= min(unlocking.until, unlocking.at):
        raise BidError("unlock-receipt-outside", bid=receipt.bid, file=UNLOCKING)


def check_unlocked(receipt: UnlockReceipt, unlocking: Unlocking) -> None:
    """The statement gives the secret that the receipt is for, as received when the receipt says.

    Raises BidError "unlock-promise-missing", "unlock-promise-silent", "unlock-promise-differs".
    """
    bid = receipt.bid
    row = unlocking.of(bid)
    if row is None:
        raise BidError("unlock-promise-missing", bid=bid, file=UNLOCKING)
    if row.secret is None or row.received_at is None:
        raise BidError("unlock-promise-silent", bid=bid, file=UNLOCKING)
    if digest(row.secret) != receipt.lock:
        raise BidError("unlock-promise-differs", bid=bid, member="secret", file=UNLOCKING)
    if row.received_at != receipt.received_at:
        raise BidError("unlock-promise-differs", bid=bid, member="received_at", file=UNLOCKING)


def examine_unlocking_entry(entry: bytes, proof: bytes, unlocking: Unlocking, trust: Trust) -> Checkpoint:
    """The log's entry of the unlocking statement, and that it is in the log.

    Raises BidError: "log-key-missing", "unlocking-not-logged", or what is wrong with the proof.
    """
    with about(LOG_ENTRIES):
        checkpoint, read = examine_entry(entry, proof, trust, "unlocking proof")
        named = read.act == "opening.unlocked" and read.tender == unlocking.tender
        if not named or read.digests.get("unlocking") != unlocking.digest:
            raise BidError("unlocking-not-logged")
    return checkpoint
