"""The pieces that documents are made of: titles, headings, fact grids, boxes, the places for seals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.graphics.barcode.qr import QrCode
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, Spacer, Table

from reports import styles
from reports.styles import style
from reports.typeface import BOLD, MONO, REGULAR, markup
from reports.wording import grouped

NUMERALS = "一二三四五六七八九十"
SEAL_DIAMETER = 40 * mm
# Nothing is set smaller, in points.
SMALLEST = 7.0


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled fact; `value` is plain text or ready flowables; a wide one has a line of its own."""

    zh: str
    en: str
    value: str | list[Flowable]
    wide: bool = False
    face: str = REGULAR


class Heading(Paragraph):
    """A heading that is also an entry of the reader's outline."""

    def __init__(self, text: str, key: str, outline: str) -> None:
        super().__init__(text, style(12, face=BOLD, color="ink", lead=1.35, before=14, after=4))
        self._key, self._outline = key, outline

    def draw(self) -> None:
        canvas = self.canv
        canvas.bookmarkHorizontal(self._key, 0, self.height)
        canvas.addOutlineEntry(self._outline, self._key, 0, 0)
        super().draw()


class RunningHeading(Flowable):
    """A heading at the top of every part of a table: itself once, then marked as continued (续)."""

    def __init__(self, number: int, zh: str, en: str) -> None:
        super().__init__()
        self._first = heading(number, zh, en)
        self._next = Paragraph(heading_text(number, f"{zh}（续）", f"{en}, continued"), self._first.style)
        self._drawn = False

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        sizes = [each.wrap(available, height) for each in (self._first, self._next)]
        self.width, self.height = available, max(size[1] for size in sizes)
        return self.width, self.height

    def draw(self) -> None:
        (self._next if self._drawn else self._first).drawOn(self.canv, 0, 0)
        self._drawn = True


def section(number: int, zh: str, en: str) -> list[Flowable]:
    """A section's heading, on the next page if hardly anything of the section would follow it here."""
    return [room_for_section(), heading(number, zh, en)]


def room_for_section() -> Flowable:
    """Turns to the next page if a section would hardly begin on this one."""
    return CondPageBreak(45 * mm)


def heading(number: int, zh: str, en: str) -> Heading:
    """Section heading `number` (from 1), Chinese first, English smaller beside it."""
    outline = f"{NUMERALS[number - 1]}、{zh} {en}"
    return Heading(heading_text(number, zh, en), f"section-{number}", outline)


def heading_text(number: int, zh: str, en: str) -> str:
    """A heading's markup."""
    small = f'<font name="{REGULAR}" size="8.5" color="{styles.STONE_HEX}">&nbsp;&nbsp; {markup(en)}</font>'
    return f"{markup(f'{NUMERALS[number - 1]}、{zh}')}{small}"


def text(value: str, size: float = 9, **look: Any) -> Paragraph:
    """A paragraph of plain text."""
    chosen = style(size, words=not has_han(value), **look)
    return Paragraph(markup(value, chosen.fontName), chosen)


def has_han(value: str) -> bool:
    """True if there is any character that lines may be broken after without a space (Han, Kana, full
    width).
    """
    return any(char >= "\u2e80" for char in value)


def bilingual(zh: str, en: str, size: float = 9, **look: Any) -> Paragraph:
    """Chinese, and smaller English beneath."""
    chosen = style(size, **look)
    small = max(size * 0.8, SMALLEST)
    below = f'<br/><font name="{REGULAR}" size="{small:.1f}" color="{styles.STONE_HEX}">{markup(en)}</font>'
    return Paragraph(markup(zh, chosen.fontName) + (below if en else ""), chosen)


def label(zh: str, en: str, align: str = "left") -> Paragraph:
    """The label of a fact or the head of a column."""
    chosen = style(7.8, face=BOLD, color="stone-dark", align=align, lead=1.25)
    below = f'<br/><font name="{REGULAR}" size="{SMALLEST:g}" color="{styles.STONE_HEX}">{markup(en)}</font>'
    return Paragraph(markup(zh, BOLD) + (below if en else ""), chosen)


def hexadecimal(digest: str, size: float = 7.6) -> Paragraph:
    """A digest in half-width type, in groups of eight."""
    return Paragraph(markup(grouped(digest), MONO), style(size, face=MONO, lead=1.4))


def monospace(lines: str, size: float = 7.4) -> list[Flowable]:
    """Verbatim lines in half-width type; a line too long for the sheet is broken, never cut."""
    look = style(size, face=MONO, lead=1.4)
    return [Paragraph(markup(line, MONO) or "&nbsp;", look) for line in lines.splitlines()]


def value_cell(fact: Fact) -> list[Flowable]:
    """The flowables of a fact's value."""
    if isinstance(fact.value, str):
        return [text(fact.value, 8.8, face=fact.face, lead=1.4)]
    return fact.value


