"""The attachment of a demonstration's bid: its bid letter, a small PDF."""

from __future__ import annotations

import io
import textwrap

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from trading.demo.source import Contract, SourceBid

_INK = (0.13, 0.16, 0.22)


def bid_letter(contract: Contract, bid: SourceBid) -> bytes:
    """One page: who bids for what at which total. The same facts give the same bytes."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(f"Bid letter, contract {contract.number}")
    canvas.setAuthor(bid.bidder)
    _, height = A4
    canvas.setFillColorRGB(*_INK)
    canvas.setFont("Times-Bold", 15)
    canvas.drawString(25 * mm, height - 35 * mm, _latin(bid.bidder))
    canvas.setLineWidth(0.6)
    canvas.line(25 * mm, height - 39 * mm, 185 * mm, height - 39 * mm)
    text = canvas.beginText(25 * mm, height - 55 * mm)
    text.setFont("Times-Roman", 11)
    text.setLeading(16)
    for line in _lines(contract, bid):
        text.textLine(line)
    canvas.drawText(text)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _lines(contract: Contract, bid: SourceBid) -> list[str]:
    paragraphs = [
        f"Contract {contract.number}",
        contract.title,
        contract.place,
        "",
        f"We offer to carry out the works of this contract, {len(contract.items)} items of the bill of "
        f"quantities, at the unit prices of our sealed offer, in total {contract.currency} {bid.total}.",
        "",
        "This letter is part of our bid. It was sealed on our own machine before it was submitted, and "
        "nobody could read it before the opening time.",
        "",
        "For the bidder",
        bid.bidder,
        "",
        "(A rehearsal with public records of 2011; no legal effect.)",
    ]
    return [line for one in paragraphs for line in (textwrap.wrap(_latin(one), 88) or [""])]


def _latin(text: str) -> str:
    """What the letter's built-in typeface can show."""
    return text.encode("latin-1", "replace").decode("latin-1")
