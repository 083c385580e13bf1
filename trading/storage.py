"""Write-once objects over obstore: a local folder or an S3 bucket.

An object is a row of parts of at most 8 MiB, each put with "create": what a record refers to is never
overwritten, and no object is ever whole in memory. A process that forks must not have used
its storage before: the library's threads stay behind in the parent.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, S3Store

PART_BYTES = 8 * 1024 * 1024
_PIECE = 1024 * 1024


class PartExists(Exception):
    """The part is stored already; what was stored first stands."""


@dataclass(frozen=True)
class Stored:
    """What a finished object is: its parts, size in bytes and SHA-256 in hex."""

    key: str
    parts: int
    size: int
    sha256: str


class Storage:
    """Write-once parts under keys such as `uploads/<id>`.

    Args:
        folder: where a local store keeps its files, so that they can be made durable.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def from_url(cls, url: str) -> Storage:
        """`file://relative/or/absolute/path` or `s3://bucket/prefix` (credentials from the environment)."""
        if url.startswith("file://"):
            path = Path(url.removeprefix("file://")).absolute()
            path.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(str(path)), path)
        return cls(S3Store.from_url(url))

    def put_part(self, key: str, number: int, data: bytes) -> None:
        """Store one part; when this returns, it survives a power cut.

        Raises:
            PartExists: this part is stored already, with these or other bytes.
        """
        try:
            obstore.put(self._store, _part(key, number), data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            raise PartExists(f"{key} part {number}") from None
        finally:
            # Also when it was there: the run that stored it may have been killed before this line.
            self._make_durable(_part(key, number))

    def replace_part(self, key: str, number: int, data: bytes) -> None:
        """Store a part in the place of one that no record refers to: what a killed run left there."""
        obstore.put(self._store, _part(key, number), data, mode="overwrite", use_multipart=False)
        self._make_durable(_part(key, number))

    def read_part(self, key: str, number: int) -> bytes:
        """The bytes of one part; FileNotFoundError if it is gone."""
        return bytes(obstore.get(self._store, _part(key, number)).bytes())

    def put_file(self, path: str, data: bytes) -> None:
        """Store a small file under its own name, for others than this program to serve too.

        When this returns, it survives a power cut; the same bytes may be stored again.

        Raises:
            PartExists: other bytes are stored there.
        """
        try:
            obstore.put(self._store, path, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            if self.read_file(path) != data:
                raise PartExists(path) from None
        finally:
            self._make_durable(path)

    def read_file(self, path: str) -> bytes | None:
        """The bytes of a small file; None if there is none."""
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            return None

    def chunks(self, key: str, parts: int) -> Iterator[bytes]:
        """The object in pieces of a MiB at most; FileNotFoundError when a part is gone."""
        for number in range(parts):
            yield from self._pieces(_part(key, number))

    def _pieces(self, path: str) -> Iterator[bytes]:
        # A server holds several pieces for every reader it serves: they are smaller than parts.
        if self._folder is None:
            for piece in obstore.get(self._store, path).stream(min_chunk_size=_PIECE):
                yield bytes(piece)
            return
        with (self._folder / path).open("rb") as file:
            while data := file.read(_PIECE):
                yield data

    def open(self, key: str, parts: int) -> BinaryIO:
        """The object as a stream that holds a piece at a time."""
        return cast(BinaryIO, io.BufferedReader(_PartReader(self, key, parts), 1024 * 1024))

    def put_stream(self, key: str, source: BinaryIO) -> Stored:
        """Store a stream under a new key; parts left there by a killed run are taken if equal.

        Raises:
            PartExists: the key holds something else.
        """
        digest, size, number = hashlib.sha256(), 0, 0
        while True:
            data = _read_part(source)
            if not data and number:
                break
            try:
                self.put_part(key, number, data)
            except PartExists:
                if self.read_part(key, number) != data:
                    raise
            digest.update(data)
            size += len(data)
            number += 1
            if len(data) < PART_BYTES:
                break
        return Stored(key, number, size, digest.hexdigest())

    def put_bytes(self, key: str, data: bytes) -> Stored:
        """As put_stream, for bytes at hand."""
        return self.put_stream(key, io.BytesIO(data))

    def delete(self, key: str, parts: int) -> None:
        """Remove an object, or what there is of it; for abandoned uploads alone."""
        for number in range(parts):
            try:
                obstore.delete(self._store, _part(key, number))
            except FileNotFoundError:
                continue

    def answers(self) -> bool:
        """Whether the store can be asked and, if local, written to; says nothing of what it holds."""
        if self._folder is not None:
            return os.access(self._folder, os.W_OK | os.X_OK)
        try:
            obstore.head(self._store, _part("health/none", 0))
        except FileNotFoundError:
            return True
        except Exception:  # the library's errors share no root but this
            return False
        return True

    @property
    def folder(self) -> Path | None:
        """Where a local store keeps its files."""
        return self._folder

    def _make_durable(self, path: str) -> None:
        # The library writes a local file without asking the disk to keep it.
        if self._folder is None:
            return
        file = self._folder / path
        for each in (file, *file.parents):
            if each.exists():
                descriptor = os.open(each, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            if each == self._folder:
                return


def _part(key: str, number: int) -> str:
    return f"{key}/{number:06d}"


def _read_part(source: BinaryIO) -> bytes:
    """As much of a part as the source still has: a pipe may give less than asked for."""
    pieces: list[bytes] = []
    missing = PART_BYTES
    while missing and (piece := source.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


class _PartReader(io.RawIOBase):
    def __init__(self, storage: Storage, key: str, parts: int) -> None:
        self._chunks = storage.chunks(key, parts)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(cast(bytearray, buffer)).cast("B")
        while not self._rest:
            try:
                self._rest = memoryview(next(self._chunks))
            except StopIteration:
                return 0
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
