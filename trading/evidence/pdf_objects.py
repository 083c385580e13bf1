"""Whether two PDFs are the same to every reader: all objects that lead from their roots, streams decoded.

So pages, fonts and their tables, pictures, annotations, scripts, layers, forms and attachments are compared,
whether a reader shows them or not. What differs in writing alone does not count: compression, numbers of
objects, their order in the file.

Readers mend what is odd in a file: they pass over its tables and look for objects by themselves. So that all
find the same, a file may hold no object but those in its tables, and nothing in them may be odd.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

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
_FILTERS = frozenset(("/ASCII85Decode", "/FlateDecode"))
_REVISIONS = 2  # as rendered, as signed

_GAP = rb"[\x00\t\n\x0c\r ]"
_BEGIN = re.compile(rb"(?<![0-9+.-])[0-9+.-]+" + _GAP + rb"+[0-9+.-]+" + _GAP + rb"*obj")
_TRAILER = re.compile(rb"trailer" + _GAP + rb"*<<")
_COMMENT = re.compile(rb"%[^\r\n]*")
_FREE, _USED = rb"0000000000 65535 f[ \r][\r\n]", rb"[0-9]{10} 00000 n[ \r][\r\n]"
_PART = rb"[0-9]+ [0-9]+ ?\r?\n(?:" + _FREE + rb")?(?:" + _USED + rb")*"
_TABLE = re.compile(rb"xref\r?\n(?:" + _PART + rb")+trailer\s*")
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


def hidden(rendered: bytes, ours: bytes, signed: bytes, theirs: bytes) -> bool:
    """Whether a document holds, anywhere, what only readers that mend it find.

    rendered, ours: our document before and after it is prepared for the signature. theirs: the other, whole;
    signed: its bytes up to the signature's revision, which do not differ from `ours`. Before that revision it
    must have been `rendered`, in one piece.

    Raises as `differences`.
    """
    strays = _strays(theirs)
    if strays is None or (strays and not strays <= (_strays(ours) or set())):
        return True
    revisions = PdfFileReader(io.BytesIO(signed))
    if revisions.xrefs.total_revisions != _REVISIONS:
        return True
    if signed.startswith(rendered):
        return False
    left, first = PdfFileReader(io.BytesIO(rendered)).trailer, revisions.get_historical_resolver(0)
    walk = _Walk()
    walk.run([((name,), left.raw_get(name), _as_of(first, name)) for name in _FROM])
    return bool(walk.found)


def _as_of(revision: HistoricalResolver, name: str) -> generic.IndirectObject:
    found = revision.trailer_view.raw_get(name)
    return generic.IndirectObject(found.idnum, found.generation, revision)  # type: ignore[no-untyped-call]


def _strays(pdf: bytes) -> set[bytes] | None:
    """What looks like an object's or a trailer's beginning and is none, as words of a title may; None for a
    file that is odd otherwise: readers differ in what they make of it."""
    reader = PdfFileReader(io.BytesIO(pdf))
    tables, trailer = reader.xrefs, reader.trailer
    if not pdf.startswith(b"%PDF-1.") or reader.has_xref_stream or tables.hybrid_xrefs_present:
        return None
    if "/Encrypt" in trailer:
        return None
    blank = _COMMENT.sub(lambda found: b" " * len(found.group()), pdf)
    texts = blank, pdf
    begins = {found.start(): found.group() for text in texts for found in _BEGIN.finditer(text)}
    trailers = {found.end() - 2: found.group() for text in texts for found in _TRAILER.finditer(text)}
    roots: set[generic.Reference] = set()
    places: dict[int, int] = {}
    for revision in range(tables.total_revisions):
        info, data = tables.get_xref_container_info(revision), tables.get_xref_data(revision)
        table = pdf[max(info.start_location - 5, 0) : info.end_location]
        if trailers.pop(info.end_location, None) is None or not _TABLE.fullmatch(table) or data.freed:
            return None
        roots.add(trailer.raw_get("/Root", revision=revision).reference)
        for number, (generation, place) in data.standard_xrefs.items():
            # A later one stands later, and so is the one that counts to whoever reads without tables.
            if begins.pop(place, b"") != b"%d %d obj" % (number, generation):
                return None
            if places.get(number, 0) >= place:
                return None
            places[number] = place
            reference = generic.Reference(number, generation, reader)
            found = reader.get_object(reference, revision)  # type: ignore[no-untyped-call]
            if isinstance(found, generic.StreamObject) and found.get("/Type") in ("/XRef", "/ObjStm"):
                return None
    return {*begins.values(), *trailers.values()} if len(roots) == 1 else None


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
            for name in ("/F", "/DecodeParms"):  # data in another file, or that not all readers decode alike
                if name in right or name in left:
                    return (*path, name)
            filters = right.get("/Filter", ())
            if not _FILTERS.issuperset([filters] if isinstance(filters, str) else filters):
                return (*path, "/Filter")
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
