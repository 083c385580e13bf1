"""A custodian's release: built from a checked closing, and checked against it by everybody else."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bids.closing import Closing
from bids.errors import BidError, refusing
from bids.examination import Accepted, about, verify_release_statement
from bids.ledger import Leaf
from bids.manifest import Part
from bids.notice import Custodian, Notice, Policy
from bids.objects import build_statement, read_signed, type_of
from bids.package import share_name
from bids.schemas import PARTS
from bids.stages import CheckedStage
from bids.trust import SKEW, Trust
from signing import canonical
from signing.canonical import JSON
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.errors import SealingError
from signing.hpke import SealingKey
from signing.notes import Checkpoint
from signing.statements import Statement
from signing.suite import Suite, by_name

CurrentBid = Accepted

DOES_NOT_OPEN = "does-not-open"
COMMITMENT_DIFFERS = "commitment-differs"


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


def bids_of(checked: CheckedClosing, segment: str, stage: CheckedStage | None) -> tuple[CurrentBid, ...]:
    """The bids that are released in a segment: all current ones in the first, in each later one those that
    `stage` admits; BidError "segment-unknown", "stage-missing"."""
    if checked.policy.place(segment) == 0:
        return checked.current
    if stage is None or stage.stage.segment != segment:
        raise BidError("stage-missing", segment=segment)
    return stage.bids


def build_release(
    checked: CheckedClosing,
    custodian_id: str,
    sealing_key: SealingKey,
    segment: str,
    at: datetime,
    stage: CheckedStage | None = None,
) -> tuple[dict[str, JSON], dict[str, bytes]]:
    """A custodian's release statement for a segment, and by bid its shares of the `files` parts, for the
    people entitled; `stage` is the stage statement for a later segment.

    A share that does not open, or is not the one that the bidder committed to, is refused, not released.
    Raises BidError: "minimum-not-reached", "opening-early", "segment-unknown", "stage-missing",
    "custodian-unknown", "sealing-key-differs".
    """
    policy = checked.policy
    custodian = policy.custodian(custodian_id)
    _may_release(checked, custodian, sealing_key, at)
    bids = bids_of(checked, segment, stage)
    suite = by_name(policy.suite)
    rows: list[JSON] = []
    files: dict[str, bytes] = {}
    for bid in bids:
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
    checked: CheckedClosing, custodian: Custodian, sealing_key: SealingKey, at: datetime
) -> None:
    policy = checked.policy
    if not checked.minimum_reached:
        raise BidError("minimum-not-reached", found=checked.suppliers, wanted=policy.minimum_bidders)
    if at < policy.opens_at:
        raise BidError("opening-early", opens_at=format_time(policy.opens_at))
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


def check_release(
    data: bytes, checked: CheckedClosing, trust: Trust, stage: CheckedStage | None = None
) -> Release:
    """Check a custodian's signed release of the first segment, or of the one that `stage` opens, against the
    closing it must bind.

    1. Signature and chain hold as of its own time; the signer is enrolled as the custodian that the policy
       names, and its key is the one named there.
    2. It is for this tender, segment and closing, and from after the opening time or the stage statement.
    3. Its rows are the parts of the current, or the admitted, bids, exactly, in the ledger's order.
    4. Every share, and every digest of one, is what the bidder committed to at this custodian's place.

    A refusal is taken as it is: whether it lies, nobody can tell. Raises BidError.
    """
    party, read, key = verify_release_statement(data, trust)
    release = Release.parse(read)
    policy = checked.policy
    custodian = policy.custodian(release.custodian)
    with about(share_name(release.segment, release.custodian)):
        if key != custodian.signing_key or party.id != custodian.id:
            raise BidError("release-signer", custodian=custodian.id)
        if release.closing != checked.closing_digest or release.tender != policy.tender:
            raise BidError("release-other-closing")
        policy.place(release.segment)
        wanted = policy.segment_names[0] if stage is None else stage.stage.segment
        if release.segment != wanted:
            raise BidError("release-other-segment", segment=release.segment, wanted=wanted)
        if release.at < (policy.opens_at if stage is None else stage.stage.at - SKEW):
            raise BidError("release-early", custodian=custodian.id)
        bids = bids_of(checked, release.segment, stage)
        if release.rows != tuple((bid.bid, part) for bid in bids for part in PARTS):
            raise BidError("release-other-bids")
        for bid in bids:
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
