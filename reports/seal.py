"""The platform's electronic seal (电子印章): the empty signature field in a document, and what is seen in it.

A document is made with the field, so that whoever signs it, with whatever tool, finds the place. What is seen
there once it is signed is a page of its own, drawn by `render_seal` and put in by the signer.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from reports import styles, typeface
from reports.blocks import SEAL_DIAMETER, SMALLEST
from reports.typeface import BOLD, MONO, REGULAR
from reports.wording import ZONE_ZH, grouped, stamp

FIELD = "Seal"
HEIGHT = 42.5 * mm
_PRINT_AND_LOCKED = 4 + 128
_RAYS = 12


@dataclass(frozen=True, slots=True)
class SealFacts:
    """What the seal says. platform: its name; signer: whom the certificate names, with its SHA-256 in hex;
    signed_at: the time of signing; roots_url: where the root certificate is published.
    """

    platform: str
    signer: str
    fingerprint: str
    signed_at: datetime
    roots_url: str


class SealField(Flowable):
    """An empty signature field as wide as the text; once a document."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self.width, self.height = width, HEIGHT

    def draw(self) -> None:
        canvas: Any = self.canv
        left, bottom = canvas.absolutePosition(0, 0)
        field = {
            "Type": PDFName("Annot"),
            "Subtype": PDFName("Widget"),
            "FT": PDFName("Sig"),
            "T": PDFString(FIELD),
            "TU": PDFString("平台电子印章 Electronic seal of the platform"),
            "F": _PRINT_AND_LOCKED,
            "Rect": PDFArray([round(each, 2) for each in (left, bottom, left + self.width, bottom + HEIGHT)]),
        }
        canvas._addAnnotation(PDFDictionary(field), FIELD)
        document = canvas._doc
        document.Catalog.AcroForm = PDFDictionary({"Fields": PDFArray([document.refAnnotation(FIELD)])})


def render_seal(facts: SealFacts, width: float) -> bytes:
    """A PDF of one page, `width` points wide and as high as the field, with the seal and how to check it.

    Raises ReportError if the fonts are missing.
    """
    typeface.register()
    buffer = io.BytesIO()
    with typeface.RENDERING:
        canvas = Canvas(
            buffer, pagesize=(width, HEIGHT), invariant=1, initialFontName=REGULAR  # type: ignore[arg-type]
        )
        draw_round(canvas, facts, SEAL_DIAMETER / 2 + 4, HEIGHT / 2)
        draw_words(canvas, facts, SEAL_DIAMETER + 20, width)
        canvas.save()
    return buffer.getvalue()


def draw_round(canvas: Canvas, facts: SealFacts, x: float, y: float) -> None:
    """The round seal: the platform's name along its edge, a sun in its middle, what it is for beneath."""
    radius = SEAL_DIAMETER / 2
    canvas.saveState()
    canvas.translate(x, y)
    canvas.setStrokeColor(styles.VERMILION)
    canvas.setFillColor(styles.VERMILION)
    canvas.setLineWidth(2.0)
    canvas.circle(0, 0, radius - 1, stroke=1, fill=0)
    canvas.setLineWidth(0.5)
    canvas.circle(0, 0, radius - 4, stroke=1, fill=0)
    draw_sun(canvas, radius * 0.3)
    draw_along(canvas, facts.platform, radius - 15.5)
    for text, size, height in (("电子文件专用章", 8.6, -0.52), (stamp(facts.signed_at)[:10], 7.0, -0.72)):
        canvas.setFont(BOLD, size)
        canvas.drawCentredString(0, radius * height - 1, text)
    canvas.restoreState()


def draw_sun(canvas: Canvas, radius: float) -> None:
    """A disc with rays."""
    canvas.circle(0, 3, radius * 0.55, stroke=0, fill=1)
    for ray in range(_RAYS):
        angle = 2 * math.pi * ray / _RAYS
        path = canvas.beginPath()
        for turn, length in ((-0.13, 0.72), (0.0, 1.18), (0.13, 0.72)):
            point = (radius * length * math.sin(angle + turn), 3 + radius * length * math.cos(angle + turn))
            (path.lineTo if turn > -0.13 else path.moveTo)(*point)
        path.close()
        canvas.drawPath(path, stroke=0, fill=1)


def draw_along(canvas: Canvas, text: str, radius: float) -> None:
    """Text along the upper edge, upright at the top; long names are set smaller, over 240 degrees at most."""
    shown = typeface.visible(text, BOLD)
    most = math.radians(240)
    size, spacing = 11.0, 1.16
    wanted = sum(typeface.width(char, BOLD, size) for char in shown) * spacing
    if wanted > most * radius:
        size *= most * radius / wanted
    widths = [typeface.width(char, BOLD, size) * spacing / radius for char in shown]
    angle = -sum(widths) / 2
    canvas.setFont(BOLD, size)
    for char, room in zip(shown, widths, strict=True):
        canvas.saveState()
        canvas.rotate(-math.degrees(angle + room / 2))
        canvas.drawCentredString(0, radius, char)
        canvas.restoreState()
        angle += room


def draw_words(canvas: Canvas, facts: SealFacts, left: float, right: float) -> None:
    """Beside the seal: who signed when, and how to check it."""
    canvas.setStrokeColor(styles.STONE_LINE)
    canvas.setLineWidth(0.4)
    canvas.line(left - 8, 8, left - 8, HEIGHT - 8)
    room = right - left
    y = HEIGHT - 17
    canvas.setFillColor(styles.INK)
    canvas.setFont(BOLD, 10.5)
    canvas.drawString(left, y, "平台电子签名")
    canvas.setFillColor(styles.STONE)
    canvas.setFont(REGULAR, 8)
    canvas.drawString(left + 70, y, "Electronic signature of the platform")
    lines = [
        (f"签署者 Signed by  {facts.platform} · {facts.signer}", REGULAR, "text"),
        (f"签署时间 Signed at  {stamp(facts.signed_at)}（{ZONE_ZH}）", REGULAR, "text"),
        (
            "格式 Form  PAdES B-LTA（ETSI EN 319 142-1），含时间戳与验证资料 time-stamped, made to last",
            REGULAR,
            "text",
        ),
        (f"证书 Certificate SHA-256  {grouped(facts.fingerprint[:32])}", MONO, "stone-dark"),
        (f"{' ' * 25} {grouped(facts.fingerprint[32:])}", MONO, "stone-dark"),
        ("核验 To check：PDF 阅读器的签名面板 signature panel · pdfsig · sunseal verify", REGULAR, "text"),
        (f"根证书 Root  {facts.roots_url}", REGULAR, "stone-dark"),
    ]
    for text, face, color in lines:
        y -= 13.2
        canvas.setFillColor(styles.COLORS[color])
        size = typeface.fitting(typeface.visible(text, face), face, 7.4, room)
        set_line(canvas, left, y, text, face, max(size, SMALLEST - 1), room)


def set_line(
    canvas: Canvas, left: float, y: float, text: str, face: str, size: float, room: float
) -> None:
    """One line; a half-width face borrows Chinese from the regular one."""
    have = typeface.glyphs(face)
    shown = typeface.shortened(text, face, size, room)
    x = left
    run, current = "", face
    for char in [*shown, ""]:
        wanted = face if not char or ord(char) in have else REGULAR
        if not char or wanted != current:
            canvas.setFont(current, size)
            canvas.drawString(x, y, run)
            x += typeface.width(run, current, size)
            run, current = "", wanted
        run += char
