"""Bids side by side, item by item: exact, and pure but for reading what was opened.

A unit price is marked when it is further from the item's median than a share of it. The mark is a hint for
people and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bids.money import line_amount
from bids.notice import Item, Notice
from bids.offer import Correction, Offer, recompute
from bids.ranking import RankRow

OUTLIER = Decimal("0.30")  # of the median, above or below
LEAST = 3  # bids; a median of two says nothing


@dataclass(frozen=True)
class Column:
    """A bid: its place, bidder, offer as stated, and what arithmetic finds in it."""

    place: RankRow
    name: str
    offer: Offer
    corrections: tuple[Correction, ...]
    against_estimate: Decimal | None  # (total - estimate) / estimate
    above_ceiling: bool


@dataclass(frozen=True)
class Cell:
    """A bid's line: unit price, recomputed amount, deviation from the median as a share of it."""

    unit_price: Decimal
    amount: Decimal
    deviation: Decimal | None
    outlier: bool


@dataclass(frozen=True)
class Line:
    """An item with its median unit price and the bids' cells, in the columns' order."""

    item: Item
    median: Decimal | None
    cells: tuple[Cell, ...]


def columns(
    rows: Sequence[RankRow], offers: Mapping[str, Offer], names: Mapping[str, str], notice: Notice
) -> list[Column]:
    """Bids in the ranking's order; totals are recomputed ones."""
    return [
        Column(
            place=row,
            name=names[row.supplier],
            offer=offers[row.bid],
            corrections=recompute(offers[row.bid], notice).corrections,
            against_estimate=share(row.total, notice.estimate),
            above_ceiling=notice.ceiling is not None and row.total > notice.ceiling,
        )
        for row in rows
    ]


def lines(table: Sequence[Column], notice: Notice, start: int, count: int) -> list[Line]:
    """The items from `start` on, each with every bid's cell."""
    return [
        _line(item, [column.offer.lines[index].unit_price for column in table], notice.digits)
        for index, item in list(enumerate(notice.items))[start : start + count]
    ]


def _line(item: Item, prices: Sequence[Decimal], digits: int) -> Line:
    middle = median(prices) if len(prices) >= LEAST else None
    cells = []
    for price in prices:
        deviation = share(price, middle)
        amount = line_amount(price, item.quantity, digits)
        outlier = deviation is not None and abs(deviation) > OUTLIER
        # A price where the others give nothing is far from them by any share.
        outlier = outlier or (middle is not None and not middle and price != 0)
        cells.append(Cell(price, amount, deviation, outlier))
    return Line(item, middle, tuple(cells))


def median(values: Sequence[Decimal]) -> Decimal:
    """The middle value, or the mean of the two middle ones."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def share(value: Decimal, of: Decimal | None) -> Decimal | None:
    """(value - of) / of; None where there is nothing to compare with."""
    return None if of is None or not of else (value - of) / of
