"""Whether the platform kept the promise of a receipt: that the bid stands in the ledger that was published,
or the bidder's secret in the statement that ended the window to unlock.

A receipt says that the platform took a bid, or its withdrawal, before the deadline; the closing statement
says what the ledger was then. Both are the platform's own signatures, so where the ledger lacks what the
receipt names, one of them is false, and whoever holds both can show it to anybody; likewise a receipt for
unlocking and the unlocking statement. Nothing here trusts the holder: a receipt that is not the platform's, a
ledger that is not the one under the closing, or a receipt for another tender prove nothing, and the judgement
says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography import x509

from bids.closing import Closing
from bids.errors import BidError
from bids.examination import examine_closing_entry, examine_ledger, ledger_verifier, log_verifier
from bids.ledger import Leaf, parse_leaf
from bids.manifest import Manifest
from bids.package import CLOSING, CRLS, LEDGER, UNLOCKING
from bids.receipt_bundle import (
    LEAF,
    LOG_ENTRY,
    MANIFEST,
    RECEIPT,
    TOKEN,
    UNLOCK_ENTRY,
    UNLOCK_RECEIPT,
    UNLOCK_TOKEN,
    Kept,
)
from bids.receipts import Receipt, match_receipt
from bids.tokens import examine_token
from bids.trust import Trust, verify_platform
from bids.unlock_receipts import (
    UnlockReceipt,
    check_unlocked,
    check_unlocking_of,
    examine_unlocking_entry,
    is_unlock_receipt,
    match_unlock_receipt,
)
from bids.unlocking import Unlocking
from bids.verification.findings import Book, Finding
from signing import notes
from signing.encoding import format_time

Verdict = Literal["kept", "broken", "nothing", "open"]


@dataclass(frozen=True)
class Judgement:
    """What a receipt came to, with the findings in order.

    "kept": the bid stands in the ledger, or the secret in the unlocking statement. "broken": the platform's
    two signatures contradict each other, and that is proved. "nothing": receipt, ledger or statement do not
    hold, so nothing is proved against anybody. "open": what is at hand does not tell, for one thing before
    the closing.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    receipt: Receipt | UnlockReceipt | None


def judge(
    kept: Kept,
    trust: Trust,
    outside: Sequence[x509.Certificate] = (),
    tsa_crls: Sequence[x509.CertificateRevocationList] = (),
) -> Judgement:
    """Judge a receipt by what its holder has; nothing that it holds makes this raise.

    1. The receipt is signed by the platform's receipt key, and for this manifest (or withdrawal), if given.
    2. Its time-stamp, if it has one.
    3. The closing is signed by the platform, for the receipt's tender and the trusted log.
    4. The closing stands in the log, if that is given.
    5. The ledger, all leaves or the one proved, is the one under the closing's checkpoint.
    6. The leaf that the receipt speaks of stands in it: bid, manifest, signature and receipt the same.

    Of a receipt for unlocking, 3. and 4. are of the unlocking statement, and then

    5. The statement gives the secret that the receipt is for, as received when the receipt says.

    `outside` are roots and intermediates of outside time-stamp authorities, `tsa_crls` their lists.
    """
    book = Book()
    found = _check_receipt(book, kept, trust)
    if found is None:
        return Judgement("nothing", tuple(book.findings), None)
    _check_token(book, found, trust, outside, tsa_crls)
    verdict = (
        _judge_unlocking(book, kept, found, trust)
        if isinstance(found, UnlockReceipt)
        else _judge_bid(book, kept, found, trust)
    )
    doubted = any(one.ok is False for one in book.findings if one.code in _DOUBTED)
    return Judgement("open" if doubted and verdict == "kept" else verdict, tuple(book.findings), found)


_DOUBTED = ("promise-closing", "promise-logged", "unlock-promise-statement", "unlock-promise-logged")


def _judge_bid(book: Book, kept: Kept, receipt: Receipt, trust: Trust) -> Verdict:
    if kept.closing is None:
        book.note("promise-not-closed")
        return "open"
    closing = _check_closing(book, kept.closing, receipt, trust)
    if closing is None:
        return "nothing"
    _check_logged(book, kept, closing, trust)
    return _check_leaf(book, kept, closing, receipt, trust)


def _check_receipt(book: Book, kept: Kept, trust: Trust) -> Receipt | UnlockReceipt | None:
    receipt: Receipt | UnlockReceipt | None = None
    unlocking = is_unlock_receipt(kept.receipt)
    told = ("unlock-promise-receipt", UNLOCK_RECEIPT) if unlocking else ("promise-receipt", RECEIPT)
    listed = False
    # A receipt for unlocking names the manifest's lock, and no signature.
    whole = kept.document is not None and (unlocking or kept.signature is not None)
    with book.step(*told) as step:
        what = "unlock-receipt" if unlocking else "receipt"
        read = verify_platform(kept.receipt, what, "receipt", trust.roots, trust.revocations)
        found = UnlockReceipt.parse(read) if unlocking else Receipt.parse(read)
        assert read.verified is not None
        listed = trust.revocations.reach(read.verified.intermediates[0], found.at)
        step.params.update(bid=found.bid, tender=found.tender, at=format_time(found.received_at))
        if whole:
            _match(found, kept)
        receipt = found
    if receipt is not None and not listed:
        book.note("promise-no-lists", CRLS)
    if receipt is not None and not whole:
        book.note("promise-no-document", MANIFEST)
    return receipt


def _match(receipt: Receipt | UnlockReceipt, kept: Kept) -> None:
    assert kept.document is not None
    if isinstance(receipt, UnlockReceipt):
        own = Manifest.parse(kept.document)
        match_unlock_receipt(receipt, tender=own.tender, policy=own.policy, bid=own.bid, lock=own.lock)
    else:
        match_receipt(receipt, kept.document, kept.signature or b"")


