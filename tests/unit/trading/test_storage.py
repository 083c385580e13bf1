"""Write-once parts on a local folder."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from trading.storage import PART_BYTES, PartExists, Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.from_url(f"file://{tmp_path / 'a' / 'storage'}")


def test_what_is_stored_is_never_overwritten(storage: Storage) -> None:
    storage.put_part("uploads/x", 0, b"first")
    for again in (b"first", b"second"):
        with pytest.raises(PartExists):
            storage.put_part("uploads/x", 0, again)
    assert storage.read_part("uploads/x", 0) == b"first"


def test_a_missing_part_is_not_found(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read_part("uploads/x", 0)


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])
def test_streams_come_back_as_they_were(storage: Storage, size: int) -> None:
    data = hashlib.shake_128(b"x").digest(size)
    stored = storage.put_stream("k", io.BytesIO(data))
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert stored.parts == max(1, -(-size // PART_BYTES))
    assert b"".join(storage.chunks("k", stored.parts)) == data
    with storage.open("k", stored.parts) as stream:
        assert stream.read(10) == data[:10]
        assert stream.read() == data[10:]


class Drip(io.RawIOBase):
    """A pipe: it gives a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def read(self, size: int = -1) -> bytes:
        piece, self._rest = self._rest[: min(size, 1000)], self._rest[min(size, 1000) :]
        return piece


def test_a_stream_may_give_less_than_asked(storage: Storage) -> None:
    data = b"z" * 12_345
    stored = storage.put_stream("k", Drip(data))  # type: ignore[arg-type]
    assert (stored.parts, stored.size) == (1, 12_345)


def test_a_killed_runs_parts_are_taken_if_equal(storage: Storage) -> None:
    storage.put_part("k", 0, b"a" * PART_BYTES)
    stored = storage.put_stream("k", io.BytesIO(b"a" * PART_BYTES + b"b"))
    assert stored.parts == 2
    with pytest.raises(PartExists):
        storage.put_bytes("k", b"other")


def test_an_abandoned_upload_goes_away_whatever_there_is_of_it(storage: Storage) -> None:
    storage.put_part("k", 1, b"x")
    storage.delete("k", 3)
    with pytest.raises(FileNotFoundError):
        storage.read_part("k", 1)
    storage.put_part("k", 1, b"y")
    assert storage.read_part("k", 1) == b"y"
