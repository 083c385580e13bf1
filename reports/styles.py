"""Colours, type sizes and distances of the documents: stone and ink, one vermilion kept for the seal."""

from __future__ import annotations

from functools import cache
from typing import Literal

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from reports.typeface import BOLD, MONO, REGULAR

TEXT: Color = HexColor("#23262B")
INK: Color = HexColor("#1F3A5F")
INK_SOFT: Color = HexColor("#5F7796")
INK_WASH: Color = HexColor("#EAEFF5")
STONE_DARK: Color = HexColor("#57534C")
STONE: Color = HexColor("#7B766C")
STONE_LINE: Color = HexColor("#D9D4CA")
STONE_BAR: Color = HexColor("#BDB6A8")
STONE_WASH: Color = HexColor("#F5F3EE")
GREY: Color = HexColor("#7A766E")
VERMILION: Color = HexColor("#B3261E")

PORTRAIT_MARGIN = 20 * mm
LANDSCAPE_MARGIN = 15 * mm
TOP_MARGIN = 25 * mm
BOTTOM_MARGIN = 20 * mm

ALIGN: dict[str, Literal[0, 1, 2]] = {"left": TA_LEFT, "right": TA_RIGHT, "center": TA_CENTER}


@cache
def style(
    size: float = 9,
    *,
    face: str = REGULAR,
    color: str = "text",
    align: str = "left",
    lead: float = 1.45,
    before: float = 0,
    after: float = 0,
    words: bool = False,
) -> ParagraphStyle:
    """A paragraph style; sizes and distances in points, `lead` as a multiple of the size, `color` a name of
    COLORS.

    words: break lines between words, for text without Chinese.
    """
    return ParagraphStyle(
        f"{face}-{size}-{color}-{align}-{lead}-{before}-{after}-{words}",
        fontName=face,
        bulletFontName=REGULAR,
        fontSize=size,
        leading=size * lead,
        textColor=COLORS[color],
        alignment=ALIGN[align],
        spaceBefore=before,
        spaceAfter=after,
        wordWrap=None if words else "CJK",
        splitLongWords=1,
    )


COLORS = {
    "text": TEXT,
    "ink": INK,
    "ink-soft": INK_SOFT,
    "stone": STONE,
    "stone-dark": STONE_DARK,
    "grey": GREY,
    "vermilion": VERMILION,
    "white": HexColor("#FFFFFF"),
}

STONE_HEX = "#7B766C"

__all__ = ["BOLD", "MONO", "REGULAR", "style"]
