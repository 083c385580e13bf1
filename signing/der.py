"""The little of DER (X.690) that signatures need, strict both ways: one value, one encoding.

General ASN.1 libraries accept BER here and there, or need a millisecond for a signature; this reader takes
definite minimal lengths only, and whoever uses it names the tag expected next.
"""

from __future__ import annotations

from itertools import pairwise

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OID = 0x06
UTF8_STRING = 0x0C
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31
CONTEXT_0 = 0xA0


class DERError(ValueError):
    """Bytes that are not the DER expected."""


def tlv(tag: int, *contents: bytes) -> bytes:
    """One element: tag, minimal length, contents joined."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def number(content: bytes) -> int:
    """The value of an INTEGER's content; DERError."""
    value = int.from_bytes(content, "big", signed=True)
    if len(content) != (value if value >= 0 else ~value).bit_length() // 8 + 1:
        raise DERError("a number that is not minimal")
    return value


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    return tlv(OID, b"".join(map(_septets, (first * 40 + second, *rest))))


def _septets(arc: int) -> bytes:
    found = [arc & 0x7F]
    while arc := arc >> 7:
        found.insert(0, arc & 0x7F | 0x80)
    return bytes(found)


def dotted(element: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER (the whole element); DERError."""
    reader = Reader(element)
    content = reader.content(OID)
    reader.end()
    arcs: list[int] = []
    arc = 0
    fresh = True
    for byte in content:
        if fresh and byte == 0x80:
            raise DERError("an identifier that is not minimal")
        arc = arc << 7 | byte & 0x7F
        if fresh := byte < 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs or not fresh or len(content) > 63:
        raise DERError("a malformed identifier")
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def set_of(tag: int, elements: list[bytes]) -> bytes:
    """A SET OF under `tag`: elements in ascending order of their encodings."""
    return tlv(tag, *sorted(elements))


class Reader:
    """Reads elements one after the other from `data`; DERError on anything not strict DER or not expected."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def more(self) -> bool:
        """Whether something is left."""
        return self._at < len(self._data)

    def peek(self) -> int:
        """The next tag, -1 at the end."""
        return self._data[self._at] if self.more else -1

    def element(self, tag: int | None = None) -> bytes:
        """The whole next element, tag and length included; it must have `tag` unless that is None."""
        start = self._at
        self._content(tag)
        return self._data[start : self._at]

    def content(self, tag: int) -> bytes:
        """The content of the next element, which must have `tag`."""
        return self._content(tag)

    def inside(self, tag: int) -> Reader:
        """A reader of the content of the next element, which must have `tag`."""
        return Reader(self._content(tag))

    def elements(self) -> list[bytes]:
        """All that is left, as whole elements."""
        found = []
        while self.more:
            found.append(self.element())
        return found

    def set_of(self, tag: int) -> list[bytes]:
        """The elements of a SET OF under `tag`: at least one, strictly ascending, as DER orders them."""
        found = self.inside(tag).elements()
        if not found or any(first >= second for first, second in pairwise(found)):
            raise DERError("a set that is empty or out of order")
        return found

    def end(self) -> None:
        """Nothing may be left."""
        if self.more:
            raise DERError("trailing bytes")

    def _content(self, tag: int | None) -> bytes:
        data, at = self._data, self._at
        if len(data) < at + 2:
            raise DERError("cut short")
        if tag is not None and data[at] != tag:
            raise DERError(f"tag {data[at]:#x} in place of {tag:#x}")
        size = data[at + 1]
        at += 2
        if size >= 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[at : at + count], "big")
            if not 1 <= count <= 4 or size < 0x80 or size.bit_length() <= 8 * (count - 1):
                raise DERError("a length that is not minimal")
            at += count
        if len(data) < at + size:
            raise DERError("cut short")
        self._at = at + size
        return data[at : self._at]
