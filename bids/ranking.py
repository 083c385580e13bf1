"""Ranking opened bids: pure, exact, and with a working from which anybody ranks them again.

Responsive bids come first, by lowest total; those that the agency rejected follow by total, ranks going on.
Totals are recomputed from unit price and quantity, never taken from the bidder. Equal totals share a rank
(1, 1, 3) until the pack's tie rule, or else the agency's signed order, parts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from bids.corrections import correction_members
from bids.errors import BidError
from bids.money import format_amount
from bids.notice import Notice
from bids.offer import Offer, Recomputed, recompute
from signing.encoding import format_time

LOWEST_TOTAL = "lowest-total"
EARLIER_RECEIPT = "earlier-receipt"
ORDER = "order"
TIE_RULES = (EARLIER_RECEIPT, ORDER)


@dataclass(frozen=True)
class Ranked:
    """An opened bid as it goes into the ranking; `rejected_reason` is the agency's, None if responsive.

    `received_at` is the time in the bid's receipt (UTC); `recomputed` are the offer's amounts where they have
    been computed again already, on the same notice.
    """

    bid: str
    supplier: str
    offer: Offer
    received_at: datetime
    rejected_reason: str | None = None
    recomputed: Recomputed | None = None


@dataclass(frozen=True)
class RankRow:
    """A bid's place: `total` is recomputed and exact; `reason` says why it is not responsive."""

    bid: str
    supplier: str
    total: Decimal
    rank: int
    responsive: bool
    reason: str | None


@dataclass(frozen=True)
class Ranking:
    """All rows in order; `winner` is None if no bid is responsive or the first place is still shared.

    `tied`: at least one rank is shared. `working` goes into the award statement as it is.
    """

    rows: tuple[RankRow, ...]
    winner: str | None
    tied: bool
    working: dict[str, Any]


@dataclass(frozen=True)
class _Entry:
    ranked: Ranked
    recomputed: Recomputed

    @property
    def total(self) -> Decimal:
        return self.recomputed.total


def rank(
    bids: Sequence[Ranked],
    notice: Notice,
    rule: str = LOWEST_TOTAL,
    tie: str = EARLIER_RECEIPT,
    order: Sequence[str] = (),
) -> Ranking:
    """Rank `bids` on `notice`'s bill of quantities.

    Args:
        tie: "earlier-receipt", or "order" to leave ties to the agency alone.
        order: bid ids in the agency's order; parts what is still tied after the tie rule, and only that.

    Raises:
        BidError: "rule-unknown", "bid-twice", "order-unknown-bid", "order-incomplete" if `order` names some
            but not all of the bids that are tied with each other.
    """
    if rule != LOWEST_TOTAL or tie not in TIE_RULES:
        raise BidError("rule-unknown", rule=rule, tie=tie)
    _check_ids(bids, order)
    entries = [_Entry(ranked, ranked.recomputed or recompute(ranked.offer, notice)) for ranked in bids]
    groups = list(_groups(entries, tie, order))
    rows = tuple(_rows(groups))
    first = bool(groups) and groups[0][0].ranked.rejected_reason is None and len(groups[0]) == 1
    working = _working(groups, notice, rule, tie, order)
    return Ranking(rows, rows[0].bid if first else None, any(len(group) > 1 for group in groups), working)


def _check_ids(bids: Sequence[Ranked], order: Sequence[str]) -> None:
    known = {ranked.bid for ranked in bids}
    if len(known) != len(bids):
        raise BidError("bid-twice")
    if len(set(order)) != len(order) or not known.issuperset(order):
        raise BidError("order-unknown-bid")


def _groups(entries: list[_Entry], tie: str, order: Sequence[str]) -> Iterator[list[_Entry]]:
    """Groups of entries that share a rank, in order."""
    places = {bid: place for place, bid in enumerate(order)}

    def merit(entry: _Entry) -> tuple[Any, ...]:
        by_rule = (entry.ranked.received_at,) if tie == EARLIER_RECEIPT else ()
        return (entry.ranked.rejected_reason is not None, entry.total, *by_rule)

    # Within a shared rank bids stand by id, so that the order in which they were given never shows.
    entries = sorted(entries, key=lambda entry: (*merit(entry), entry.ranked.bid))
    for _, members in groupby(entries, key=merit):
        group = list(members)
        named = [entry for entry in group if entry.ranked.bid in places]
        if len(group) == 1 or not named:
            yield group
        elif len(named) < len(group):
            raise BidError("order-incomplete", bid=named[0].ranked.bid)
        else:
            yield from ([entry] for entry in sorted(group, key=lambda entry: places[entry.ranked.bid]))


def _rows(groups: list[list[_Entry]]) -> Iterator[RankRow]:
    place = 1
    for group in groups:
        for entry in group:
            bid, reason = entry.ranked, entry.ranked.rejected_reason
            yield RankRow(bid.bid, bid.supplier, entry.total, place, reason is None, reason)
        place += len(group)


def _working(
    groups: list[list[_Entry]], notice: Notice, rule: str, tie: str, order: Sequence[str]
) -> dict[str, Any]:
    """Every line of every bid: number, quantity, unit price, amount; totals stated and recomputed."""
    working: dict[str, Any] = {"rule": rule, "tie": tie, "currency": notice.currency}
    if order:
        working["order"] = list(order)
    quantities = [(item.number, format(item.quantity, "f")) for item in notice.items]
    working["bids"] = [_bid_working(entry, notice, quantities) for group in groups for entry in group]
    return working


def _bid_working(entry: _Entry, notice: Notice, quantities: list[tuple[str, str]]) -> dict[str, Any]:
    offer, recomputed, digits = entry.ranked.offer, entry.recomputed, notice.digits
    members: dict[str, Any] = {
        "bid": entry.ranked.bid,
        "received_at": format_time(entry.ranked.received_at),
        "lines": [
            {
                "number": number,
                "quantity": quantity,
                "unit_price": format(line.unit_price, "f"),
                "amount": format_amount(recomputed.lines[number], digits),
            }
            for (number, quantity), line in zip(quantities, offer.lines, strict=True)
        ],
        "stated_total": format_amount(offer.total, digits),
        "total": format_amount(entry.total, digits),
    }
    if recomputed.corrections:
        members["corrections"] = correction_members(recomputed, digits)
    return members
