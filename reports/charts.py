"""The bar chart of totals against the estimate, drawn as a flowable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from reports import styles
from reports.typeface import BOLD, REGULAR, fitting, shortened, visible, width
from reports.wording import against, money

ROW = 14.5
# For names: as much as the longest needs, within these.
NAME_LEAST, NAME_MOST = 30 * mm, 80 * mm
NAME_INSET = 16.0
NAME_GAP = 6.0
NAME_SIZE = 7.4
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
    """A vertical line of the chart: the estimate, which bars are compared with, or the ceiling."""

    zh: str
    en: str
    amount: Decimal
    compared: bool = False


class TotalsChart(Flowable):
    """Horizontal bars from zero, one a bidder, with a dashed line for each mark."""

    def __init__(
        self, bars: Sequence[Bar], marks: Sequence[Mark], scale: Decimal, names: float, room: float
    ) -> None:
        super().__init__()
        self.bars, self.marks, self.scale, self.names = bars, marks, scale, names
        self.base = next((mark.amount for mark in marks if mark.compared), None)
        self.width = room
        self.height = len(bars) * ROW + LABEL_ROOM * len(marks) + 4

    def x_of(self, amount: Decimal) -> float:
        """The place of `amount` on the axis, in points from the left."""
        return self.names + float(amount / self.scale) * (self.width - self.names - VALUE_ROOM)

    def draw(self) -> None:
        floor = 0.0
        top = floor + len(self.bars) * ROW + 2
        for place, bar in enumerate(self.bars):
            self.draw_bar(bar, top - 2 - (place + 1) * ROW)
        canvas = self.canv
        canvas.setStrokeColor(styles.STONE_BAR)
        canvas.setLineWidth(0.6)
        canvas.line(self.names, floor, self.names, top)
        for place, mark in enumerate(self.marks):
            self.draw_mark(mark, floor, top + LABEL_ROOM * place)

    def draw_bar(self, bar: Bar, y: float) -> None:
        canvas = self.canv
        face = BOLD if bar.winner else REGULAR
        canvas.setFillColor(styles.TEXT if bar.responsive else styles.GREY)
        canvas.setFont(face, NAME_SIZE)
        canvas.drawRightString(10, y + 4.4, str(bar.rank))
        name = shortened(bar.name, face, NAME_SIZE, self.names - NAME_INSET - NAME_GAP)
        canvas.drawString(NAME_INSET, y + 4.4, name)
        length = max(self.x_of(bar.total) - self.names, 0.5)
        if bar.responsive:
            canvas.setFillColor(styles.INK if bar.winner else styles.STONE_BAR)
            canvas.rect(self.names, y + 2.6, length, ROW - 5.2, stroke=0, fill=1)
        else:
            canvas.setStrokeColor(styles.STONE_BAR)
            canvas.setLineWidth(0.6)
            canvas.setDash(1.5, 1.5)
            canvas.rect(self.names, y + 2.9, length, ROW - 5.8, stroke=1, fill=0)
            canvas.setDash()
        canvas.setFillColor(styles.TEXT if bar.responsive else styles.GREY)
        compared = 0 if self.base is None else PERCENT_ROOM
        canvas.setFont(face, fitting(money(bar.total), face, 7.4, VALUE_ROOM - compared - 4))
        canvas.drawRightString(self.width - compared, y + 4.4, money(bar.total))
        if self.base is not None:
            canvas.setFillColor(styles.STONE)
            canvas.setFont(REGULAR, 7)
            canvas.drawRightString(self.width, y + 4.4, against(bar.total, self.base))

    def draw_mark(self, mark: Mark, floor: float, top: float) -> None:
        canvas, x = self.canv, self.x_of(mark.amount)
        canvas.setStrokeColor(styles.INK_SOFT)
        canvas.setLineWidth(0.9)
        canvas.setDash(3, 2)
        canvas.line(x, floor, x, top + 4)
        canvas.setDash()
        label = f"{mark.zh} {mark.en}  {money(mark.amount)}"
        half = width(label, REGULAR, 7) / 2
        centre = min(max(x, half), self.width - half)
        canvas.setFillColor(styles.INK_SOFT)
        canvas.setFont(REGULAR, 7)
        canvas.drawCentredString(centre, top + 6, label)


def totals_charts(bars: Sequence[Bar], marks: Sequence[Mark], room: float) -> list[Flowable]:
    """The chart of all bars, in as many pieces as pages need; nothing if there is nothing to show."""
    scale = max([bar.total for bar in bars] + [mark.amount for mark in marks], default=Decimal(0))
    if not bars or scale <= 0:
        return []
    pieces = [bars[at : at + BARS_EACH] for at in range(0, len(bars), BARS_EACH)]
    names = name_room(bars)
    return [TotalsChart(piece, marks, scale, names, room) for piece in pieces]


def name_room(bars: Sequence[Bar]) -> float:
    """What the longest name asks for, within bounds that leave room for bars."""
    longest = max(width(visible(bar.name), BOLD if bar.winner else REGULAR, NAME_SIZE) for bar in bars)
    return float(min(max(longest + NAME_INSET + NAME_GAP, NAME_LEAST), NAME_MOST))
