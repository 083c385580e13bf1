"""The award statement: the ranking, the working it follows from, and the winner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bids.errors import BidError
from bids.money import format_amount
from bids.notice import Notice
from bids.objects import build_statement, read_signed
from bids.ranking import Ranking, RankRow
from signing.canonical import JSON
from signing.encoding import format_time, parse_time
from signing.statements import Statement


@dataclass(frozen=True)
class Award:
    """An award statement as read; `digest` is the SHA-256 of its canonical statement bytes."""

    raw: bytes
    digest: str
    tender: str
    at: datetime
    rule: str
    working: dict[str, Any]
    ranking: tuple[RankRow, ...]
    winner: str

    @classmethod
    def parse(cls, source: bytes | Statement) -> Award:
        """An award from its file or statement, not yet verified.

        Raises BidError as any object does, and "award-winner" if the winner is not ranked.
        """
        read = read_signed(source, "award")
        members = read.statement
        rows = tuple(
            RankRow(
                bid=row["bid"],
                supplier=row["supplier"],
                total=Decimal(row["total"]),
                rank=row["rank"],
                responsive=row["responsive"],
                reason=row.get("reason"),
            )
            for row in members["ranking"]
        )
        if members["winner"] not in {row.bid for row in rows}:
            raise BidError("award-winner")
        return cls(
            raw=read.statement_bytes,
            digest=read.digest,
            tender=members["tender"],
            at=parse_time(members["at"]),
            rule=members["rule"],
            working=members["working"],
            ranking=rows,
            winner=members["winner"],
        )


def build_award(
    notice: Notice, ranking: Ranking, opening: str, evaluation: str, at: datetime
) -> dict[str, JSON]:
    """The award statement to `ranking`'s winner.

    `opening` and `evaluation` are the digests of the opening record and the agency's evaluation; the working
    names them, so that whoever recomputes it knows from what. Raises BidError "no-winner".
    """
    if ranking.winner is None:
        raise BidError("no-winner")
    members: dict[str, JSON] = {
        "at": format_time(at),
        "tender": notice.tender,
        "rule": ranking.working["rule"],
        "working": {**ranking.working, "opening": opening, "evaluation": evaluation},
        "ranking": ranking_rows(ranking, notice),
        "winner": ranking.winner,
    }
    return build_statement("award", members)


def ranking_rows(ranking: Ranking, notice: Notice) -> list[JSON]:
    """The rows of a ranking as the award statement has them, totals as decimal strings."""
    return [_row(row, notice.digits) for row in ranking.rows]


def _row(row: RankRow, digits: int) -> dict[str, JSON]:
    members: dict[str, JSON] = {
        "bid": row.bid,
        "supplier": row.supplier,
        "total": format_amount(row.total, digits),
        "rank": row.rank,
        "responsive": row.responsive,
    }
    if row.reason is not None:
        members["reason"] = row.reason
    return members
