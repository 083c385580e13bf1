"""The closing and the ledger under it: every bid received, and which of them were current."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bids.closing import Closing
from bids.custody import BidFiles, CheckedClosing
from bids.errors import BidError
from bids.examination import (
    Accepted,
    Course,
    check_manifest_notices,
    examine_acceptance,
    examine_closing,
    examine_current,
    examine_ledger,
    examine_withdrawal,
)
from bids.ledger import Leaf
from bids.notice import Notice
from bids.package import CLOSING, LEDGER, LOG_ENTRIES, Package, bid_name, split_lines
from bids.trust import Trust
from bids.verification.findings import Book, Step
from bids.verification.log import Log, check_digest, check_file_digest
from bids.verification.revoked import note_revoked
from signing.notes import Checkpoint


def check_closing(
    package: Package, book: Book, trust: Trust, log: Log, notices: Sequence[Notice]
) -> CheckedClosing | None:
    """1. The closing: signed by the platform, for the notice's tender, policy and deadline; in the log, once.
    2. The ledger: the root over its leaves is that of the closing's checkpoint. 3. Each leaf's receipt,
    signature, chain, signer and time. 4. The current bids, computed from the ledger alone."""
    notice = notices[0]
    closing: Closing | None = None
    with book.step("verify-closing-signed", CLOSING):
        closing = examine_closing(package.read(CLOSING), notice, trust)
    if closing is None:
        book.note("verify-skipped", CLOSING)
        return None
    with book.step("verify-closing-logged", CLOSING, LOG_ENTRIES):
        entry = log.only("tender.closed")
        check_digest(entry, "closing", closing.digest)
        check_file_digest(entry, "closing_file", closing.raw)
    leaves: tuple[Leaf, ...] | None = None
    with book.step("verify-ledger-root", LEDGER) as step:
        leaves = examine_ledger(split_lines(package.read(LEDGER), LEDGER), closing, trust)
        step.params["count"] = str(len(leaves))
    if leaves is None:
        book.note("verify-skipped", LEDGER)
        return None
    with book.step("verify-bids", LEDGER, count=len(leaves)) as step:
        accepted = _check_leaves(package, trust, notice, closing, leaves, step)
        check_manifest_notices(accepted.values(), notice, notices[1:], complete=True)
    checked: CheckedClosing | None = None
    if not step.reasons:
        with book.step("verify-current", LEDGER) as step:
            current = examine_current(leaves, accepted, notice)
            checked = _checked(notice, closing, leaves, accepted, current, log.checkpoint)
            step.params.update(count=str(len(current)), suppliers=str(checked.suppliers))
    if checked is None:
        book.note("verify-skipped", LEDGER)
    else:
        note_revoked(book, accepted.values())
    return checked


def _check_leaves(
    package: Package, trust: Trust, notice: Notice, closing: Closing, leaves: Sequence[Leaf], step: Step
) -> dict[str, Accepted]:
    accepted: dict[str, Accepted] = {}
    course = Course(closing.at)
    for leaf in leaves:
        with step.guard():
            if leaf.kind == "acceptance":
                if leaf.bid in accepted:
                    raise BidError("ledger-bid-twice", bid=leaf.bid, file=LEDGER)
                files = _files(package, leaf)
                accepted[leaf.bid] = examine_acceptance(leaf, files, notice, trust, course)
            elif leaf.bid in accepted:
                files = _files(package, leaf)
                examine_withdrawal(leaf, files, accepted[leaf.bid], notice, trust, course)
            else:
                raise BidError("ledger-withdrawn-unknown", bid=leaf.bid, file=LEDGER)
    return accepted


def _files(package: Package, leaf: Leaf) -> BidFiles:
    def read(name: str) -> bytes:
        return package.read(bid_name(leaf.bid, name))

    files = BidFiles(read("manifest.json"), read("manifest.p7s"), read("receipt.json"))
    if leaf.kind == "acceptance":
        return files
    return replace(
        files,
        withdrawal=read("withdrawal.json"),
        withdrawal_signature=read("withdrawal.p7s"),
        withdrawal_receipt=read("withdrawal-receipt.json"),
    )


def _checked(
    notice: Notice,
    closing: Closing,
    leaves: tuple[Leaf, ...],
    accepted: dict[str, Accepted],
    current: tuple[Accepted, ...],
    checkpoint: Checkpoint,
) -> CheckedClosing:
    suppliers = len({bid.supplier for bid in current})
    return CheckedClosing(
        notice=notice,
        policy=notice.policy,
        closing=closing,
        closing_digest=closing.digest,
        current=current,
        suppliers=suppliers,
        minimum_reached=suppliers >= notice.policy.minimum_bidders,
        leaves=leaves,
        accepted=accepted,
        checkpoint=checkpoint,
    )
