"""What a signed document says of itself, read as far as to render it again.

Nothing here is believed: what is read from the document is put into a rendering of our own, which then must
be the document.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader

_LAST = 4  # pages
_WIDE = ord("！") - ord("!")


class Garbled(Exception):
    """A document whose pages cannot be read; the text says how reading failed."""


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
        if signed_at is None or signed_at.tzinfo is None:
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
    def lines(self) -> str:
        """The text of all pages."""
        return "\n".join(self._texts())

    @cached_property
    def ending(self) -> str:
        """The text of the last pages, without white space: what is looked for mostly stands there."""
        return _squeezed(self._texts(_LAST))

    def _texts(self, last: int = 0) -> list[str]:
        try:
            return texts(self.signed, last)
        except Exception as error:  # made to break whoever reads it, and signed all the same
            raise Garbled(type(error).__name__) from error

    def seek(self, look: Callable[[str], str | None]) -> str | None:
        """What `look` finds in the text without its white space; None if nothing."""
        found = look(self.ending)
        return look(_squeezed(self.lines)) if found is None else found

    def found(self, pattern: str) -> str | None:
        """The first group of a pattern in the text without its white space; None if it is not there."""

        def look(text: str) -> str | None:
            match = re.search(pattern, text)
            return None if match is None else match.group(1)

        return self.seek(look)

    def written(self, name: str) -> str:
        """A name as the document writes it, where that differs in width, case, spaces or brackets alone; else
        as it is given."""
        if _squeezed(name) in _squeezed(self.lines):
            return name
        letters = _squeezed(unicodedata.normalize("NFKC", name)).casefold()
        match = re.search(r"\s*".join(map(_alike, letters)), self.lines)
        if match is None:
            return name
        # A line that ends in a name ends between two words, or between two Chinese characters.
        return re.sub(r"(?<=[!-~])\n(?=[!-~])", " ", match.group()).replace("\n", "")


def _squeezed(text: str | Sequence[str]) -> str:
    return "".join("".join(text).split())


def _alike(letter: str) -> str:
    """A pattern of a letter and of its other case and width."""
    forms = {letter, letter.upper()}
    forms |= {chr(ord(each) + _WIDE) for each in forms if len(each) == 1 and "!" <= each <= "~"}
    return f"[{''.join(map(re.escape, sorted(forms)))}]"


def metadata(pdf: bytes) -> Mapping[str, Any]:
    """A PDF's information dictionary."""
    return PdfReader(io.BytesIO(pdf)).metadata or {}


def texts(pdf: bytes, last: int = 0) -> list[str]:
    """The text of each page, or of as many at the end, a line of text a line, by the documents' own tables of
    characters."""
    return [page.extract_text() for page in list(PdfReader(io.BytesIO(pdf)).pages)[-last:]]
