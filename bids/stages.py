"""Stage statements: the agency's signed judgement of an opened segment, on which alone the next one opens.

There is one statement for each segment after the first, ever. It binds the closing and the opening record of
the segment before, and gives every bid that was opened there its fate: admitted, or rejected with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bids.errors import BidError
from bids.examination import Accepted
from bids.notice import Notice
from bids.objects import build_statement, read_signed
from bids.opening_record import OpeningRecord
from signing.canonical import JSON
from signing.encoding import format_time, parse_time
from signing.statements import Statement


@dataclass(frozen=True)
class Stage:
    """A stage statement: `segment` is the one that may open now, `opening` the digest of the opening record
    of the segment before, `rejections` reasons by bid. `digest` is that of the statement."""

    raw: bytes
    digest: str
    at: datetime
    tender: str
    closing: str
    segment: str
    opening: str
    admitted: tuple[str, ...]
    rejections: Mapping[str, str]

    @classmethod
    def parse(cls, source: bytes | Statement) -> Stage:
        """A stage statement from its file or as `signing` read it, not yet verified.

        Raises BidError as any object does, "stage-bid-twice".
        """
        read = read_signed(source, "stage")
        members = read.statement
        seen: set[str] = set()
        for bid in (*members["admitted"], *(row["bid"] for row in members["rejections"])):
            if bid in seen:
                raise BidError("stage-bid-twice", bid=bid)
            seen.add(bid)
        return cls(
            raw=read.statement_bytes,
            digest=read.digest,
            at=parse_time(members["at"]),
            tender=members["tender"],
            closing=members["closing"],
            segment=members["segment"],
            opening=members["opening"],
            admitted=tuple(members["admitted"]),
            rejections={row["bid"]: row["reason"] for row in members["rejections"]},
        )


@dataclass(frozen=True)
class CheckedStage:
    """A stage statement in which everything holds; `bids` are those it admits, in the ledger's order."""

    stage: Stage
    bids: tuple[Accepted, ...]

    @property
    def suppliers(self) -> int:
        """How many distinct suppliers are admitted."""
        return len({bid.supplier for bid in self.bids})


def build_stage(
    *,
    at: datetime,
    tender: str,
    closing: str,
    segment: str,
    opening: str,
    admitted: Sequence[str],
    rejections: Mapping[str, str],
) -> dict[str, JSON]:
    """A stage statement for the agency to sign; `rejections` are reasons by bid id. Raises BidError."""
    rows: list[JSON] = [{"bid": bid, "reason": reason} for bid, reason in rejections.items()]
    return build_statement(
        "stage",
        {
            "at": format_time(at),
            "tender": tender,
            "closing": closing,
            "segment": segment,
            "opening": opening,
            "admitted": list(admitted),
            "rejections": rows,
        },
    )


def check_stage(
    stage: Stage,
    segment: str,
    record: OpeningRecord,
    before: Sequence[Accepted],
    notice: Notice,
    closing: str,
) -> CheckedStage:
    """Check what a stage statement for `segment` says against the opening record of the segment before it.

    `before` are the bids that were released there, in the ledger's order; `closing` is the closing's digest.

    1. It is for this tender, closing and segment, and about this very record.
    2. The record is of that segment and of these bids.
    3. It admits or rejects every bid that was opened there, once, and no other.

    Raises BidError "stage-…".
    """
    if (stage.tender, stage.closing) != (notice.tender, closing):
        raise BidError("stage-other-closing")
    if stage.segment != segment:
        raise BidError("stage-other-segment", segment=stage.segment, wanted=segment)
    if stage.opening != record.digest:
        raise BidError("stage-other-opening")
    place = notice.policy.segment_names[notice.policy.place(segment) - 1]
    wanted = [(bid.bid, bid.supplier, place) for bid in before]
    if (record.tender, record.closing) != (notice.tender, closing):
        raise BidError("stage-record")
    if [(row.bid, row.supplier, row.segment) for row in record.bids] != wanted:
        raise BidError("stage-record")
    opened = [row.bid for row in record.bids if row.opened]
    admitted, known = set(stage.admitted), set(opened)
    for bid in (*stage.admitted, *stage.rejections):
        if bid not in known:
            raise BidError("stage-bid-unknown", bid=bid)
    for bid in opened:
        if bid not in admitted and bid not in stage.rejections:
            raise BidError("stage-bid-missing", bid=bid)
    return CheckedStage(stage, tuple(one for one in before if one.bid in admitted))
