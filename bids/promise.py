"""Whether the platform kept the promise of a receipt: that the bid stands in the ledger that was published.

A receipt says that the platform took a bid, or its withdrawal, before the deadline; the closing statement
says what the ledger was then. Both are the platform's own signatures, so where the ledger lacks what the
receipt names, one of them is false, and whoever holds both can show it to anybody. Nothing here trusts the
holder: a receipt that is not the platform's, a ledger that is not the one under the closing, or a receipt for
another tender prove nothing, and the judgement says so.
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
from bids.package import CLOSING, CRLS, LEDGER
from bids.receipt_bundle import LEAF, LOG_ENTRY, MANIFEST, RECEIPT, TOKEN, Kept
from bids.receipts import Receipt, match_receipt
from bids.tokens import examine_token
from bids.trust import Trust, verify_platform
from bids.verification.findings import Book, Finding
from signing import notes
from signing.encoding import format_time

Verdict = Literal["kept", "broken", "nothing", "open"]


@dataclass(frozen=True)
class Judgement:
    """What a receipt came to, with the findings in order.

    "kept": the bid stands in the ledger. "broken": the platform's two signatures contradict each other, and
    that is proved. "nothing": receipt or ledger do not hold, so nothing is proved against anybody. "open":
    what is at hand does not tell, for one thing before the closing.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    receipt: Receipt | None


def judge(kept: Kept, trust: Trust, outside: Sequence[x509.Certificate] = ()) -> Judgement:
    """Judge a receipt by what its holder has; nothing that it holds makes this raise.

    1. The receipt is signed by the platform's receipt key, and for this manifest (or withdrawal), if given.
    2. Its time-stamp, if it has one.
    3. The closing is signed by the platform, for the receipt's tender and the trusted log.
    4. The closing stands in the log, if that is given.
    5. The ledger, all leaves or the one proved, is the one under the closing's checkpoint.
    6. The leaf that the receipt speaks of stands in it: bid, manifest, signature and receipt the same.

    `outside` are roots and intermediates of outside time-stamp authorities.
    """
    book = Book()
    receipt = _check_receipt(book, kept, trust)
    if receipt is None:
        return Judgement("nothing", tuple(book.findings), None)
    _check_token(book, receipt, trust, outside)
    if kept.closing is None:
        book.note("promise-not-closed")
        return Judgement("open", tuple(book.findings), receipt)
    closing = _check_closing(book, kept.closing, receipt, trust)
    if closing is None:
        return Judgement("nothing", tuple(book.findings), receipt)
    _check_logged(book, kept, closing, trust)
    verdict = _check_leaf(book, kept, closing, receipt, trust)
    doubted = any(
        one.ok is False for one in book.findings if one.code in ("promise-closing", "promise-logged")
    )
    return Judgement("open" if doubted and verdict == "kept" else verdict, tuple(book.findings), receipt)


def _check_receipt(book: Book, kept: Kept, trust: Trust) -> Receipt | None:
    receipt: Receipt | None = None
    listed = False
    with book.step("promise-receipt", RECEIPT) as step:
        read = verify_platform(kept.receipt, "receipt", "receipt", trust.roots, trust.revocations)
        found = Receipt.parse(read)
        assert read.verified is not None
        listed = trust.revocations.reach(read.verified.intermediates[0], found.at)
        step.params.update(bid=found.bid, tender=found.tender, at=format_time(found.received_at))
        if kept.document is not None and kept.signature is not None:
            match_receipt(found, kept.document, kept.signature)
        receipt = found
    if receipt is not None and not listed:
        book.note("promise-no-lists", CRLS)
    if receipt is not None and (kept.document is None or kept.signature is None):
        book.note("promise-no-document", MANIFEST)
    return receipt


def _check_token(book: Book, receipt: Receipt, trust: Trust, outside: Sequence[x509.Certificate]) -> None:
    if receipt.token is None:
        book.note("promise-no-token", RECEIPT)
        return
    with book.step("promise-token", TOKEN) as step:
        stamped = examine_token(receipt, trust.roots, outside, trust.revocations)
        assert stamped is not None
        step.params["time"] = format_time(stamped.time)
    if step.reasons:
        return
    if stamped.authority == "own":
        book.note("promise-token-own", TOKEN)
    elif stamped.authority == "unrooted":
        book.note("promise-token-unrooted", TOKEN)
    if stamped.late:
        book.note("promise-token-late", TOKEN, minutes=int(stamped.late.total_seconds() // 60))


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
