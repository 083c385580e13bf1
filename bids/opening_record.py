"""A segment's opening record as read: which bids opened, what was announced, and why others did not open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bids.errors import BidError
from bids.money import parse_amount
from bids.objects import read_signed
from bids.segments import is_priced
from signing.encoding import parse_time
from signing.statements import Statement


@dataclass(frozen=True)
class OpenedRow:
    """A bid in an opening record: what was `announced` if it opened, with the `total` if its segment has one,
    else `fault` and `reason`."""

    bid: str
    supplier: str
    segment: str
    opened: bool
    total: Decimal | None
    announced: Mapping[str, Any]
    fault: str | None
    reason: str | None


@dataclass(frozen=True)
class OpeningRecord:
    """An opening record as read; `digest` is the SHA-256 of its canonical statement bytes."""

    raw: bytes
    digest: str
    tender: str
    at: datetime
    closing: str
    bids: tuple[OpenedRow, ...]

    @classmethod
    def parse(cls, source: bytes | Statement) -> OpeningRecord:
        """A record from its file or statement, not yet verified.

        Raises BidError as any object does, "opening-row" if a row says too much or too little, "bid-twice".
        """
        read = read_signed(source, "opening-record")
        members = read.statement
        rows = tuple(_parse_row(row) for row in members["bids"])
        if len({(row.bid, row.segment) for row in rows}) != len(rows):
            raise BidError("bid-twice")
        return cls(
            raw=read.statement_bytes,
            digest=read.digest,
            tender=members["tender"],
            at=parse_time(members["at"]),
            closing=members["closing"],
            bids=rows,
        )


def _parse_row(row: Mapping[str, Any]) -> OpenedRow:
    wanted = {"fault", "reason"}
    if row["opened"]:
        wanted = {"total", "announced"} if is_priced(row["segment"]) else {"announced"}
    if row.keys() - {"bid", "supplier", "segment", "opened"} != wanted:
        raise BidError("opening-row", bid=row["bid"])
    total = row.get("total")
    return OpenedRow(
        bid=row["bid"],
        supplier=row["supplier"],
        segment=row["segment"],
        opened=row["opened"],
        total=None if total is None else parse_amount(total, len(total.partition(".")[2])),
        announced=row.get("announced", {}),
        fault=row.get("fault"),
        reason=row.get("reason"),
    )
