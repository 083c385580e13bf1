"""The agency's stage statements: that a later segment opened only for the bids it admitted."""

from __future__ import annotations

from dataclasses import dataclass

from bids.custody import CheckedClosing
from bids.entries import Entry
from bids.errors import BidError
from bids.package import LOG_ENTRIES
from bids.releases import bids_of
from bids.stages import CheckedStage, Stage, check_stage
from bids.trust import Trust
from bids.verification.findings import Book
from bids.verification.log import Log, agency_statement, check_digest
from bids.verification.opened import Opened


@dataclass(frozen=True)
class Stated:
    """A stage statement that holds, and its entry in the log."""

    checked: CheckedStage
    entry: Entry


def check_admission(
    book: Book,
    trust: Trust,
    log: Log,
    checked: CheckedClosing,
    place: int,
    opened: Opened,
    before: CheckedStage | None,
) -> Stated | None:
    """The stage statement for the segment at `place` on what was `opened` in the one before it, where
    `before` said which bids were. The agency signed it; the log has it once, after that opening; and each
    bid that was opened is admitted or rejected."""
    policy = checked.policy
    segment = policy.segment_names[place]
    stated: Stated | None = None
    with book.step("verify-stage", LOG_ENTRIES, segment=segment) as step:
        entry = log.nth("tender.admitted", place - 1, len(policy.segments) - 1)
        read = agency_statement(trust, "stage", entry, checked.notice)
        stage = Stage.parse(read)
        check_digest(entry, "stage", stage.digest)
        bids = bids_of(checked, opened.segment, before)
        found = check_stage(stage, segment, opened.record, bids, checked.notice, checked.closing_digest)
        if len(log.before(entry, "tender.opened")) < place:
            raise BidError("entry-order", act=entry.act, file=LOG_ENTRIES)
        stated = Stated(found, entry)
        step.params.update(count=str(len(stage.admitted)), rejected=str(len(stage.rejections)))
    return stated
