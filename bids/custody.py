"""What a custodian does by itself before it releases anything, and the release it then signs.

A custodian believes nobody: not the platform that hands it the closed tender, and no time in any statement
but the one in the policy of the signed notice that it accepted.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bids.closing import Closing
from bids.errors import BidError, refusing
from bids.examination import (
    Accepted,
    BidFiles,
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
    verify_release_statement,
)
from bids.ledger import Leaf
from bids.manifest import Part
from bids.notice import Custodian, Notice, Policy
from bids.objects import build_statement, read_signed, type_of
from bids.package import LEDGER, bid_name, share_name
from bids.schemas import PARTS
from bids.trust import Trust
from signing import canonical, merkle, notes
from signing.canonical import JSON
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.errors import MerkleError, SealingError
from signing.hpke import SealingKey
from signing.notes import Checkpoint
from signing.statements import Statement
from signing.suite import Suite, by_name

__all__ = [
    "BidFiles",
    "CheckedClosing",
    "ClosedTender",
    "ClosingMemory",
    "CurrentBid",
    "Release",
    "build_release",
    "check_closed",
    "check_log_extends",
    "check_release",
    "open_files_share",
    "remember_closing",
    "seal_files_share",
]

CurrentBid = Accepted

DOES_NOT_OPEN = "does-not-open"
COMMITMENT_DIFFERS = "commitment-differs"


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


@dataclass(frozen=True)
class CheckedClosing:
    """A closed tender in which everything holds.

    `current` are the current bids in the ledger's order, `suppliers` how many distinct ones they are of;
    `checkpoint` is the public log's in which the closing was found.
    """

    notice: Notice
    policy: Policy
    closing: Closing
    closing_digest: str
    current: tuple[CurrentBid, ...]
    suppliers: int
    minimum_reached: bool
    leaves: tuple[Leaf, ...]
    accepted: Mapping[str, Accepted]
    checkpoint: Checkpoint


def check_closed(
    closed: ClosedTender, trust: Trust, accepted_policy: str | None, now: datetime | None
) -> CheckedClosing:
    """Every check of the protocol's "Opening" that needs no memory.

    `accepted_policy` is the digest of the policy that the custodian accepted at publication, and `now` its
    own clock (UTC); an opener or verifier gives None for either. In this order:

    1. The notice: signature, chain, signer = buyer, enrolled; its policy is the accepted one.
    2. The clock is past the policy's opening time.
    3. No later notice, cancellation or suspension is in the log.
    4. The closing: signed by the platform, for this tender, policy, deadline and log; in the log.
    5. The ledger: the root over all leaves is that of the closing's checkpoint.
    6. Each leaf: receipt, signature, chain, signer = supplier, received by the deadline; ids unique.
    7. The current bids follow from the ledger alone; whether the minimum of suppliers is reached.

    Raises BidError; `params["file"]` says about which object. `check_log_extends` and `remember_closing` are
    the checks that need a memory.
    """
    notice = examine_notice(closed.notice, closed.notice_signature, trust).notice
    if accepted_policy is not None and not hmac.compare_digest(notice.policy.digest, accepted_policy):
        raise BidError("policy-not-accepted", file="notice.json")
    if now is not None and now < notice.policy.opens_at:
        raise BidError("opening-early", opens_at=format_time(notice.policy.opens_at))
    if closed.entries is not None:
        check_entries(closed.entries, notice)
    closing = examine_closing(closed.closing, notice, trust)
    checkpoint = examine_closing_entry(closed.closing_entry, closed.closing_proof, closing, trust)
    leaves = examine_ledger(closed.leaves, closing, trust)
    accepted = examine_bids(leaves, closed.bids, notice, trust)
    earlier = [
        examine_notice(raw, signature, trust, f"notices/{canonical.digest(raw)}.json").notice
        for raw, signature in closed.earlier or ()
    ]
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
    leaves: Sequence[Leaf], bids: Mapping[str, BidFiles], notice: Notice, trust: Trust
) -> dict[str, Accepted]:
    """Examine the files behind all leaves, and that there are no others; BidError."""
    accepted: dict[str, Accepted] = {}
    for leaf in leaves:
        files = bids.get(leaf.bid)
        if files is None:
            raise BidError("file-missing", file=bid_name(leaf.bid, "manifest.json"))
        if leaf.kind == "acceptance":
            if leaf.bid in accepted:
                raise BidError("ledger-bid-twice", bid=leaf.bid, file=LEDGER)
            accepted[leaf.bid] = examine_acceptance(leaf, files, notice, trust)
        elif leaf.bid in accepted:
            examine_withdrawal(leaf, files, accepted[leaf.bid], notice, trust)
        else:
            raise BidError("ledger-withdrawn-unknown", bid=leaf.bid, file=LEDGER)
    for bid in bids:
        if bid not in accepted:
            raise BidError("bid-not-in-ledger", bid=bid, file=bid_name(bid, "manifest.json"))
    return accepted


class ClosingMemory(Protocol):
    """Where a custodian keeps the one closing digest of a tender; it must outlive the process."""

    def recall(self, tender: str) -> str | None:
        """The closing digest kept for a tender, None if none ever was."""
        ...

    def keep(self, tender: str, closing: str) -> None:
        """Keep a tender's closing digest; on disk before this returns."""
        ...


