"""What a supplier keeps of a bid, as one ZIP: receipt, manifest, signature, time-stamp and, after the
closing, the two proofs; or, as proof against the platform, the whole ledger in place of the leaf's. Whoever
unlocked has the receipt for that too, and the statement that must give the secret.

Names are those of the evidence package where the files are the same. Entries are stored, never compressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from bids.errors import BidError
from bids.package import (
    CLOSING,
    CRLS,
    LEDGER,
    LOG_KEY,
    README,
    ROOTS,
    TIMESTAMP,
    UNLOCKING,
    lines,
    split_lines,
    write_package,
)
from bids.package import read_package as read_zip
from bids.receipts import Receipt
from bids.tokens import token_file
from bids.unlock_receipts import UnlockReceipt, is_unlock_receipt

RECEIPT, TOKEN = "receipt.json", "receipt.tsr"
MANIFEST, MANIFEST_SIGNATURE = "manifest.json", "manifest.p7s"
WITHDRAWAL, WITHDRAWAL_SIGNATURE = "withdrawal.json", "withdrawal.p7s"
WITHDRAWAL_RECEIPT, WITHDRAWAL_TOKEN = "withdrawal-receipt.json", "withdrawal-receipt.tsr"
LEAF, LEAF_PROOF = "leaf.json", "leaf.tlog-proof"
WITHDRAWAL_LEAF, WITHDRAWAL_LEAF_PROOF = "withdrawal-leaf.json", "withdrawal-leaf.tlog-proof"
LOG_ENTRY, LOG_PROOF = "log/closing.json", "log/closing.tlog-proof"
UNLOCK_RECEIPT, UNLOCK_TOKEN = "unlock-receipt.json", "unlock-receipt.tsr"
UNLOCK_ENTRY, UNLOCK_PROOF = "log/unlocking.json", "log/unlocking.tlog-proof"

_NAMES = frozenset(
    (RECEIPT, TOKEN, MANIFEST, MANIFEST_SIGNATURE, WITHDRAWAL, WITHDRAWAL_SIGNATURE, WITHDRAWAL_RECEIPT)
    + (WITHDRAWAL_TOKEN, CLOSING, LEAF, LEAF_PROOF, LEDGER, LOG_ENTRY, LOG_PROOF, LOG_KEY, README)
    + (ROOTS, CRLS, TIMESTAMP, WITHDRAWAL_LEAF, WITHDRAWAL_LEAF_PROOF)
    + (UNLOCK_RECEIPT, UNLOCK_TOKEN, UNLOCKING, UNLOCK_ENTRY, UNLOCK_PROOF)
)

_LEDGERED = (
    (RECEIPT, MANIFEST, MANIFEST_SIGNATURE, LEAF, LEAF_PROOF),
    (WITHDRAWAL_RECEIPT, WITHDRAWAL, WITHDRAWAL_SIGNATURE, WITHDRAWAL_LEAF, WITHDRAWAL_LEAF_PROOF),
)


@dataclass(frozen=True)
class Kept:
    """A receipt and what it is for, and what its holder has of the published ledger; None is not at hand.

    `document` and `signature` are manifest or withdrawal and their signature. `leaf` and `leaf_proof` prove
    one leaf under the closing's checkpoint, `ledger` are all leaves; `entry` and `entry_proof` prove the
    closing in the log. A receipt for unlocking has `unlocking`, the statement that ended the window, in place
    of closing and ledger, and `entry` is that statement's. `roots`, `crls`, `tsa` (PEM) and `log_key` are the
    platform's word, for whoever has no better.
    """

    receipt: bytes
    document: bytes | None = None
    signature: bytes | None = None
    closing: bytes | None = None
    leaf: bytes | None = None
    leaf_proof: bytes | None = None
    ledger: tuple[bytes, ...] | None = None
    unlocking: bytes | None = None
    entry: bytes | None = None
    entry_proof: bytes | None = None
    log_key: bytes | None = None
    roots: bytes | None = None
    crls: bytes | None = None
    tsa: bytes | None = None


def parse_receipt(file: bytes) -> Receipt | UnlockReceipt:
    """A receipt of either kind from its file's bytes, the signature unchecked; BidError."""
    return UnlockReceipt.parse(file) if is_unlock_receipt(file) else Receipt.parse(file)