def _check_token(
    book: Book,
    receipt: Receipt | UnlockReceipt,
    trust: Trust,
    outside: Sequence[x509.Certificate],
    tsa_crls: Sequence[x509.CertificateRevocationList],
) -> None:
    unlocking = isinstance(receipt, UnlockReceipt)
    file, token = (UNLOCK_RECEIPT, UNLOCK_TOKEN) if unlocking else (RECEIPT, TOKEN)
    if receipt.token is None:
        book.note("promise-no-token", file)
        return
    with book.step("promise-token", token) as step:
        stamped = examine_token(receipt, trust.roots, outside, trust.revocations, tsa_crls)
        assert stamped is not None
        step.params["time"] = format_time(stamped.time)
    if step.reasons:
        return
    if stamped.authority == "own":
        book.note("promise-token-own", token)
    elif stamped.authority == "unrooted":
        book.note("promise-token-unrooted", token)
    elif not stamped.listed:
        book.note("promise-token-unlisted", token)
    else:
        with book.step("promise-token-listed", token):
            pass
    if stamped.late:
        book.note("promise-token-late", token, minutes=int(stamped.late.total_seconds() // 60))


def _judge_unlocking(book: Book, kept: Kept, receipt: UnlockReceipt, trust: Trust) -> Verdict:
    if kept.unlocking is None:
        book.note("unlock-promise-not-ended", UNLOCKING)
        return "open"
    unlocking: Unlocking | None = None
    with book.step("unlock-promise-statement", UNLOCKING) as step:
        found = Unlocking.parse(trust.platform_statement("unlocking", kept.unlocking))
        step.params["at"] = format_time(found.at)
        if found.tender == receipt.tender:
            unlocking = found
        check_unlocking_of(receipt, found)
    if unlocking is None:
        return "nothing"
    if kept.entry is None or kept.entry_proof is None or trust.log is None:
        book.note("unlock-promise-not-logged", UNLOCK_ENTRY)
    else:
        with book.step("unlock-promise-logged", UNLOCK_ENTRY):
            examine_unlocking_entry(kept.entry, kept.entry_proof, unlocking, trust)
    with book.step("unlock-promise-stands", UNLOCKING, bid=receipt.bid) as step:
        check_unlocked(receipt, unlocking)
    return "broken" if step.reasons else "kept"


def _check_closing(book: Book, data: bytes, receipt: Receipt, trust: Trust) -> Closing | None:
    closing: Closing | None = None
    with book.step("promise-closing", CLOSING) as step:
        found = Closing.parse(trust.platform_statement("closing", data))
        step.params["at"] = format_time(found.at)
        if found.tender != receipt.tender:
            raise BidError("closing-other-tender", file=CLOSING)
        if trust.log is not None and found.log != trust.log_origin:
            raise BidError("closing-other-log", file=CLOSING)
        closing = found
        if receipt.received_at > found.deadline:
            # No excuse: the platform gives none after its deadline, so the closing may name a false one.
            raise BidError("receipt-late", bid=receipt.bid)
    return closing


def _check_logged(book: Book, kept: Kept, closing: Closing, trust: Trust) -> None:
    if kept.entry is None or kept.entry_proof is None or trust.log is None:
        book.note("promise-not-logged", LOG_ENTRY)
        return
    with book.step("promise-logged", LOG_ENTRY):
        examine_closing_entry(kept.entry, kept.entry_proof, closing, trust)


def _check_leaf(book: Book, kept: Kept, closing: Closing, receipt: Receipt, trust: Trust) -> Verdict:
    leaves: Sequence[Leaf] | None = None
    if kept.ledger is not None:
        with book.step("promise-ledger", LEDGER) as step:
            leaves = examine_ledger(kept.ledger, closing, trust)
            step.params["count"] = str(len(leaves))
    elif kept.leaf is not None and kept.leaf_proof is not None:
        with book.step("promise-leaf-proof", LEAF):
            leaves = (_proved_leaf(kept.leaf, kept.leaf_proof, closing, trust),)
    else:
        book.note("promise-no-ledger", LEDGER)
        return "open"
    if leaves is None:
        return "nothing"
    with book.step("promise-stands", LEDGER, bid=receipt.bid) as step:
        _check_stands(leaves, receipt)
    if not step.reasons:
        return "kept"
    # One leaf alone does not show what the others are.
    return "broken" if kept.ledger is not None else "open"


def _proved_leaf(leaf: bytes, proof: bytes, closing: Closing, trust: Trust) -> Leaf:
    verifier = ledger_verifier(log_verifier(trust), closing.ledger_origin)
    checkpoint = notes.verify_proof(proof, leaf, verifier, closing.ledger_origin)
    if checkpoint != notes.parse_checkpoint(closing.checkpoint, verifier, closing.ledger_origin):
        raise BidError("ledger-root", file=CLOSING)
    return parse_leaf(leaf)


def _check_stands(leaves: Sequence[Leaf], receipt: Receipt) -> None:
    """BidError "promise-missing", or "promise-differs" naming the member."""
    kind = "acceptance" if receipt.kind == "manifest" else "withdrawal"
    found = next((leaf for leaf in leaves if leaf.bid == receipt.bid and leaf.kind == kind), None)
    if found is None:
        raise BidError("promise-missing", bid=receipt.bid, file=LEDGER)
    for member, stated, there in (
        (receipt.kind, receipt.document, found.document),
        ("signature", receipt.signature, found.signature),
        ("receipt", receipt.digest, found.receipt),
    ):
        if stated != there:
            raise BidError("promise-differs", bid=receipt.bid, member=member, file=LEDGER)