def remember_closing(memory: ClosingMemory, checked: CheckedClosing) -> None:
    """One closing for a tender, ever: BidError "closing-second" if another was kept. Call before releasing."""
    tender, closing = checked.notice.tender, checked.closing_digest
    kept = memory.recall(tender)
    if kept is None:
        memory.keep(tender, closing)
    elif kept != closing:
        raise BidError("closing-second", file="closing.json")


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


@dataclass(frozen=True)
class Release:
    """A custodian's release: for each bid the share of its public part, or a refusal, and of its files part
    the share's SHA-256, or a refusal. `refusals` by bid and part; `digest` is that of the statement."""

    raw: bytes
    digest: str
    at: datetime
    tender: str
    segment: str
    custodian: str
    closing: str
    rows: tuple[tuple[str, str], ...]
    shares: Mapping[str, bytes]
    files: Mapping[str, str]
    refusals: Mapping[tuple[str, str], str]

    @classmethod
    def parse(cls, source: bytes | Statement) -> Release:
        """A release from its file or statement, not yet verified.

        Raises BidError, "release-row" for a row that is not one share, digest or refusal as its part wants.
        """
        read = read_signed(source, "release")
        members = read.statement
        shares: dict[str, bytes] = {}
        files: dict[str, str] = {}
        refusals: dict[tuple[str, str], str] = {}
        for row in members["shares"]:
            bid, part = row["bid"], row["part"]
            if len(row) != 3 or ("share_sha256" if part == "public" else "share") in row:
                raise BidError("release-row", bid=bid)
            if "share" in row:
                shares[bid] = b64decode(row["share"])
            elif "share_sha256" in row:
                files[bid] = row["share_sha256"]
            else:
                refusals[bid, part] = row["refusal"]
        return cls(
            raw=read.statement_bytes,
            digest=read.digest,
            at=parse_time(members["at"]),
            tender=members["tender"],
            segment=members["segment"],
            custodian=members["custodian"],
            closing=members["closing"],
            rows=tuple((row["bid"], row["part"]) for row in members["shares"]),
            shares=shares,
            files=files,
            refusals=refusals,
        )


def build_release(
    checked: CheckedClosing, custodian_id: str, sealing_key: SealingKey, segment: str, at: datetime
) -> tuple[dict[str, JSON], dict[str, bytes]]:
    """A custodian's release statement, and by bid its shares of the `files` parts, for the people entitled.

    A share that does not open, or is not the one that the bidder committed to, is refused, not released.
    Raises BidError: "minimum-not-reached", "opening-early", "segment-unknown", "custodian-unknown",
    "sealing-key-differs".
    """
    policy = checked.policy
    custodian = policy.custodian(custodian_id)
    _may_release(checked, custodian, sealing_key, segment, at)
    suite = by_name(policy.suite)
    rows: list[JSON] = []
    files: dict[str, bytes] = {}
    for bid in checked.current:
        for name in PARTS:
            part = bid.manifest.part(segment, name)
            row: dict[str, JSON] = {"bid": bid.bid, "part": name}
            context = suite.context(policy.tender, policy.digest, bid.supplier, bid.bid, segment, name)
            opened = _open_share(suite, sealing_key, context, custodian.position, part)
            if isinstance(opened, str):
                row["refusal"] = opened
            elif name == "public":
                row["share"] = b64encode(opened)
            else:
                row["share_sha256"] = part.share_digests[custodian.position - 1]
                files[bid.bid] = opened
            rows.append(row)
    members: dict[str, JSON] = {
        "at": format_time(at),
        "tender": policy.tender,
        "segment": segment,
        "custodian": custodian_id,
        "closing": checked.closing_digest,
        "shares": rows,
    }
    return build_statement("release", members), files


