"""Comparing what came out with what the file and the rule pack demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trading.client.errors import Language
from trading.demo.source import Contract


@dataclass(frozen=True)
class Row:
    """A rank that came out."""

    rank: int
    bidder: str
    total: str
    responsive: bool
    reason: str | None


@dataclass(frozen=True)
class Difference:
    """One thing that did not come out as it should: of which tender, which bidder ("" for the tender)."""

    contract: str
    bidder: str
    what: str
    wanted: str
    found: str

    def text(self, lang: Language) -> str:
        """A sentence."""
        who = f"{self.contract} · {self.bidder}" if self.bidder else self.contract
        if lang == "zh":
            return f"{who}：{_NAMES[self.what]}应为 {self.wanted}，结果为 {self.found}"
        return f"{who}: {self.what} should be {self.wanted} and is {self.found}"


_NAMES = {
    "status": "状态", "rank": "名次", "total": "总价", "responsive": "是否响应", "winner": "中标人",
    "total by unit prices": "按单价计算的总价", "ranking": "排名", "attachment": "附件", "evidence": "证据包",
    "reason": "理由", "releases": "份额释放数", "erasures": "密钥销毁数",
}  # fmt: skip


def expected_status(contract: Contract, minimum: int) -> str:
    """What becomes of a tender with that many bidders where the pack wants `minimum`."""
    if len(contract.bids) < minimum or not any(bid.responsive for bid in contract.bids):
        return "failed"
    return "awarded"


def compare(
    contract: Contract, minimum: int, status: str, ranking: Sequence[Row], winner: str | None
) -> list[Difference]:
    """Every difference between the outcome and the file, total by total to the cent.

    1. The status: failed with too few bidders (then nothing may be ranked), or with no responsive bid.
    2. Each bid of the file, once: total as stated, and as its unit prices give; rank; responsive or not,
       with the file's note as reason.
    3. No bid that the file does not have.
    4. The winner: the file's first.
    """
    found: list[Difference] = []

    def differ(bidder: str, what: str, wanted: object, got: object) -> None:
        if wanted != got:
            found.append(Difference(contract.number, bidder, what, _text(wanted), _text(got)))

    differ("", "status", expected_status(contract, minimum), status)
    if len(contract.bids) < minimum:
        differ("", "ranking", 0, len(ranking))
        return found
    rows = {row.bidder: row for row in ranking}
    differ("", "ranking", len(contract.bids), len(ranking))
    for bid in contract.bids:
        differ(bid.bidder, "total by unit prices", bid.total, contract.recomputed(bid))
        row = rows.pop(bid.bidder, None)
        if row is None:
            differ(bid.bidder, "rank", bid.rank, None)
            continue
        differ(bid.bidder, "total", bid.total, row.total)
        differ(bid.bidder, "rank", bid.rank, row.rank)
        differ(bid.bidder, "responsive", bid.responsive, row.responsive)
        if not bid.responsive:
            differ(bid.bidder, "reason", rejection_reason(bid.note), row.reason)
    for bidder, row in rows.items():
        differ(bidder, "rank", None, row.rank)
    if (best := contract.bids[0]).responsive:
        differ("", "winner", best.bidder, winner)
    return found


def rejection_reason(note: str | None) -> str:
    """The reason an agency gives for a bid that the file calls not responsive."""
    return note or "not responsive"


def _text(value: object) -> str:
    return "—" if value is None else str(value)