def files_of(kept: Kept, readme: str) -> dict[str, bytes]:
    """The bundle's files, of a bid, of its withdrawal or of its unlocking."""
    receipt = parse_receipt(kept.receipt)
    token = receipt.token and token_file(receipt.token)
    found: dict[str, bytes | None]
    if isinstance(receipt, UnlockReceipt):
        found = {
            UNLOCK_RECEIPT: kept.receipt,
            MANIFEST: kept.document,
            MANIFEST_SIGNATURE: kept.signature,
            UNLOCK_TOKEN: token,
            UNLOCKING: kept.unlocking,
            UNLOCK_ENTRY: kept.entry,
            UNLOCK_PROOF: kept.entry_proof,
        }
    else:
        taken_back = receipt.kind == "withdrawal"
        found = {
            WITHDRAWAL_RECEIPT if taken_back else RECEIPT: kept.receipt,
            WITHDRAWAL if taken_back else MANIFEST: kept.document,
            WITHDRAWAL_SIGNATURE if taken_back else MANIFEST_SIGNATURE: kept.signature,
            WITHDRAWAL_TOKEN if taken_back else TOKEN: token,
            CLOSING: kept.closing,
            WITHDRAWAL_LEAF if taken_back else LEAF: kept.leaf,
            WITHDRAWAL_LEAF_PROOF if taken_back else LEAF_PROOF: kept.leaf_proof,
            LEDGER: None if kept.ledger is None else lines(kept.ledger),
            LOG_ENTRY: kept.entry,
            LOG_PROOF: kept.entry_proof,
        }
    found |= {
        LOG_KEY: kept.log_key,
        ROOTS: kept.roots,
        CRLS: kept.crls,
        TIMESTAMP: kept.tsa,
        README: readme.encode(),
    }
    return {name: data for name, data in found.items() if data is not None}


def write_bundle(sink: BinaryIO, files: Mapping[str, bytes]) -> None:
    """Write the ZIP; the same bytes for the same files. BidError "package-…"."""
    write_package(sink, files.items(), is_bundle_name)


def is_bundle_name(name: str) -> bool:
    """Whether a bundle may hold a file of this name."""
    return name in _NAMES


def read_bundle(stream: BinaryIO) -> list[Kept]:
    """The receipts of a bundle: of the bid, of its withdrawal, of its unlocking; nothing in it was checked.

    Raises BidError: "package-…" for a file that is no such ZIP, "receipt-bundle-empty" without a receipt.
    """
    package = read_zip(stream, is_bundle_name)

    def read(name: str) -> bytes | None:
        return package.read(name) if name in package else None

    shared = Kept(b"", log_key=read(LOG_KEY), roots=read(ROOTS), crls=read(CRLS), tsa=read(TIMESTAMP))
    found = []
    for receipt, document, signature, leaf, proof in _LEDGERED:
        file, ledger = read(receipt), read(LEDGER)
        if file is None:
            continue
        found.append(
            replace(
                shared,
                receipt=file,
                document=read(document),
                signature=read(signature),
                closing=read(CLOSING),
                leaf=read(leaf),
                leaf_proof=read(proof),
                ledger=None if ledger is None else split_lines(ledger, LEDGER),
                entry=read(LOG_ENTRY),
                entry_proof=read(LOG_PROOF),
            )
        )
    unlocked = read(UNLOCK_RECEIPT)
    if unlocked is not None:
        found.append(
            replace(
                shared,
                receipt=unlocked,
                document=read(MANIFEST),
                signature=read(MANIFEST_SIGNATURE),
                unlocking=read(UNLOCKING),
                entry=read(UNLOCK_ENTRY),
                entry_proof=read(UNLOCK_PROOF),
            )
        )
    if not found:
        raise BidError("receipt-bundle-empty")
    return found
