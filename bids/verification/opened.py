"""The opening record, by opening every bid again from the released shares and the sealed offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bids.custody import CheckedClosing, CurrentBid, Release, bids_of
from bids.errors import BidError
from bids.opening import Outcome, open_bid, opening_rows
from bids.opening_record import OpeningRecord
from bids.package import LOG_ENTRIES, Package, offer_name, record_names, sealed_name
from bids.stages import CheckedStage
from bids.trust import Trust
from bids.unlocking import Unlock, Unlocking
from bids.verification.findings import Book, Step
from bids.verification.log import Log, check_digest, check_file_digest

# By then the platform holds the shares: a bid it could not read it may just as well have read.
_LOST = ("ciphertext-altered", "ciphertext-missing")


@dataclass(frozen=True)
class Opened:
    """A segment's record as signed, and what opening each of its bids again gave."""

    segment: str
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
    place: int = 0,
    stage: CheckedStage | None = None,
) -> Opened | None:
    """The opening of the segment at `place`, of the bids that `stage` admits, or of all current ones.

    1. The record is signed by the platform for this closing, and logged after the releases were frozen,
    with a bidder's own lock after the window to unlock too. 2. Each of these bids is opened again and its
    offer compared to the byte. 3. The ciphertext of each is there, for which the platform gave a receipt.
    4. The record says of each just what came out: opened or not, total recomputed, what was announced, whose
    fault and why."""
    segment = checked.policy.segment_names[place]
    name, bids = record_names(segment)[0], bids_of(checked, segment, stage)
    record: OpeningRecord | None = None
    with book.step("verify-record-signed", name):
        data = package.read(name)
        signed = trust.platform_statement("opening-record", data)
        record = OpeningRecord.parse(signed)
        if (record.tender, record.closing) != (checked.notice.tender, checked.closing_digest):
            raise BidError("record-other-closing", file=name)
    if record is None:
        book.note("verify-skipped", name)
        return None
    with book.step("verify-record-logged", name, LOG_ENTRIES):
        entry = log.nth("tender.opened", place, len(checked.policy.segments))
        check_digest(entry, "opening_record", record.digest)
        check_file_digest(entry, "opening_record_file", data)
        locked = unlocking is not None and not log.before(entry, "opening.unlocked")
        if locked or len(log.before(entry, "opening.frozen")) <= place:
            raise BidError("entry-order", act=entry.act, file=LOG_ENTRIES)
    with book.step("verify-opened-again", count=len(bids)) as step:
        unlocks = {} if unlocking is None else unlocking.by_bid
        outcomes = tuple(
            _open_again(package, step, checked, releases, bid, unlocks.get(bid.bid), segment) for bid in bids
        )
        step.params["opened"] = str(sum(outcome.opened for outcome in outcomes))
    with book.step("verify-ciphertexts", count=len(outcomes)) as step:
        for outcome in outcomes:
            if outcome.reason in _LOST:
                file = sealed_name(outcome.bid, segment)
                step.fail(BidError("ciphertext-lost", bid=outcome.bid, supplier=outcome.supplier, file=file))
    with book.step("verify-record-rows", name) as step:
        rows = opening_rows(outcomes, checked.notice, segment)
        _compare(step, segment, rows, signed.statement["bids"])
        step.params["opened"] = str(sum(outcome.opened for outcome in outcomes))
        step.params["count"] = str(len(outcomes))
    return Opened(segment, record, outcomes)


def _open_again(
    package: Package,
    step: Step,
    checked: CheckedClosing,
    releases: Sequence[Release],
    bid: CurrentBid,
    unlock: Unlock | None,
    segment: str,
) -> Outcome:
    sealed, offer = sealed_name(bid.bid, segment), offer_name(bid.bid, segment)
    ciphertext: bytes | None = None
    with step.guard(sealed):
        ciphertext = package.read(sealed) if sealed in package else None
    outcome = open_bid(bid, checked.policy, checked.notice, releases, ciphertext, unlock, segment)
    with step.guard(offer):
        if outcome.offer_raw is not None and package.read(offer) != outcome.offer_raw:
            raise BidError("offer-differs", bid=bid.bid, file=offer)
        if outcome.offer_raw is None and offer in package:
            raise BidError("offer-not-opened", bid=bid.bid, file=offer)
    return outcome


def _compare(step: Step, segment: str, wanted: Sequence[Any], found: Sequence[Any]) -> None:
    """Blame the record for each row that is missing, too many, or says something else."""
    record = record_names(segment)[0]
    stated = {row["bid"]: row for row in found}
    for row in wanted:
        said = stated.pop(row["bid"], None)
        if said is None:
            step.fail(BidError("record-bid-missing", bid=row["bid"], file=record))
            continue
        # Record and ciphertext contradict each other: which of them was changed, nobody can tell from here.
        lost = row.get("reason") in _LOST
        files = (record, sealed_name(row["bid"], segment)) if lost else (record,)
        for member in sorted(row.keys() | said.keys()):
            if row.get(member) != said.get(member):
                step.fail(BidError("record-differs", bid=row["bid"], member=member), *files)
    for bid in stated:
        step.fail(BidError("record-bid-unknown", bid=bid, file=record))
    if not step.reasons and list(wanted) != list(found):
        step.fail(BidError("record-order", file=record))
