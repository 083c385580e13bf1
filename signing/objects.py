"""Encrypting the objects of a bid: padding inside Cobblestone-256 (C2SP chunked-encryption).

A key of its own for every object, and the object's place in the bid bound into the key commitment, so that
no ciphertext can stand in for another. Both directions stream in constant memory.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, Protocol

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from signing.errors import CiphertextError, SealingError
from signing.hkdf import hkdf_sha256
from signing.padding import PREFIX, Sink, Unpadder, padded_length, padme, zeros

__all__ = [
    "Encryptor",
    "Sealed",
    "ciphertext_length",
    "decrypt",
    "decrypt_stream",
    "encrypt",
    "encrypt_stream",
    "object_context",
    "object_key",
    "open_ciphertext",
    "padded_length",
    "padme",
]

MAX_OBJECTS = 200
HEADER = 56  # bytes: salt and key commitment
CHUNK = 16 * 1024  # bytes of plaintext
TAG = 16  # bytes
_READ = 256 * 1024  # stays in the processor's cache between the cipher and the hashes
_LABEL = b"sunseal-1/object\x00"


class Source(Protocol):
    """Whatever bytes can be read from in order: a file opened for reading, a BytesIO."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Sealed:
    """What encrypting gave: SHA-256 (hex) and size in bytes of the ciphertext, SHA-256 of the content."""

    sha256: str
    size: int
    plaintext_sha256: str


def object_key(content_key: bytes, j: int) -> bytes:
    """The 32-byte key of object `j` (0 to 199) of a part."""
    return hkdf_sha256(content_key, _LABEL + _number(j), 32)


def object_context(context: bytes, j: int) -> bytes:
    """Cobblestone's context of object `j`: the part's canonical context, 0x00, j in ASCII."""
    return context + b"\x00" + _number(j)


def ciphertext_length(length: int, index: bool) -> int:
    """How many bytes of ciphertext `length` bytes of content give."""
    padded = padded_length(length, index)
    return HEADER + padded + TAG * (padded // CHUNK + 1)


def _number(j: int) -> bytes:
    if not 0 <= j < MAX_OBJECTS:
        raise SealingError(f"The objects of a part are numbered from 0 to {MAX_OBJECTS - 1}.")
    return b"%d" % j


class Encryptor:
    """Encrypts one object of exactly `length` bytes, taken in pieces of any size.

    `index` is true for the part's index (object 0), which is padded to at least 64 KiB.
    """

    def __init__(self, content_key: bytes, context: bytes, j: int, length: int, index: bool) -> None:
        self._left = length
        self._padding = padded_length(length, index) - PREFIX - length
        self._cipher = Cobblestone256Encryptor(object_key(content_key, j), object_context(context, j))
        self._start = self._cipher.update(length.to_bytes(PREFIX, "big"))

    def update(self, plaintext: bytes) -> bytes:
        """Ciphertext so far, header first; SealingError if this is more than `length` bytes in all."""
        self._left -= len(plaintext)
        if self._left < 0:
            raise SealingError("The content is longer than was said; it may have changed while being sealed.")
        ciphertext = self._cipher.update(plaintext)
        if self._start:
            ciphertext, self._start = self._start + ciphertext, b""
        return ciphertext

    def finalize(self) -> bytes:
        """The rest of the ciphertext, padding included; SealingError if content is missing."""
        return b"".join(self.rest())

    def rest(self) -> Iterator[bytes]:
        """As `finalize`, in pieces: the padding of a large object is itself large."""
        if self._left:
            raise SealingError(
                "The content is shorter than was said; it may have changed while being sealed."
            )
        yield self._start
        yield from map(self._cipher.update, zeros(self._padding))
        yield self._cipher.finalize()


def encrypt_stream(
    source: Source, sink: Sink, content_key: bytes, context: bytes, j: int, length: int, index: bool
) -> Sealed:
    """Encrypt the `length` bytes of `source` to `sink` in one pass, hashing both sides.

    Raises SealingError if the source has another length.
    """
    encryptor = Encryptor(content_key, context, j, length, index)
    plain_hash, cipher_hash = hashlib.sha256(), hashlib.sha256()
    read, write, update = source.read, sink.write, encryptor.update
    size = 0
    while piece := read(_READ):
        plain_hash.update(piece)
        ciphertext = update(piece)
        cipher_hash.update(ciphertext)
        write(ciphertext)
        size += len(ciphertext)
    for ciphertext in encryptor.rest():
        cipher_hash.update(ciphertext)
        write(ciphertext)
        size += len(ciphertext)
    return Sealed(cipher_hash.hexdigest(), size, plain_hash.hexdigest())


def decrypt_stream(
    source: Source, sink: Sink, content_key: bytes, context: bytes, j: int, index: bool
) -> int:
    """Decrypt `source` to `sink` and return the content's length in bytes.

    What `sink` got is worth nothing, and must be thrown away, if this raises: CiphertextError ("ciphertext:
    too short", "… key commitment differs", "… a chunk does not authenticate", "… truncated") or PaddingError.
    """
    unpadder = Unpadder(sink, index)
    _open(source, unpadder, object_key(content_key, j), object_context(context, j))
    return unpadder.finish()


def encrypt(data: bytes, content_key: bytes, context: bytes, j: int, index: bool) -> bytes:
    """The ciphertext of `data`, for content that fits in memory."""
    encryptor = Encryptor(content_key, context, j, len(data), index)
    return encryptor.update(data) + encryptor.finalize()


def decrypt(ciphertext: bytes, content_key: bytes, context: bytes, j: int, index: bool) -> bytes:
    """The content of `ciphertext`; CiphertextError or PaddingError, and nothing, if anything is wrong."""
    sink = io.BytesIO()
    decrypt_stream(io.BytesIO(ciphertext), sink, content_key, context, j, index)
    return sink.getvalue()


def open_ciphertext(key: bytes, cobblestone_context: bytes, ciphertext: bytes) -> bytes:
    """Plain Cobblestone-256: the still padded content under an object's own key; CiphertextError."""
    collected = _Collector()
    _open(io.BytesIO(ciphertext), collected, key, cobblestone_context)
    return b"".join(collected.pieces)


class _Target(Protocol):
    def update(self, piece: bytes) -> None: ...


class _Collector:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def update(self, piece: bytes) -> None:
        self.pieces.append(piece)


def _open(source: Source, target: _Target, key: bytes, context: bytes) -> None:
    cipher = Cobblestone256Decryptor(key, context)
    header = _read_exactly(source, HEADER)
    first = _read_exactly(source, TAG)
    if len(header) + len(first) < HEADER + TAG:
        _refuse("too short")
    try:
        cipher.update(header)
    except InvalidTag:
        _refuse("key commitment differs")
    try:
        size, piece = 0, first
        while piece:
            size += len(piece)
            target.update(cipher.update(piece))
            piece = source.read(_READ)
        # The last chunk is always shorter than a full one, so a cut at a chunk's end shows here.
        if size % (CHUNK + TAG) < TAG:
            _refuse("truncated")
        target.update(cipher.finalize())
    except InvalidTag:
        _refuse("a chunk does not authenticate")


def _read_exactly(source: Source, size: int) -> bytes:
    """`size` bytes, fewer only at the end: a raw stream may hand out less than asked for at a time."""
    data = b""
    while len(data) < size and (piece := source.read(size - len(data))):
        data += piece
    return data


def _refuse(reason: str) -> NoReturn:
    raise CiphertextError(f"The ciphertext cannot be decrypted: {reason}.", f"ciphertext: {reason}")
