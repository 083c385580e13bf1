"""What a custodian does by itself before it releases anything; the release itself is in `releases`.

A custodian believes nobody: not the platform that hands it the closed tender, and no time in any statement
but the one in the policy of the signed notice that it accepted.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bids.amendments import chain_of, check_chain
from bids.closing import Closing
from bids.entries import Entry
from bids.errors import BidError, refusing
from bids.examination import (
    ENDING_ACTS,
    Accepted,
    BidFiles,
    Course,
    about,
    check_entries,
    check_manifest_notices,
    examine_acceptance,
    examine_closing,
    examine_closing_entry,
    examine_current,
    examine_ledger,
    examine_notice,
    examine_withdrawal,
    log_verifier,
)
from bids.ledger import Leaf
from bids.notice import Notice
from bids.opening_record import OpeningRecord
from bids.package import LEDGER, LOG_ENTRIES, bid_name, record_names
from bids.releases import (
    CheckedClosing,
    CurrentBid,
    Release,
    bids_of,
    build_release,
    check_release,
    open_files_share,
    seal_files_share,
)
from bids.stages import CheckedStage, Stage, check_stage
from bids.trust import Trust
from signing import canonical, merkle, notes
from signing.encoding import format_time
from signing.errors import MerkleError
from signing.notes import Checkpoint

__all__ = [
    "BidFiles",
    "CheckedClosing",
    "CheckedStage",
    "ClosedTender",
    "StatementMemory",
    "CurrentBid",
    "Release",
    "bids_of",
    "build_release",
    "check_closed",
    "check_log_extends",
    "check_release",
    "check_stages",
    "open_files_share",
    "remember_closing",
    "remember_stage",
    "seal_files_share",
]


@dataclass(frozen=True)
class ClosedTender:
    """A closed tender as the platform hands it out: files and leaves to the byte.

    `closing_entry` is the leaf of the public log that names the closing, `closing_proof` its C2SP tlog-proof.
    `earlier` are notices (file, signature) before the present one; `entries` the tender's log entries so far.
    Both may be None where they are not at hand: then what they show is not checked.
    """

    notice: bytes
    notice_signature: bytes
    closing: bytes
    leaves: tuple[bytes, ...]
    bids: Mapping[str, BidFiles]
    closing_proof: bytes
    closing_entry: bytes
    earlier: tuple[tuple[bytes, bytes], ...] | None = None
    entries: tuple[bytes, ...] | None = None


def check_closed(
    closed: ClosedTender, trust: Trust, accepted_policy: str | None, now: datetime | None
) -> CheckedClosing:
    """Every check of the protocol's "Opening" that needs no memory.

    `accepted_policy` is the digest of the policy that the custodian accepted at publication, and `now` its
    own clock (UTC); an opener or verifier gives None for either. In this order:

    1. The notice: signature, chain, signer = buyer, enrolled; its policy is the accepted one.
    2. The clock is past the policy's opening time.
    3. The closing: signed by the platform, for this tender, policy, deadline and log.
    4. The log holds this closing and no other, no later notice, and nothing that ended the tender.
    5. The ledger: the root over all leaves is that of the closing's checkpoint.
    6. Each leaf: receipt, signature, chain, signer = supplier, received by the deadline and in the ledger's
       order; ids unique. Each manifest is for a notice of the tender that was there when it was received, and
       each notice could take the place of the one before it.
    7. The current bids follow from the ledger alone; whether the minimum of suppliers is reached.

    Raises BidError; `params["file"]` says about which object. `check_log_extends` and `remember_closing` are
    the checks that need a memory.
    """
    notice = examine_notice(closed.notice, closed.notice_signature, trust).notice
    if accepted_policy is not None and not hmac.compare_digest(notice.policy.digest, accepted_policy):
        raise BidError("policy-not-accepted", file="notice.json")
    if now is not None and now < notice.policy.opens_at:
        raise BidError("opening-early", opens_at=format_time(notice.policy.opens_at))
    closing = examine_closing(closed.closing, notice, trust)
    if closed.entries is not None:
        check_entries(closed.entries, notice, closing.digest)
    checkpoint = examine_closing_entry(closed.closing_entry, closed.closing_proof, closing, trust)
    leaves = examine_ledger(closed.leaves, closing, trust)
    accepted = examine_bids(leaves, closed.bids, notice, trust, closing)
    earlier = [
        examine_notice(raw, signature, trust, f"notices/{canonical.digest(raw)}.json").notice
        for raw, signature in closed.earlier or ()
    ]
    if closed.earlier is not None:
        check_chain(chain_of(notice, earlier))
    check_manifest_notices(accepted.values(), notice, earlier, closed.earlier is not None)
    current = examine_current(leaves, accepted, notice)
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


def examine_bids(
    leaves: Sequence[Leaf], bids: Mapping[str, BidFiles], notice: Notice, trust: Trust, closing: Closing
) -> dict[str, Accepted]:
    """Examine the files behind all leaves, and that there are no others; BidError."""
    accepted: dict[str, Accepted] = {}
    course = Course(closing.at)
    for leaf in leaves:
        files = bids.get(leaf.bid)
        if files is None:
            raise BidError("file-missing", file=bid_name(leaf.bid, "manifest.json"))
        if leaf.kind == "acceptance":
            if leaf.bid in accepted:
                raise BidError("ledger-bid-twice", bid=leaf.bid, file=LEDGER)
            accepted[leaf.bid] = examine_acceptance(leaf, files, notice, trust, course)
        elif leaf.bid in accepted:
            examine_withdrawal(leaf, files, accepted[leaf.bid], notice, trust, course)
        else:
            raise BidError("ledger-withdrawn-unknown", bid=leaf.bid, file=LEDGER)
    for bid in bids:
        if bid not in accepted:
            raise BidError("bid-not-in-ledger", bid=bid, file=bid_name(bid, "manifest.json"))
    return accepted


def check_stages(
    checked: CheckedClosing, segment: str, entries: Iterable[bytes], records: Sequence[bytes], trust: Trust
) -> CheckedStage | None:
    """The stage statement on which `segment` opens, with those before it; None for the first segment.

    `entries` are the tender's log entries so far, in log order; `records` the files of the opening records of
    the segments before `segment`, in their order. For each stage: the platform signed the record and the log
    has it; after it the log has the agency's statement, the only one for its segment; and the statement holds
    by `bids.stages.check_stage`. Nothing ended the tender.

    Raises BidError: "tender-ended", "stage-missing", "stage-second", "stage-…", or what is wrong with a file.
    """
    names = checked.policy.segment_names
    place = checked.policy.place(segment)
    if place == 0:
        return None
    log = [entry for entry in map(Entry.parse, entries) if entry.tender == checked.notice.tender]
    with about(LOG_ENTRIES):
        for entry in log:
            if entry.act in (*ENDING_ACTS, "tender.failed"):
                raise BidError("tender-ended", act=entry.act)
        opened = [at for at, entry in enumerate(log) if entry.act == "tender.opened"]
        stated = [at for at, entry in enumerate(log) if entry.act == "tender.admitted"]
        if min(len(opened), len(stated), len(records)) < place:
            raise BidError("stage-missing", segment=segment)
        stages = [_stage_of(log[at], checked.notice, trust) for at in stated]
        told = [stage.segment for stage in stages]
        if len(set(told)) < len(told):
            raise BidError("stage-second", segment=segment)
    bids, found = checked.current, None
    for at in range(place):
        record = _record_of(log[opened[at]], records[at], names[at], trust)
        with about(LOG_ENTRIES):
            if stated[at] < opened[at]:
                raise BidError("stage-record")
            found = check_stage(
                stages[at], names[at + 1], record, bids, checked.notice, checked.closing_digest
            )
        bids = found.bids
    return found


def _stage_of(entry: Entry, notice: Notice, trust: Trust) -> Stage:
    """The stage statement that an entry holds, signed by the notice's buyer."""
    if entry.statement_file is None:
        raise BidError("entry-statement", act=entry.act)
    party, read = trust.verify_statement("stage", entry.statement_file, "agency")
    if party.id != notice.buyer.id:
        raise BidError("signer-not-buyer")
    return Stage.parse(read)


