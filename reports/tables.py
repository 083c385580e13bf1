"""Tables with heads that repeat: bidders, ranking, corrections, and the wide table of item prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, NextPageTemplate, PageBreak, Paragraph, Spacer, Table

from reports import styles
from reports.blocks import BARE, RunningHeading, label, room_for_section, text
from reports.facts import Item, ItemPrice
from reports.layout import LANDSCAPE, PORTRAIT, width_of
from reports.styles import style
from reports.typeface import BOLD, REGULAR, fitting, markup, width
from reports.wording import DASH, money, quantity

CELL_PADDING: list[tuple[Any, ...]] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
]


def head_rules(row: int) -> list[tuple[Any, ...]]:
    """The look of the row that is a table's head."""
    return [
        ("LINEABOVE", (0, row), (-1, row), 0.9, styles.INK),
        ("LINEBELOW", (0, row), (-1, row), 0.5, styles.INK),
        ("BACKGROUND", (0, row), (-1, row), styles.STONE_WASH),
        ("VALIGN", (0, row), (-1, row), "BOTTOM"),
    ]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head in both languages, its width in points (None: what is left), its alignment."""

    zh: str
    en: str
    width: float | None
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of texts or flowables; a strong one is the winner's, a muted one a bid that is out."""

    cells: tuple[str | list[Flowable], ...]
    strong: bool = False
    muted: bool = False


def listing(columns: Sequence[Column], rows: Sequence[Row], total_width: float) -> Table:
    """A table with a head that repeats on every page."""
    fixed = sum(column.width or 0 for column in columns)
    free = [column for column in columns if column.width is None]
    widths = [column.width or (total_width - fixed) / len(free) for column in columns]
    body: list[list[Any]] = [[label(column.zh, column.en, column.align) for column in columns]]
    shades: list[tuple[Any, ...]] = []
    for place, row in enumerate(rows, start=1):
        look = {
            "face": BOLD if row.strong else REGULAR,
            "color": "grey" if row.muted else "ink" if row.strong else "text",
        }
        body.append(
            [
                cell if isinstance(cell, list) else cell_text(cell, column, room, look)
                for cell, column, room in zip(row.cells, columns, widths, strict=True)
            ]
        )
        if row.strong:
            shades.append(("BACKGROUND", (0, place), (-1, place), styles.INK_WASH))
            shades.append(("LINEBEFORE", (0, place), (0, place), 2.5, styles.INK, "butt"))
    return Table(
        body,
        colWidths=widths,
        repeatRows=1,
        splitInRow=1,
        style=[
            *BARE,
            *CELL_PADDING,
            *head_rules(0),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, styles.STONE_LINE),
            ("LINEBELOW", (0, -1), (-1, -1), 0.9, styles.INK),
            *shades,
        ],
    )


def cell_text(value: str, column: Column, room: float, look: dict[str, str]) -> Paragraph:
    """A cell of plain text; figures (to the right) get smaller rather than break over lines."""
    size = 8.4
    if column.align == "right":
        size = round(fitting(value, look["face"], size, room - 8.5), 2)
    return text(value, size, align=column.align, lead=8.4 * 1.35 / size, **look)


@dataclass(frozen=True, slots=True)
class PriceColumn:
    """A bidder of the price table. key: its rank or number there; prices: in the items' order."""

    key: str
    name: str
    prices: tuple[ItemPrice, ...]
    total: Decimal | None
    strong: bool = False
    muted: bool = False


class PriceCell(Flowable):
    """Unit price above, amount below, figures under figures. Lighter than paragraphs: there are thousands
    of them.
    """

    def __init__(self, unit_price: str, amount: str, *, muted: bool = False) -> None:
        super().__init__()
        self.unit_price, self.amount, self.muted = unit_price, amount, muted
        self.height = 18.0

    def wrap(self, available: float, _height: float) -> tuple[float, float]:
        self.width = available
        return available, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.setFont(REGULAR, PRICE_SIZE)
        canvas.setFillColor(styles.GREY if self.muted else styles.STONE)
        canvas.drawRightString(self.width, 10.6, self.unit_price)
        canvas.setFillColor(styles.GREY if self.muted else styles.TEXT)
        canvas.drawRightString(self.width, 1.6, self.amount)


PRICE_SIZE = 7.0
PRICE_PADDING = 5.0
SMALLEST_COLUMN = 21 * mm
LARGEST_COLUMN = 42 * mm
FEW = 3
HEAD_LINES = 4
# A table of so few items stays in one piece.
SHORT = 12


def price_width(columns: Sequence[PriceColumn]) -> float:
    """The width that the longest figure asks for, in points, within bounds that keep heads readable."""
    figures = [money(price.amount) for column in columns for price in column.prices]
    figures += [money(price.unit_price) for column in columns for price in column.prices]
    longest = max((width(figure, REGULAR, PRICE_SIZE) for figure in figures), default=0.0)
    totals = max((width(money(column.total), BOLD, PRICE_SIZE) for column in columns), default=0.0)
    return max(longest, totals, SMALLEST_COLUMN) + 2 * PRICE_PADDING


def head_name(column: PriceColumn, room: float) -> list[Flowable]:
    """A bidder's key and name as the head of a narrow column: four lines at most, the key leads to the full
    name.
    """
    color = "grey" if column.muted else "ink"
    key = text(column.key, 7, color="stone", align="right", lead=1.3)

    def named(length: int) -> Paragraph:
        cut = column.name if length >= len(column.name) else column.name[:length].rstrip() + "…"
        return text(cut, 7, face=BOLD, color=color, align="right", lead=1.25)

    def fits(length: int) -> bool:
        return float(named(length).wrap(room, 10_000)[1]) <= HEAD_LINES * 7 * 1.25 + 0.1

    low, high = 0, len(column.name)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return [key, named(low)]


