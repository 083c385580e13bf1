"""Rows of many bids are read a chunk at a time, in the order in which a package asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from trading.evidence.contents import _CHUNK, _Chunks


def test_each_chunk_is_read_once_when_files_are_asked_for_in_order() -> None:
    ids = [f"{number:032x}" for number in range(2 * _CHUNK + 1)]
    asked: list[list[str]] = []

    def read(some: list[str]) -> Mapping[str, Any]:
        asked.append(some)
        return {bid: SimpleNamespace(manifest=bid.encode(), receipt=b"r" + bid.encode()) for bid in some}

    # Whatever the order in which the bids were found, names in a package are sorted.
    chunks = _Chunks(ids[::-1], read)
    for bid in ids:
        assert chunks.column(bid, "manifest") == bid.encode()
        assert chunks.column(bid, "receipt") == b"r" + bid.encode()
    assert asked == [ids[:_CHUNK], ids[_CHUNK : 2 * _CHUNK], ids[2 * _CHUNK :]]
