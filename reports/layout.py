"""The sheet that all documents share: A4 frames, header, footer, page numbers, the sandbox band, fixed
metadata.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from reports import styles, typeface
from reports.archival import PDF_VERSION, make_archival
from reports.edition import producer
from reports.errors import ReportError
from reports.typeface import BOLD, MONO, REGULAR
from reports.wording import paper_time, short_digest

PORTRAIT, LANDSCAPE = "portrait", "landscape"
BAND_HEIGHT = 13.0
PAGES_FORM = "page-{}"
PAGES_ROOM = 200

# By whether rules are waived.
SANDBOX = {
    True: (
        "演练项目（沙盒）：计算天数的规则未适用，均记为豁免",
        "SANDBOX TENDER · rules that count days are recorded as waived",
    ),
    False: ("演练项目（沙盒）：规则全部适用，没有豁免", "SANDBOX TENDER · all rules hold, none is waived"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every page of one document says.

    moment: the statement's time; digest: the statement's, hex; waived: whether the sandbox waives rules.
    """

    title_zh: str
    title_en: str
    subject: str
    tender_number: str
    author: str
    digest: str
    moment: datetime
    sandbox: bool
    waived: bool


class FixedTime:
    """reportlab's time stamp, from the facts instead of the clock (and never from SOURCE_DATE_EPOCH)."""

    def __init__(self, moment: datetime) -> None:
        local = paper_time(moment)
        self.t = moment.timestamp()
        self.lt = time.struct_time(local.timetuple())
        self.YMDhms = tuple(self.lt)[:6]
        self.dhh, self.dmm = 8, 0
        self.tzname = "UTC"
        self.datetime = moment.astimezone(UTC)


def width_of(orientation: str) -> float:
    """The width of the text area, in points."""
    if orientation == LANDSCAPE:
        return float(A4[1] - 2 * styles.LANDSCAPE_MARGIN)
    return float(A4[0] - 2 * styles.PORTRAIT_MARGIN)


def canvas_of(sheet: Sheet) -> type[Canvas]:
    """A canvas class for one document: its time and its id come from the facts, its last act is the page
    count.
    """

    class SheetCanvas(Canvas):
        _doc: Any

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "pdfVersion": PDF_VERSION})
            # The id that reportlab ends a file with is a digest of the content, begun here instead of at
            # the clock.
            self._doc.signature = hashlib.md5(sheet.digest.encode("ascii", "replace"), usedforsecurity=False)
            self._doc._timeStamp = FixedTime(sheet.moment)
            self.setViewerPreference("DisplayDocTitle", "true")

        def save(self) -> None:
            # Footers show these forms; only now is the number of pages known.
            count = self.getPageNumber() - 1
            for page in range(1, count + 1):
                self.beginForm(PAGES_FORM.format(page), -PAGES_ROOM, -3, 0, 10)
                self.setFont(REGULAR, 7)
                self.setFillColor(styles.STONE)
                self.drawRightString(0, 0, f"第 {page} 页 共 {count} 页 · Page {page} of {count}")
                self.endForm()
            make_archival(self._doc, sheet.moment)
            super().save()

    return SheetCanvas


def draw_header(canvas: Canvas, sheet: Sheet, left: float, right: float, top: float) -> None:
    """The line above the text: whose document, which document, which tender; the sandbox band under it."""
    y = top - 14 * mm
    canvas.setFillColor(styles.INK)
    canvas.setFont(BOLD, 8.5)
    canvas.drawString(left, y, "阳光交易")
    canvas.setFont(REGULAR, 7)
    canvas.setFillColor(styles.STONE)
    canvas.drawString(left + 38, y, "Sunseal")
    name = f"{sheet.title_zh}  {sheet.title_en}"
    room = right - left - 90
    number = typeface.shortened(
        sheet.tender_number, BOLD, 7.5, room - typeface.width(name, REGULAR, 7.5) - 12
    )
    canvas.setFillColor(styles.TEXT)
    canvas.setFont(BOLD, 7.5)
    canvas.drawRightString(right, y, number)
    canvas.setFillColor(styles.STONE)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawRightString(right - typeface.width(number, BOLD, 7.5) - 10, y, name)
    canvas.setStrokeColor(styles.INK)
    canvas.setLineWidth(0.8)
    canvas.line(left, y - 5, right, y - 5)
    if sheet.sandbox:
        draw_band(canvas, SANDBOX[sheet.waived], left, right, y - 8)