def _record_of(entry: Entry, file: bytes, segment: str, trust: Trust) -> OpeningRecord:
    """A segment's opening record, as the log's entry names it."""
    with about(record_names(segment)[0]):
        record = OpeningRecord.parse(trust.platform_statement("opening-record", file))
        if entry.digests.get("opening_record") != record.digest:
            raise BidError("entry-digest", act=entry.act, member="opening_record")
    return record


class StatementMemory(Protocol):
    """Where a custodian keeps the digest of the one statement of a kind that a tender has; it must outlive
    the process."""

    def recall(self, tender: str) -> str | None:
        """The digest kept for a tender, None if none ever was."""
        ...

    def keep(self, tender: str, digest: str) -> None:
        """Keep a tender's digest; on disk before this returns."""
        ...


def remember_closing(memory: StatementMemory, checked: CheckedClosing) -> None:
    """One closing for a tender, ever: BidError "closing-second" for another. Comes before releasing."""
    tender, closing = checked.notice.tender, checked.closing_digest
    kept = memory.recall(tender)
    if kept is None:
        memory.keep(tender, closing)
    elif kept != closing:
        raise BidError("closing-second", file="closing.json")


def remember_stage(memory: StatementMemory, checked: CheckedStage) -> None:
    """One stage statement for a segment, ever, by a memory of this segment's own: BidError "stage-second" for
    another. Comes before releasing."""
    stage = checked.stage
    kept = memory.recall(stage.tender)
    if kept is None:
        memory.keep(stage.tender, stage.digest)
    elif kept != stage.digest:
        raise BidError("stage-second", segment=stage.segment)


def check_log_extends(
    seen: bytes | None, checkpoint: bytes, consistency: Sequence[bytes], trust: Trust
) -> Checkpoint:
    """Check that the log of the note `checkpoint` begins with all of the one in the note `seen`.

    `consistency` are the proof's hashes. Returns the new checkpoint; BidError "note-invalid",
    "log-rewritten".
    """
    verifier = log_verifier(trust)
    with refusing("log checkpoint"):
        new = notes.parse_checkpoint(checkpoint, verifier, trust.log_origin)
        if seen is None:
            return new
        old = notes.parse_checkpoint(seen, verifier, trust.log_origin)
    try:
        merkle.verify_consistency(old.size, new.size, old.root, new.root, consistency)
    except MerkleError:
        raise BidError("log-rewritten", old=old.size, new=new.size) from None
    return new
