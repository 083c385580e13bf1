"""What a supplier keeps of a bid, as one ZIP: receipt, manifest, signature, time-stamp and, after the
closing, the two proofs; or, as proof against the platform, the whole ledger in place of the leaf's.

Names are those of the evidence package where the files are the same. Entries are stored, never compressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    Package,
    lines,
    split_lines,
    write_package,
)
from bids.package import read_package as read_zip
from bids.receipts import Receipt
from bids.tokens import token_file

RECEIPT, TOKEN = "receipt.json", "receipt.tsr"
MANIFEST, MANIFEST_SIGNATURE = "manifest.json", "manifest.p7s"
WITHDRAWAL, WITHDRAWAL_SIGNATURE = "withdrawal.json", "withdrawal.p7s"
WITHDRAWAL_RECEIPT, WITHDRAWAL_TOKEN = "withdrawal-receipt.json", "withdrawal-receipt.tsr"
LEAF, LEAF_PROOF = "leaf.json", "leaf.tlog-proof"
WITHDRAWAL_LEAF, WITHDRAWAL_LEAF_PROOF = "withdrawal-leaf.json", "withdrawal-leaf.tlog-proof"
LOG_ENTRY, LOG_PROOF = "log/closing.json", "log/closing.tlog-proof"

_NAMES = frozenset(
    (RECEIPT, TOKEN, MANIFEST, MANIFEST_SIGNATURE, WITHDRAWAL, WITHDRAWAL_SIGNATURE, WITHDRAWAL_RECEIPT)
    + (WITHDRAWAL_TOKEN, CLOSING, LEAF, LEAF_PROOF, LEDGER, LOG_ENTRY, LOG_PROOF, LOG_KEY, README)
    + (ROOTS, CRLS, TIMESTAMP, WITHDRAWAL_LEAF, WITHDRAWAL_LEAF_PROOF)
)


@dataclass(frozen=True)
class Kept:
    """A receipt and what it is for, and what its holder has of the published ledger; None is not at hand.

    `document` and `signature` are manifest or withdrawal and their signature. `leaf` and `leaf_proof` prove
    one leaf under the closing's checkpoint, `ledger` are all leaves; `entry` and `entry_proof` prove the
    closing in the log. `roots`, `crls`, `tsa` (PEM) and `log_key` are the platform's word, for whoever has no
    better.
    """

    receipt: bytes
    document: bytes | None = None
    signature: bytes | None = None
    closing: bytes | None = None
    leaf: bytes | None = None
    leaf_proof: bytes | None = None
    ledger: tuple[bytes, ...] | None = None
    entry: bytes | None = None
    entry_proof: bytes | None = None
    log_key: bytes | None = None
    roots: bytes | None = None
    crls: bytes | None = None
    tsa: bytes | None = None


def files_of(kept: Kept, readme: str) -> dict[str, bytes]:
    """The bundle's files, of a bid or of its withdrawal."""
    receipt = Receipt.parse(kept.receipt)
    taken_back = receipt.kind == "withdrawal"
    found = {
        WITHDRAWAL_RECEIPT if taken_back else RECEIPT: kept.receipt,
        WITHDRAWAL if taken_back else MANIFEST: kept.document,
        WITHDRAWAL_SIGNATURE if taken_back else MANIFEST_SIGNATURE: kept.signature,
        WITHDRAWAL_TOKEN if taken_back else TOKEN: receipt.token and token_file(receipt.token),
        CLOSING: kept.closing,
        WITHDRAWAL_LEAF if taken_back else LEAF: kept.leaf,
        WITHDRAWAL_LEAF_PROOF if taken_back else LEAF_PROOF: kept.leaf_proof,
        LEDGER: None if kept.ledger is None else lines(kept.ledger),
        LOG_ENTRY: kept.entry,
        LOG_PROOF: kept.entry_proof,
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
    """The receipts of a bundle, the bid's first and then its withdrawal's; nothing in it has been checked.

    Raises BidError: "package-…" for a file that is no such ZIP, "receipt-bundle-empty" without a receipt.
    """
    package = read_zip(stream, is_bundle_name)
    bid = _kept(package, RECEIPT, MANIFEST, MANIFEST_SIGNATURE, LEAF, LEAF_PROOF)
    taken_back = _kept(
        package, WITHDRAWAL_RECEIPT, WITHDRAWAL, WITHDRAWAL_SIGNATURE, WITHDRAWAL_LEAF, WITHDRAWAL_LEAF_PROOF
    )
    found = [one for one in (bid, taken_back) if one is not None]
    if not found:
        raise BidError("receipt-bundle-empty")
    return found


def _kept(
    package: Package, receipt: str, document: str, signature: str, leaf: str, leaf_proof: str
) -> Kept | None:
    def read(name: str) -> bytes | None:
        return package.read(name) if name in package else None

    file, ledger = read(receipt), read(LEDGER)
    if file is None:
        return None
    return Kept(
        receipt=file,
        document=read(document),
        signature=read(signature),
        closing=read(CLOSING),
        leaf=read(leaf),
        leaf_proof=read(leaf_proof),
        ledger=None if ledger is None else split_lines(ledger, LEDGER),
        entry=read(LOG_ENTRY),
        entry_proof=read(LOG_PROOF),
        log_key=read(LOG_KEY),
        roots=read(ROOTS),
        crls=read(CRLS),
        tsa=read(TIMESTAMP),
    )