def draw_band(canvas: Canvas, said: tuple[str, str], left: float, right: float, top: float) -> None:
    """The sandbox statement, on every page of a rehearsal's documents."""
    canvas.setFillColor(styles.STONE_DARK)
    canvas.rect(left, top - BAND_HEIGHT, right - left, BAND_HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(styles.COLORS["white"])
    canvas.setFont(BOLD, 7.5)
    canvas.drawString(left + 6, top - BAND_HEIGHT + 3.8, said[0])
    canvas.setFont(REGULAR, 7)
    canvas.drawRightString(right - 6, top - BAND_HEIGHT + 3.9, said[1])


def draw_footer(canvas: Canvas, sheet: Sheet, left: float, right: float) -> None:
    """The line under the text: the statement's digest, and page x of y."""
    y = 11 * mm
    canvas.setStrokeColor(styles.STONE_LINE)
    canvas.setLineWidth(0.5)
    canvas.line(left, y + 11, right, y + 11)
    canvas.setFillColor(styles.STONE)
    canvas.setFont(REGULAR, 7)
    label = "声明摘要 Statement SHA-256"
    canvas.drawString(left, y, label)
    canvas.setFont(MONO, 7)
    canvas.drawString(left + typeface.width(label, REGULAR, 7) + 5, y, short_digest(sheet.digest))
    canvas.saveState()
    canvas.translate(right, y)
    canvas.doForm(PAGES_FORM.format(canvas.getPageNumber()))
    canvas.restoreState()


def page_template(name: str, sheet: Sheet) -> PageTemplate:
    """Portrait or landscape A4 with the header and footer of `sheet`."""
    wide = name == LANDSCAPE
    size = landscape(A4) if wide else A4
    margin = styles.LANDSCAPE_MARGIN if wide else styles.PORTRAIT_MARGIN
    frame = Frame(
        margin,
        styles.BOTTOM_MARGIN,
        size[0] - 2 * margin,
        size[1] - styles.TOP_MARGIN - styles.BOTTOM_MARGIN,
        leftPadding=0,
        rightPadding=0,
        topPadding=7 if sheet.sandbox else 0,
        bottomPadding=0,
    )

    def draw(canvas: Canvas, _document: BaseDocTemplate) -> None:
        canvas.saveState()
        draw_header(canvas, sheet, margin, size[0] - margin, size[1])
        draw_footer(canvas, sheet, margin, size[0] - margin)
        canvas.restoreState()

    return PageTemplate(id=name, frames=[frame], onPage=draw, pagesize=size)


def render_sheet(sheet: Sheet, story: Callable[[], list[Flowable]]) -> bytes:
    """The PDF of one document: `story` is called, once, when the fonts are there and no other document is
    being made.

    Raises ReportError if the fonts are missing or the facts cannot be laid out.
    """
    typeface.register()
    buffer = io.BytesIO()
    with typeface.RENDERING:
        document = BaseDocTemplate(
            buffer,
            pagesize=A4,
            title=f"{sheet.title_zh} {sheet.title_en} · {typeface.visible(sheet.tender_number)}",
            author=typeface.visible(sheet.author),
            subject=typeface.visible(sheet.subject),
            keywords=[sheet.digest],
            creator="Sunseal",
            producer=producer(),
            lang="zh-CN",
            invariant=1,
            pageCompression=1,
            initialFontName=REGULAR,
            pageTemplates=[page_template(PORTRAIT, sheet), page_template(LANDSCAPE, sheet)],
        )
        try:
            document.build(story(), canvasmaker=canvas_of(sheet))
        except ReportError:
            raise
        except Exception as error:  # reportlab has no error root of its own
            raise ReportError(f"the {sheet.title_en.lower()} could not be laid out: {error}") from error
    return buffer.getvalue()
