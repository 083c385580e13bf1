"""Whether two PDFs are the same to every reader: all objects that lead from their roots, streams decoded.

So pages, fonts and their tables, pictures, annotations, scripts, layers, forms and attachments are compared,
whether a reader shows them or not. What differs in writing alone does not count: compression, numbers of
objects, their order in the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

Path = tuple[str, ...]

# How a stream is written, not what it is.
_CODING = frozenset(("/Length", "/Filter", "/DecodeParms", "/F", "/FFilter", "/FDecodeParms", "/DL"))
# The signature itself, and what pyHanko notes: which software wrote the file, and when.
_IGNORED: dict[Path, frozenset[str]] = {
    ("/Root",): frozenset(("/Extensions", "/Version")),
    ("/Root", "/AcroForm", "/Fields", "0", "/V"): frozenset(("/Contents", "/ByteRange")),
    ("/Info",): frozenset(("/ModDate", "/Producer")),
}
_FROM = ("/Root", "/Info")
_MOST = 20
_METADATA = ("/Root", "/Metadata")
_NOTED = re.compile(rb'\b\w+:(?:Producer|ModifyDate|MetadataDate|DocumentID|xmptk)="[^"<>]{0,200}"')


def differences(ours: bytes, theirs: bytes) -> list[Path]:
    """Where the two differ, as paths of names from the trailer, a few at most; those in metadata last.

    Raises pyHanko's errors, or others, for bytes that are no PDF.
    """
    left, right = PdfFileReader(io.BytesIO(ours)), PdfFileReader(io.BytesIO(theirs))
    if right.encrypted or left.encrypted:
        return [("/Encrypt",)]
    walk = _Walk()
    walk.run([((name,), left.trailer.raw_get(name), right.trailer.raw_get(name)) for name in _FROM])
    return sorted(walk.found, key=lambda path: path[:2] == _METADATA or path[:1] == ("/Info",))


class _Walk:
    """Goes through both at once, each pair of objects once."""

    def __init__(self) -> None:
        self.found: list[Path] = []
        self._seen: set[tuple[Any, Any]] = set()
        self._todo: list[tuple[Path, Any, Any]] = []

    def run(self, pairs: Iterable[tuple[Path, Any, Any]]) -> None:
        # Shallow paths first: what they ignore must be met by them, not by the way back from a page.
        self._todo = list(pairs)
        for path, left, right in self._todo:
            if (found := self._differ(path, left, right)) is not None:
                self.found.append(found)
            if len(self.found) == _MOST:
                return

    def _differ(self, path: Path, left: Any, right: Any) -> Path | None:
        if isinstance(left, generic.IndirectObject) and isinstance(right, generic.IndirectObject):
            pair = (left.reference, right.reference)
            if pair in self._seen:
                return None
            self._seen.add(pair)
        left, right = left.get_object(), right.get_object()
        if type(left) is not type(right) and not _alike(left, right):
            return path
        if isinstance(left, generic.DictionaryObject):
            return self._dictionaries(path, left, right)
        if isinstance(left, generic.ArrayObject):
            if len(left) != len(right):
                return path
            self._todo += [
                ((*path, str(place)), left.raw_get(place), right.raw_get(place)) for place in range(len(left))
            ]
            return None
        return None if _value(left) == _value(right) else path

    def _dictionaries(self, path: Path, left: Any, right: Any) -> Path | None:
        passed = _IGNORED.get(path, frozenset())
        if isinstance(left, generic.StreamObject):
            passed |= _CODING
            ours, theirs = left.data, right.data
            if path == _METADATA:
                ours, theirs = (_NOTED.sub(b"", data) for data in (ours, theirs))
            if ours != theirs:
                return path
            if "/F" in right or "/F" in left:  # its data are in another file
                return (*path, "/F")
        names = [name for name in left if name not in passed]
        if set(names) != {name for name in right if name not in passed}:
            odd = sorted(set(names) ^ {name for name in right if name not in passed})
            return (*path, odd[0])
        self._todo += [((*path, name), left.raw_get(name), right.raw_get(name)) for name in names]
        return None


def _alike(left: Any, right: Any) -> bool:
    numbers = (generic.NumberObject, generic.FloatObject)
    texts = (generic.TextStringObject, generic.ByteStringObject)
    return any(isinstance(left, kind) and isinstance(right, kind) for kind in (numbers, texts))


def _value(thing: Any) -> Any:
    if isinstance(thing, (generic.TextStringObject, generic.ByteStringObject)):
        return thing.original_bytes
    if isinstance(thing, generic.NullObject):
        return None
    if isinstance(thing, (generic.BooleanObject, generic.NumberObject, generic.FloatObject)):
        return thing.value if isinstance(thing, generic.BooleanObject) else float(thing)
    if isinstance(thing, generic.NameObject):
        return str(thing)
    raise PdfReadError(f"an object of an unforeseen kind: {type(thing).__name__}")
