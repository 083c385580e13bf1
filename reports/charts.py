"""The bar chart of totals against the estimate, drawn as a flowable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from reports import styles
from reports.typeface import BOLD, REGULAR, fitting, shortened, width
from reports.wording import against, money

ROW = 14.5
NAME_ROOM = 48 * mm
VALUE_ROOM = 44 * mm
PERCENT_ROOM = 14 * mm
LABEL_ROOM = 13.0
# More bars than these start a new chart, on the same scale, so that a chart always fits on a page.
BARS_EACH = 36


@dataclass(frozen=True, slots=True)
class Bar:
    """One bidder's bar."""

    rank: int
    name: str
    total: Decimal
    winner: bool
    responsive: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line of the chart: the estimate or the ceiling."""

    zh: str
    en: str
    amount: Decimal


class TotalsChart(Flowable):
    """Horizontal bars from zero, one a bidder, with a dashed line for each mark."""

    def __init__(self, bars: Sequence[Bar], marks: Sequence[Mark], scale: Decimal, room: float) -> None:
        super().__init__()
        self.bars, self.marks, self.scale = bars, marks, scale
        self.width = room
        self.height = len(bars) * ROW + LABEL_ROOM * len(marks) + 4

    def x_of(self, amount: Decimal) -> float:
        """The place of `amount` on the axis, in points from the left."""
        return NAME_ROOM + float(amount / self.scale) * (self.width - NAME_ROOM - VALUE_ROOM)

    def draw(self) -> None:
        floor = 0.0
        top = floor + len(self.bars) * ROW + 2
        for place, bar in enumerate(self.bars):
            self.draw_bar(bar, top - 2 - (place + 1) * ROW)
        canvas = self.canv
        canvas.setStrokeColor(styles.STONE_BAR)
        canvas.setLineWidth(0.6)
        canvas.line(NAME_ROOM, floor, NAME_ROOM, top)
        for place, mark in enumerate(self.marks):
            self.draw_mark(mark, floor, top + LABEL_ROOM * place)

    def draw_bar(self, bar: Bar, y: float) -> None:
        canvas = self.canv
        face = BOLD if bar.winner else REGULAR
        canvas.setFillColor(styles.TEXT if bar.responsive else styles.GREY)
        canvas.setFont(face, 7.4)
        canvas.drawRightString(10, y + 4.4, str(bar.rank))
        canvas.drawString(16, y + 4.4, shortened(bar.name, face, 7.4, NAME_ROOM - 22))
        length = max(self.x_of(bar.total) - NAME_ROOM, 0.5)
        if bar.responsive:
            canvas.setFillColor(styles.INK if bar.winner else styles.STONE_BAR)
            canvas.rect(NAME_ROOM, y + 2.6, length, ROW - 5.2, stroke=0, fill=1)
        else:
            canvas.setStrokeColor(styles.STONE_BAR)
            canvas.setLineWidth(0.6)
            canvas.setDash(1.5, 1.5)
            canvas.rect(NAME_ROOM, y + 2.9, length, ROW - 5.8, stroke=1, fill=0)
            canvas.setDash()
        canvas.setFillColor(styles.TEXT if bar.responsive else styles.GREY)
        compared = PERCENT_ROOM if self.marks else 0
        canvas.setFont(face, fitting(money(bar.total), face, 7.4, VALUE_ROOM - compared - 4))
        canvas.drawRightString(self.width - compared, y + 4.4, money(bar.total))
        if self.marks:
            canvas.setFillColor(styles.STONE)
            canvas.setFont(REGULAR, 7)
            canvas.drawRightString(self.width, y + 4.4, against(bar.total, self.marks[0].amount))

    def draw_mark(self, mark: Mark, floor: float, top: float) -> None:
        canvas, x = self.canv, self.x_of(mark.amount)
        canvas.setStrokeColor(styles.INK_SOFT)
        canvas.setLineWidth(0.9)
        canvas.setDash(3, 2)
        canvas.line(x, floor, x, top + 4)
        canvas.setDash()
        label = f"{mark.zh} {mark.en}  {money(mark.amount)}"
        half = width(label, REGULAR, 6.8) / 2
        centre = min(max(x, half), self.width - half)
        canvas.setFillColor(styles.INK_SOFT)
        canvas.setFont(REGULAR, 6.8)
        canvas.drawCentredString(centre, top + 6, label)


def totals_charts(bars: Sequence[Bar], marks: Sequence[Mark], room: float) -> list[Flowable]:
    """The chart of all bars, in as many pieces as pages need; nothing if there is nothing to show."""
    scale = max([bar.total for bar in bars] + [mark.amount for mark in marks], default=Decimal(0))
    if not bars or scale <= 0:
        return []
    pieces = [bars[at : at + BARS_EACH] for at in range(0, len(bars), BARS_EACH)]
    return [TotalsChart(piece, marks, scale, room) for piece in pieces]
