"""The opening record, by opening every bid again from the released shares and the sealed offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bids.custody import CheckedClosing, CurrentBid, Release
from bids.errors import BidError
from bids.notice import BID_SEGMENT
from bids.opening import OpeningRecord, Outcome, open_bid, opening_rows
from bids.package import LOG_ENTRIES, OPENING_RECORD, Package, offer_name, sealed_name
from bids.trust import Trust
from bids.unlocking import Unlock, Unlocking
from bids.verification.findings import Book, Step
from bids.verification.log import Log, check_digest, check_file_digest

# By then the platform holds the shares: a bid it could not read it may just as well have read.
_LOST = ("ciphertext-altered", "ciphertext-missing")


@dataclass(frozen=True)
class Opened:
    """The record as signed, and what opening each current bid again gave."""

    record: OpeningRecord
    outcomes: tuple[Outcome, ...]


def check_opening(
    package: Package,
    book: Book,
    trust: Trust,
    log: Log,
    checked: CheckedClosing,
    releases: Sequence[Release],
    unlocking: Unlocking | None,
) -> Opened | None:
    """1. The record is signed by the platform for this closing, and logged after the releases were frozen,
    with a bidder's own lock after the window to unlock too. 2. Every current bid is opened again and its
    offer compared to the byte. 3. The ciphertext of each is there, for which the platform gave a receipt.
    4. The record says of each just what came out: opened or not, total recomputed, what was announced, whose
    fault and why."""
    record: OpeningRecord | None = None
    with book.step("verify-record-signed", OPENING_RECORD):
        data = package.read(OPENING_RECORD)
        signed = trust.platform_statement("opening-record", data)
        record = OpeningRecord.parse(signed)
        if (record.tender, record.closing) != (checked.notice.tender, checked.closing_digest):
            raise BidError("record-other-closing", file=OPENING_RECORD)
    if record is None:
        book.note("verify-skipped", OPENING_RECORD)
        return None
    with book.step("verify-record-logged", OPENING_RECORD, LOG_ENTRIES):
        entry = log.only("tender.opened")
        check_digest(entry, "opening_record", record.digest)
        check_file_digest(entry, "opening_record_file", data)
        before = ("opening.frozen",) if unlocking is None else ("opening.frozen", "opening.unlocked")
        if any(not log.before(entry, act) for act in before):
            raise BidError("entry-order", act=entry.act, file=LOG_ENTRIES)
    with book.step("verify-opened-again", count=len(checked.current)) as step:
        unlocks = {} if unlocking is None else unlocking.by_bid
        outcomes = tuple(
            _open_again(package, step, checked, releases, bid, unlocks.get(bid.bid))
            for bid in checked.current
        )
        step.params["opened"] = str(sum(outcome.opened for outcome in outcomes))
    with book.step("verify-ciphertexts", count=len(outcomes)) as step:
        for outcome in outcomes:
            if outcome.reason in _LOST:
                name = sealed_name(outcome.bid, BID_SEGMENT)
                step.fail(BidError("ciphertext-lost", bid=outcome.bid, supplier=outcome.supplier, file=name))
    with book.step("verify-record-rows", OPENING_RECORD) as step:
        _compare(step, opening_rows(outcomes, checked.notice), signed.statement["bids"])
        step.params["opened"] = str(sum(outcome.opened for outcome in outcomes))
        step.params["count"] = str(len(outcomes))
    return Opened(record, outcomes)


def _open_again(
    package: Package,
    step: Step,
    checked: CheckedClosing,
    releases: Sequence[Release],
    bid: CurrentBid,
    unlock: Unlock | None,
) -> Outcome:
    sealed, offer = sealed_name(bid.bid, BID_SEGMENT), offer_name(bid.bid, BID_SEGMENT)
    ciphertext: bytes | None = None
    with step.guard(sealed):
        ciphertext = package.read(sealed) if sealed in package else None
    outcome = open_bid(bid, checked.policy, checked.notice, releases, ciphertext, unlock)
    with step.guard(offer):
        if outcome.offer_raw is not None and package.read(offer) != outcome.offer_raw:
            raise BidError("offer-differs", bid=bid.bid, file=offer)
        if outcome.offer_raw is None and offer in package:
            raise BidError("offer-not-opened", bid=bid.bid, file=offer)
    return outcome


def _compare(step: Step, wanted: Sequence[Any], found: Sequence[Any]) -> None:
    """Blame the record for each row that is missing, too many, or says something else."""
    stated = {row["bid"]: row for row in found}
    for row in wanted:
        said = stated.pop(row["bid"], None)
        if said is None:
            step.fail(BidError("record-bid-missing", bid=row["bid"], file=OPENING_RECORD))
            continue
        # Record and ciphertext contradict each other: which of them was changed, nobody can tell from here.
        lost = row.get("reason") in _LOST
        files = (OPENING_RECORD, sealed_name(row["bid"], BID_SEGMENT)) if lost else (OPENING_RECORD,)
        for member in sorted(row.keys() | said.keys()):
            if row.get(member) != said.get(member):
                step.fail(BidError("record-differs", bid=row["bid"], member=member), *files)
    for bid in stated:
        step.fail(BidError("record-bid-unknown", bid=bid, file=OPENING_RECORD))
    if not step.reasons and list(wanted) != list(found):
        step.fail(BidError("record-order", file=OPENING_RECORD))