def _may_release(
    checked: CheckedClosing, custodian: Custodian, sealing_key: SealingKey, segment: str, at: datetime
) -> None:
    policy = checked.policy
    if not checked.minimum_reached:
        raise BidError("minimum-not-reached", found=checked.suppliers, wanted=policy.minimum_bidders)
    if at < policy.opens_at:
        raise BidError("opening-early", opens_at=format_time(policy.opens_at))
    if segment not in {one.name for one in policy.segments}:
        raise BidError("segment-unknown", segment=segment)
    if sealing_key.public != custodian.sealing_key:
        raise BidError("sealing-key-differs", custodian=custodian.id)


def _open_share(suite: Suite, key: SealingKey, context: bytes, position: int, part: Part) -> bytes | str:
    """The share, or the reason for which it is refused."""
    try:
        share = suite.open_share(key, context, position, part.sealed_shares[position - 1])
    except SealingError:
        return DOES_NOT_OPEN
    committed = part.share_digests[position - 1]
    return share if hmac.compare_digest(canonical.digest(share), committed) else COMMITMENT_DIFFERS


def check_release(data: bytes, checked: CheckedClosing, trust: Trust) -> Release:
    """Check a custodian's signed release against the closing it must bind.

    1. Signature and chain hold as of its own time; the signer's key is the one the policy names.
    2. It is for this tender, segment and closing, and from after the opening time.
    3. Its rows are the current bids' parts, exactly, in the ledger's order.
    4. Every share, and every digest of one, is what the bidder committed to at this custodian's place.

    A refusal is taken as it is: whether it lies, nobody can tell. Raises BidError.
    """
    read, key = verify_release_statement(data, trust)
    release = Release.parse(read)
    policy = checked.policy
    custodian = policy.custodian(release.custodian)
    with about(share_name(release.segment, release.custodian)):
        if key != custodian.signing_key:
            raise BidError("release-signer", custodian=custodian.id)
        if release.closing != checked.closing_digest or release.tender != policy.tender:
            raise BidError("release-other-closing")
        if release.segment not in {one.name for one in policy.segments}:
            raise BidError("segment-unknown", segment=release.segment)
        if release.at < policy.opens_at:
            raise BidError("release-early", custodian=custodian.id)
        if release.rows != tuple((bid.bid, part) for bid in checked.current for part in PARTS):
            raise BidError("release-other-bids")
        for bid in checked.current:
            _check_commitments(release, bid, custodian)
    return release


def _check_commitments(release: Release, bid: CurrentBid, custodian: Custodian) -> None:
    share = release.shares.get(bid.bid)
    found = {
        "public": None if share is None else canonical.digest(share),
        "files": release.files.get(bid.bid),
    }
    for part, digest in found.items():
        committed = bid.manifest.part(release.segment, part).share_digests[custodian.position - 1]
        if digest is not None and not hmac.compare_digest(digest, committed):
            raise BidError("release-share", bid=bid.bid, part=part)
    if share is not None and share[-1] != custodian.position:
        raise BidError("release-share", bid=bid.bid, part="public")


def seal_files_share(
    envelope_key: bytes,
    tender: str,
    bid: str,
    segment: str,
    custodian_id: str,
    share: bytes,
    suite: str = "sunseal-1",
) -> str:
    """A share of a `files` part sealed to the agency's envelope key (its public key's bytes), as base64."""
    context = _files_context(tender, bid, segment, custodian_id)
    with refusing("files share"):
        return b64encode(by_name(suite).seal_share(envelope_key, context, share[-1], share))


def open_files_share(
    envelope_key: SealingKey,
    tender: str,
    bid: str,
    segment: str,
    custodian: Custodian,
    sealed: str,
    suite: str = "sunseal-1",
) -> bytes:
    """The share that `seal_files_share` sealed; BidError "sealing-failed" if it does not open."""
    context = _files_context(tender, bid, segment, custodian.id)
    with refusing("files share"):
        return by_name(suite).open_share(envelope_key, context, custodian.position, b64decode(sealed))


def _files_context(tender: str, bid: str, segment: str, custodian_id: str) -> bytes:
    members: dict[str, JSON] = {
        "type": type_of("files-share"),
        "tender": tender,
        "bid": bid,
        "segment": segment,
        "custodian": custodian_id,
    }
    return canonical.dumps(members)
