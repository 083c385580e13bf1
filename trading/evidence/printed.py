"""What a signed document says of itself, read as far as to render it again.

Nothing here is believed: what is read from the document is put into a rendering of our own, which then must
be the document.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader

_WIDE = ord("！") - ord("!")


@dataclass(frozen=True)
class Printed:
    """A signed document. signed: its bytes up to the end of what the platform's signature covers; title,
    digest, producer: of its metadata; platform, signed_at: as the signature has them, to the second.
    """

    signed: bytes
    title: str
    digest: str
    producer: str
    platform: str
    signed_at: datetime

    @classmethod
    def read(cls, pdf: bytes) -> Printed:
        """Read a document whose signature holds. Any error means that it is none of ours."""
        (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        *_, begin, length = (int(each) for each in signature.sig_object["/ByteRange"])
        signed = pdf[: begin + length]
        info = metadata(signed)
        signed_at = signature.self_reported_timestamp
        if signed_at is None:
            raise ValueError("the signature does not say when it was made")
        return cls(
            signed=signed,
            title=str(info.get("/Title", "")),
            digest=str(info.get("/Keywords", "")),
            producer=str(info.get("/Producer", "")),
            platform=str(signature.sig_object.get("/Name", "")),
            signed_at=signed_at,
        )

    @cached_property
    def text(self) -> str:
        """All that the pages say, without white space, for what has to be found in it."""
        return "".join(self._lines.split())

    @cached_property
    def _lines(self) -> str:
        return "\n".join(texts(self.signed))

    def written(self, name: str) -> str:
        """A name as the document writes it, where that differs in width, case, spaces or brackets alone; else
        as it is given."""
        if "".join(name.split()) in self.text:
            return name
        letters = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
        match = re.search(r"\s*".join(map(_alike, letters)), self._lines)
        if match is None:
            return name
        # A line that ends in a name ends between two words, or between two Chinese characters.
        return re.sub(r"(?<=[!-~])\n(?=[!-~])", " ", match.group()).replace("\n", "")

    def found(self, pattern: str) -> str | None:
        """The first group of a pattern in the text; None if it is not there."""
        match = re.search(pattern, self.text)
        return None if match is None else match.group(1)


def _alike(letter: str) -> str:
    """A pattern of a letter and of its other case and width."""
    forms = {letter, letter.upper()}
    forms |= {chr(ord(each) + _WIDE) for each in forms if len(each) == 1 and "!" <= each <= "~"}
    return f"[{''.join(map(re.escape, sorted(forms)))}]"


def metadata(pdf: bytes) -> Mapping[str, Any]:
    """A PDF's information dictionary."""
    return PdfReader(io.BytesIO(pdf)).metadata or {}


def texts(pdf: bytes) -> list[str]:
    """The text of each page, a line of text a line, by the documents' own tables of characters."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
