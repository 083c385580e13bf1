"""The embedded fonts, and text made safe for them: nothing a bidder writes can crash or disguise a
document.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from reports.errors import ReportError

REGULAR, BOLD, MONO = "Sunseal", "Sunseal-Bold", "Sunseal-Mono"
FILES = {REGULAR: "NotoSansSC-Regular.ttf", BOLD: "NotoSansSC-Bold.ttf", MONO: "NotoSansSC-Mono.ttf"}
FOLDER = Path(__file__).resolve().parent / "fonts"

# reportlab keeps fonts in one table for the whole process and a font's subset in the font: one document at
# a time.
RENDERING = threading.RLock()


@lru_cache(maxsize=1)
def register() -> None:
    """Make the fonts known to reportlab, once a process.

    Raises ReportError if the font files have not been made.
    """
    with RENDERING:
        for name, file in FILES.items():
            try:
                pdfmetrics.registerFont(TTFont(name, str(FOLDER / file), shapable=False))
            except (TTFError, OSError) as error:
                raise ReportError(
                    f"the font {file} is missing or broken: run `python -m reports.fonts.build` to make it"
                ) from error
        pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


@lru_cache(maxsize=8)
def glyphs(face: str) -> frozenset[int]:
    """The codepoints that `face` has."""
    register()
    font: Any = pdfmetrics.getFont(face)
    return frozenset(font.face.charToGlyph)


@lru_cache(maxsize=8)
def _drawable(face: str) -> frozenset[int]:
    """What `face` and the regular one have between them: tens of thousands, so put together once."""
    return glyphs(face) | glyphs(REGULAR)


def visible(text: str, face: str = REGULAR) -> str:
    """`text` with every character that the fonts lack, or that would be invisible, written as `[U+1F600]`.

    Line ends and tabs become spaces; a half-width face borrows what it lacks from the regular one.
    """
    have = _drawable(face)
    out = []
    for char in unicodedata.normalize("NFC", text):
        if char in "\r\n\t":
            out.append(" ")
        elif unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") or ord(char) not in have:
            out.append(f"[U+{ord(char):04X}]")
        else:
            out.append(char)
    return "".join(out)


def markup(text: str, face: str = REGULAR) -> str:
    """`text` as the inside of a reportlab paragraph in `face`: visible, `<`, `>` and `&` escaped."""
    shown = visible(text, face)
    have = glyphs(face)
    if all(ord(char) in have for char in shown):
        return escape(shown)
    return "".join(
        escape(char) if ord(char) in have else f'<font name="{REGULAR}">{escape(char)}</font>'
        for char in shown
    )


def width(text: str, face: str, size: float) -> float:
    """How wide `text` is, in points."""
    register()
    return float(pdfmetrics.stringWidth(text, face, size))


def fitting(figure: str, face: str, size: float, room: float) -> float:
    """The largest type size up to `size` at which `figure` stays on one line of `room` points."""
    needed = width(figure, face, size)
    return size if needed <= room else max(size * room / needed, 3.0)


def shortened(text: str, face: str, size: float, room: float) -> str:
    """`text` made visible and, if wider than `room` points, cut with an ellipsis at its end."""
    shown = visible(text, face)
    if width(shown, face, size) <= room:
        return shown
    low, high = 0, len(shown)
    while low < high:
        middle = (low + high + 1) // 2
        if width(shown[:middle].rstrip() + "…", face, size) <= room:
            low = middle
        else:
            high = middle - 1
    return shown[:low].rstrip() + "…"
