"""Padmé padding, so that a ciphertext's size tells little about its content's.

Padded: 8-byte big-endian length, the data, zeros up to Padmé of (length + 8); at least 64 KiB for an index,
so that all offers look alike.
"""

from __future__ import annotations

from typing import Protocol

from signing.errors import PaddingError

PREFIX = 8  # bytes
MIN_INDEX = 64 * 1024  # padded bytes
MAX_INDEX = 4 * 1024 * 1024  # bytes before padding
_ZEROS = bytes(256 * 1024)


class Sink(Protocol):
    """Whatever bytes can be written to, in order and completely: a file opened for writing, a BytesIO."""

    def write(self, data: bytes, /) -> object: ...


def padme(size: int) -> int:
    """`size` (bytes, not negative) rounded up by Padmé (Nikitin et al., PETS 2019): at most 12 % more."""
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    spare = exponent - exponent.bit_length()
    mask = (1 << spare) - 1
    return (size + mask) & ~mask


def padded_length(length: int, index: bool) -> int:
    """How many bytes `length` bytes of content have when padded; PaddingError for an index over 4 MiB."""
    if length < 0 or (index and length > MAX_INDEX):
        raise PaddingError("An index has at most 4 MiB.", "padding: wrong length")
    padded = padme(length + PREFIX)
    return max(padded, MIN_INDEX) if index else padded


def zeros(count: int) -> list[bytes]:
    """`count` zero bytes, in pieces that cost no memory."""
    whole, rest = divmod(count, len(_ZEROS))
    return [_ZEROS] * whole + [_ZEROS[:rest]] * (rest > 0)


class Unpadder:
    """Takes padded content in pieces and writes the content alone to `sink`; `finish` judges it."""

    def __init__(self, sink: Sink, index: bool) -> None:
        self._sink = sink
        self._index = index
        self._prefix = b""
        self._length = 0
        self._seen = 0  # bytes of content and padding, without the prefix
        self._all_zeros = True

    def update(self, piece: bytes) -> None:
        """Take the next piece of padded content."""
        if len(self._prefix) < PREFIX:
            missing = PREFIX - len(self._prefix)
            self._prefix += piece[:missing]
            piece = piece[missing:]
            self._length = int.from_bytes(self._prefix, "big")
        left = max(0, self._length - self._seen)
        content = piece[:left] if left < len(piece) else piece
        self._sink.write(content)
        padding = piece[len(content) :]
        self._all_zeros = self._all_zeros and padding.count(0) == len(padding)
        self._seen += len(piece)

    def finish(self) -> int:
        """The content's length in bytes; PaddingError if the padding was not exactly the one prescribed."""
        if len(self._prefix) < PREFIX:
            raise PaddingError("The padding is not the prescribed one: too short.", "padding: too short")
        # A length that cannot be is found without computing with it: it is simply never met.
        fits = self._length <= self._seen and (not self._index or self._length <= MAX_INDEX)
        if not fits or padded_length(self._length, self._index) != self._seen + PREFIX:
            raise PaddingError(
                "The padding is not the prescribed one: wrong length.", "padding: wrong length"
            )
        if not self._all_zeros:
            raise PaddingError("The padding is not the prescribed one: not zeros.", "padding: not zeros")
        return self._length