def item_cells(item: Item) -> list[Any]:
    """The first four columns of the price table."""
    described = markup(item.description)
    if item.code:
        described += f'<br/><font size="7" color="{styles.STONE_HEX}">{markup(item.code)}</font>'
    return [
        text(item.number, 7, align="right", lead=1.3),
        Paragraph(described, style(7, lead=1.28)),
        text(item.unit, 7, lead=1.3),
        text(quantity(item.quantity), 7, align="right", lead=1.3),
    ]


def price_group(
    items: Sequence[Item],
    columns: Sequence[PriceColumn],
    top: list[Flowable],
    column_width: float,
    room: float,
) -> Table:
    """The table of all items and some of the bidders, `top` and the head repeated, totals last."""
    quantities = max((width(quantity(item.quantity), REGULAR, 7) for item in items), default=0.0)
    fixed = [10 * mm, 13 * mm, min(max(quantities + 10, 15 * mm), 30 * mm)]
    described = room - sum(fixed) - column_width * len(columns)
    widths = [fixed[0], described, fixed[1], fixed[2], *[column_width] * len(columns)]
    inner = column_width - 2 * PRICE_PADDING
    heads: list[Any] = [
        label("序号", "No.", "right"),
        label("项目名称 · 编码", "Item · code"),
        label("单位", "Unit"),
        label("数量", "Quantity", "right"),
    ]
    body: list[list[Any]] = [
        [top, *[""] * (len(widths) - 1)],
        heads + [head_name(column, inner) for column in columns],
    ]
    for place, item in enumerate(items):
        cells = [
            PriceCell(
                money(column.prices[place].unit_price), money(column.prices[place].amount), muted=column.muted
            )
            if column.prices
            else PriceCell(DASH, DASH, muted=True)
            for column in columns
        ]
        body.append(item_cells(item) + cells)
    totals = [
        text(
            money(column.total),
            PRICE_SIZE,
            face=BOLD,
            align="right",
            color="grey" if column.muted else "text",
        )
        for column in columns
    ]
    body.append(["", label("投标总价", "Total"), "", "", *totals])
    shades = [
        ("BACKGROUND", (4 + place, 2), (4 + place, -1), styles.INK_WASH)
        for place, column in enumerate(columns)
        if column.strong
    ]
    return Table(
        body,
        colWidths=widths,
        repeatRows=2,
        splitInRow=1,
        spaceBefore=10,
        style=[
            *BARE,
            *CELL_PADDING,
            *shades,
            *head_rules(1),
            ("LEFTPADDING", (4, 1), (-1, -1), PRICE_PADDING),
            ("RIGHTPADDING", (4, 1), (-1, -1), PRICE_PADDING),
            ("TOPPADDING", (0, 2), (-1, -1), 1.6),
            ("BOTTOMPADDING", (0, 2), (-1, -1), 2.4),
            ("LINEBELOW", (0, 2), (-1, -1), 0.35, styles.STONE_LINE),
            ("SPAN", (0, 0), (-1, 0)),
            ("LEFTPADDING", (0, 0), (-1, 0), 0),
            ("LINEABOVE", (0, -1), (-1, -1), 0.7, styles.INK),
            ("LINEBELOW", (0, -1), (-1, -1), 0.9, styles.INK),
        ],
    )


def price_annex(
    items: Sequence[Item], columns: Sequence[PriceColumn], currency: str, number: int
) -> list[Flowable]:
    """Section `number`, item prices of all bidders: here for a few of them, else on landscape pages of their
    own, in groups.

    Empty if no bid was opened or the tender has no items.
    """
    if not items or not columns:
        return []
    column_width = price_width(columns)
    narrow = width_of(PORTRAIT) - 95 * mm
    orientation = PORTRAIT if len(columns) * column_width <= narrow else LANDSCAPE
    room = width_of(orientation)
    each = max(1, int((room - 105 * mm) // column_width)) if orientation == LANDSCAPE else len(columns)
    groups = -(-len(columns) // each)
    each = -(-len(columns) // groups)  # as many in each group as can be, none nearly empty
    if len(columns) <= FEW:
        column_width = max(column_width, min(LARGEST_COLUMN, narrow / len(columns)))
    turned = orientation == LANDSCAPE
    story: list[Flowable] = []
    title = RunningHeading(number, "各投标人分项报价", "Item prices of all bidders")
    for place in range(groups):
        part = columns[place * each : (place + 1) * each]
        if place:
            story.append(PageBreak())
        top = [title, Spacer(1, 3), price_caption(part, place, groups, currency)]
        story.append(price_group(items, part, top, column_width, room))
    if turned:
        return [NextPageTemplate(LANDSCAPE), PageBreak(), *story, NextPageTemplate(PORTRAIT), PageBreak()]
    return [KeepTogether(story)] if len(items) <= SHORT else [room_for_section(), *story]


def price_caption(part: Sequence[PriceColumn], place: int, groups: int, currency: str) -> Paragraph:
    """What the table shows and which bidders are in this part of it."""
    zh = f"每格上行为单价，下行为合价；货币 {currency}。"
    en = f"Unit price above, amount below, {currency}."
    if groups > 1:
        span = part[0].key if len(part) == 1 else f"{part[0].key} – {part[-1].key}"
        zh += f" 第 {place + 1} 部分，共 {groups} 部分：{span}。"
        en += f" Part {place + 1} of {groups}."
    small = f' <font size="7" color="{styles.STONE_HEX}">{markup(en)}</font>'
    return Paragraph(markup(zh) + small, style(8, lead=1.4))
