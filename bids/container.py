"""The file in which a sealed bid travels: an uncompressed tar, written in one pass, read with suspicion.

Entries are the ciphertexts, `objects/<segment>-<part>-<j>`, then `manifest.json` and `manifest.p7s`; any tar
tool lists them. A reader takes plain files under exactly these names and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from bids.errors import BidError
from bids.manifest import Manifest, ObjectEntry
from bids.schemas import MAX_OBJECT_SIZE, MAX_OBJECTS
from signing.cms import MAX_SIGNATURE

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.p7s"
MAX_MANIFEST = 1 << 20  # bytes

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_MAX_TRAILING = 64 * 1024  # tar tools pad to their record size with zeros
_OBJECT = re.compile(r"objects/[a-z]{1,16}-(?:public|files)-(?:0|[1-9][0-9]{0,2})", re.ASCII)


def object_path(segment: str, part: str, number: int) -> str:
    """The entry's name of object `number` of a part."""
    return f"objects/{segment}-{part}-{number}"


class ContainerWriter:
    """Writes entries one after the other to `out`, which need not be seekable."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    @contextmanager
    def entry(self, name: str, size: int) -> Iterator[_Counted]:
        """The place for an entry of exactly `size` bytes; BidError "sealed-size" if it got others."""
        info = tarfile.TarInfo(name)
        info.size = size
        self._out.write(info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict"))
        sink = _Counted(self._out)
        yield sink
        if sink.count != size:
            raise BidError("sealed-size", name=name)
        self._out.write(bytes(-size % _BLOCK))

    def finish(self, manifest: bytes, signature: bytes) -> None:
        """Write manifest, signature and the end of the archive."""
        for name, data in ((MANIFEST_NAME, manifest), (SIGNATURE_NAME, signature)):
            with self.entry(name, len(data)) as sink:
                sink.write(data)
        self._out.write(_END)


class _Counted:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.count = 0

    def write(self, data: bytes, /) -> int:
        self.count += len(data)
        return self._out.write(data)


@dataclass(frozen=True)
class SealedObject:
    """A ciphertext of a sealed bid: where it belongs, its SHA-256 (hex) and size in bytes."""

    segment: str
    part: str
    number: int
    entry: ObjectEntry

    @property
    def path(self) -> str:
        """Its name in the container."""
        return object_path(self.segment, self.part, self.number)


class SealedBid:
    """A container opened for reading: `manifest` (parsed), `signature` (DER), `objects`.

    It reads from the one seekable file it was given, so only one object may be read at a time.
    """

    def __init__(
        self, source: BinaryIO, places: dict[str, tuple[int, int]], manifest: Manifest, signature: bytes
    ) -> None:
        self._source = source
        self._places = places
        self.manifest = manifest
        self.signature = signature
        self.objects = tuple(
            SealedObject(part.segment, part.part, number, entry)
            for part in manifest.parts
            for number, entry in enumerate(part.objects)
        )

    @classmethod
    def open(cls, source: BinaryIO) -> SealedBid:
        """Read the entries of `source` (seekable), without reading the ciphertexts.

        Raises BidError: "sealed-malformed", "sealed-name" for a name or kind of entry that does not belong
        (a path that climbs, a link), "sealed-duplicate", "sealed-missing", "sealed-size", or what
        `Manifest.parse` raises. Ciphertexts' digests are checked by `check_object`.
        """
        places = _scan(source)
        for name in (MANIFEST_NAME, SIGNATURE_NAME):
            if name not in places:
                raise BidError("sealed-missing", name=name)
        manifest = Manifest.parse(_read(source, places.pop(MANIFEST_NAME)))
        signature = _read(source, places.pop(SIGNATURE_NAME))
        sealed = cls(source, places, manifest, signature)
        for one in sealed.objects:
            if one.path not in places:
                raise BidError("sealed-missing", name=one.path)
            if places[one.path][1] != one.entry.size:
                raise BidError("sealed-size", name=one.path)
        wanted = {one.path for one in sealed.objects}
        for name in places:
            if name not in wanted:
                raise BidError("sealed-name", name=name)
        return sealed

    def open_object(self, segment: str, part: str, number: int) -> BinaryIO:
        """The ciphertext of an object, for reading from its beginning; BidError "sealed-missing"."""
        path = object_path(segment, part, number)
        if path not in self._places:
            raise BidError("sealed-missing", name=path)
        return io.BufferedReader(_Window(self._source, *self._places[path]), 256 * 1024)

    def check_object(self, one: SealedObject) -> None:
        """Read an object through: BidError "ciphertext-digest" if it is not the manifest's."""
        digest = hashlib.sha256()
        with self.open_object(one.segment, one.part, one.number) as reader:
            while piece := reader.read(256 * 1024):
                digest.update(piece)
        if digest.hexdigest() != one.entry.sha256:
            raise BidError("ciphertext-digest", what=one.path)


class _Window(io.RawIOBase):
    """A stretch of a file as a file of its own."""

    def __init__(self, source: BinaryIO, offset: int, size: int) -> None:
        self._source = source
        self._at = offset
        self._end = offset + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._source.seek(self._at)
        piece = self._source.read(min(len(buffer), self._end - self._at))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _scan(source: BinaryIO) -> dict[str, tuple[int, int]]:
    """Offset and size of each entry by name."""
    total = source.seek(0, io.SEEK_END)
    places: dict[str, tuple[int, int]] = {}
    at = 0
    while True:
        source.seek(at)
        block = source.read(_BLOCK)
        if len(block) != _BLOCK:
            raise BidError("sealed-malformed", reason="the end is missing")
        if not any(block):
            break
        name, size = _header(block)
        if name in places:
            raise BidError("sealed-duplicate", name=name)
        if len(places) == MAX_OBJECTS + 2:
            raise BidError("sealed-malformed", reason="too many entries")
        places[name] = (at + _BLOCK, size)
        at += _BLOCK + size + (-size % _BLOCK)
        if at > total:
            raise BidError("sealed-malformed", reason="cut short")
    # One block of zeros is enough of an end; what stands behind it must be nothing.
    if total - at > _MAX_TRAILING or any(source.read(_MAX_TRAILING)):
        raise BidError("sealed-malformed", reason="something follows the end")
    return places


def _header(block: bytes) -> tuple[str, int]:
    """Name and size of an entry that is a plain file under an allowed name."""
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        raise BidError("sealed-malformed", reason="a damaged header") from None
    limits = {MANIFEST_NAME: MAX_MANIFEST, SIGNATURE_NAME: MAX_SIGNATURE}
    if info.type != tarfile.REGTYPE or not (info.name in limits or _OBJECT.fullmatch(info.name)):
        raise BidError("sealed-name", name=info.name)
    if not 1 <= info.size <= limits.get(info.name, MAX_OBJECT_SIZE):
        raise BidError("sealed-size", name=info.name)
    return info.name, info.size


def _read(source: BinaryIO, place: tuple[int, int]) -> bytes:
    source.seek(place[0])
    return source.read(place[1])
