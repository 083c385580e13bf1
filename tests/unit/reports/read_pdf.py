"""Reading what was made: text without its white space, fonts, pages."""

from __future__ import annotations

import io
import re
from typing import Any

from pypdf import PdfReader


def pages(pdf: bytes) -> list[str]:
    """The text of each page, all white space taken out (lines break where the sheet says)."""
    return [re.sub(r"\s+", "", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    """A fact as `pages` would give it."""
    return re.sub(r"\s+", "", text)


def all_text(pdf: bytes) -> str:
    """The text of the document; headers and footers of the pages in between are part of it."""
    return "".join(pages(pdf))


def fonts(pdf: bytes) -> dict[str, bool]:
    """Every font of the file and whether it is embedded, whether a page uses it or not."""
    reader = PdfReader(io.BytesIO(pdf))
    found: dict[str, bool] = {}
    for number in range(1, len(reader.xref[0]) if 0 in reader.xref else 0):
        thing: Any = reader.get_object(number)
        if isinstance(thing, dict) and thing.get("/Type") == "/Font":
            descriptor = thing.get("/FontDescriptor")
            embedded = descriptor is not None and "/FontFile2" in descriptor.get_object()
            found[str(thing["/BaseFont"])] = embedded
    return found


def sizes(pdf: bytes) -> set[float]:
    """The type sizes that pages set."""
    found = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        content = page.get_contents()
        data = b"" if content is None else content.get_data()
        found |= {float(size) for size in re.findall(rb"/F\S+ ([\d.]+) Tf", data)}
    return found