def facts_grid(facts: Sequence[Fact], width: float) -> Table:
    """Labelled facts on hairlines, narrow ones two to a line."""
    rows: list[list[Any]] = []
    commands: list[tuple[Any, ...]] = []
    waiting: Fact | None = None
    for fact in facts:
        if fact.wide or waiting is None:
            if fact.wide or fact is facts[-1]:
                waiting = None
                commands.append(("SPAN", (1, len(rows)), (3, len(rows))))
            else:
                waiting = fact
            rows.append([label(fact.zh, fact.en), value_cell(fact), "", ""])
            continue
        rows[-1][2:] = [label(fact.zh, fact.en), value_cell(fact)]
        waiting = None
    first = 30 * mm
    rest = (width - 2 * first) / 2
    return Table(
        rows,
        colWidths=[first, rest, first, rest],
        splitInRow=1,
        style=[
            *BARE,
            *commands,
            ("LINEABOVE", (0, 0), (-1, 0), 0.4, styles.STONE_LINE),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, styles.STONE_LINE),
            ("TOPPADDING", (0, 0), (-1, -1), 3.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3.6),
            ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ],
    )


# Every table starts with these: reportlab's own defaults would draw on a font that is not embedded.
BARE: list[tuple[Any, ...]] = [
    ("FONT", (0, 0), (-1, -1), REGULAR, 8),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def box(content: list[Flowable], width: float, *, strong: bool = False) -> Table:
    """A washed box around `content`; a strong one has an ink edge at its left. It may break over pages."""
    edge = [("LINEBEFORE", (0, 0), (0, -1), 3, styles.INK, "butt")] if strong else []
    return Table(
        [[flowable] for flowable in content],
        colWidths=[width],
        splitInRow=1,
        style=[
            *BARE,
            ("BACKGROUND", (0, 0), (-1, -1), styles.INK_WASH if strong else styles.STONE_WASH),
            ("LEFTPADDING", (0, 0), (-1, -1), 12 if strong else 9),
            ("RIGHTPADDING", (0, 0), (-1, -1), 9),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ("TOPPADDING", (0, 0), (-1, 0), 7),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 8),
            *edge,
        ],
    )


def title_block(zh: str, en: str, tender_title: str, url: str, width: float, sandbox: bool) -> list[Flowable]:
    """The head of the first page: the document's name, the tender's title, the QR code to the public
    record.
    """
    side = 25 * mm
    code: Any = QrCode(url, width=side, height=side, qrBorder=0, qrLevel="M")
    code.barFillColor = styles.TEXT
    caption = bilingual("扫码查看公开记录", "Public record", 7.2, color="stone", align="center", lead=1.25)
    names = [
        text(zh, 25, face=BOLD, color="ink", lead=1.25),
        text(en, 11.5, color="stone", lead=1.4, after=7),
    ]
    top = Table(
        [[names, [code, Spacer(1, 3), caption]]],
        colWidths=[width - side, side],
        style=[*BARE],
    )
    return [
        Spacer(1, 5 if sandbox else 2),
        top,
        text(tender_title, 13, face=BOLD, lead=1.4, before=2, after=7),
    ]


class SealPlace(Flowable):
    """The round place where an official seal goes (盖章处), 40 mm across as seals are."""

    def __init__(self) -> None:
        super().__init__()
        self.width = self.height = SEAL_DIAMETER
        self.hAlign = "CENTER"

    def draw(self) -> None:
        canvas, radius = self.canv, SEAL_DIAMETER / 2
        canvas.setStrokeColor(styles.VERMILION)
        canvas.setLineWidth(0.7)
        canvas.setDash(2, 2.5)
        canvas.circle(radius, radius, radius - 2, stroke=1, fill=0)
        canvas.setDash()
        canvas.setFillColor(styles.VERMILION)
        canvas.setFont(REGULAR, 9)
        canvas.drawCentredString(radius, radius + 1, "盖章处")
        canvas.setFont(REGULAR, SMALLEST)
        canvas.drawCentredString(radius, radius - 9, "Seal")


def signatures(
    title: Flowable, places: Sequence[tuple[str, str]], buyer: str, width: float
) -> list[Flowable]:
    """Under `title`: lines to sign for each of `places` (Chinese, English) beside the
    place for the agency's seal.
    """
    lines: list[list[Any]] = []
    for zh, en in places:
        lines.append([bilingual(zh, en, 8.8, lead=1.3), "", bilingual("日期", "Date", 8.8, lead=1.3), ""])
    signing = Table(
        lines,
        colWidths=[34 * mm, 40 * mm, 13 * mm, width - 132 * mm],
        rowHeights=[12.5 * mm] * len(lines),
        style=[
            *BARE,
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ("LINEBELOW", (1, 0), (1, -1), 0.6, styles.STONE),
            ("LINEBELOW", (3, 0), (3, -1), 0.6, styles.STONE),
            ("LEFTPADDING", (2, 0), (2, -1), 8),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ],
    )
    seal = [SealPlace()]
    block = Table(
        [[signing, seal]],
        colWidths=[width - 45 * mm, 45 * mm],
        style=[*BARE, ("ALIGN", (1, 0), (1, 0), "RIGHT")],
    )
    note = text(f"招标人（盖章） Agency (seal)：{buyer}", 9, lead=1.35, after=2)
    return [title, note, block]
