"""A log as tiles: c2sp.org/tlog-tiles. Addresses, entry bundles, and a tree read from its tiles.

Tile n of level l holds the hashes of the complete subtrees of 256ˡ leaves with the numbers 256·n to
256·n + 255, fewer at the log's end: then it is partial and its address says how many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from signing import merkle
from signing.errors import MerkleError

HEIGHT = 8  # levels of the tree in one tile
WIDTH = 1 << HEIGHT  # hashes or entries in a full tile
MAX_ENTRY = (1 << 16) - 1  # bytes: a bundle gives an entry's length in two
MAX_LEVEL = 63
_HASH = 32

_ADDRESS = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<number>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Tile:
    """A tile's place: `level` None for a bundle of entries, `width` 1 to 256."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its address below the log's prefix, for example tile/0/x001/x234/067.p/8."""
        kind = "entries" if self.level is None else str(self.level)
        digits = f"{self.number % 1000:03d}"
        rest = self.number // 1000
        while rest:
            digits, rest = f"x{rest % 1000:03d}/{digits}", rest // 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{digits}{partial}"

    @property
    def whole(self) -> Tile:
        """The full tile in this place."""
        return Tile(self.level, self.number)

    @classmethod
    def parse(cls, path: str) -> Tile | None:
        """The tile at an address below the prefix; None unless that is its one address."""
        found = _ADDRESS.fullmatch(path)
        if found is None:
            return None
        level = None if found["level"] == "entries" else int(found["level"])
        number = int(found["number"].replace("x", "").replace("/", ""))
        tile = cls(level, number, int(found["width"] or WIDTH))
        return tile if tile.path == path and (level or 0) <= MAX_LEVEL else None

    @property
    def size(self) -> int:
        """How many leaves a log has at least that has this tile."""
        return (self.number * WIDTH + self.width) << (HEIGHT * (self.level or 0))


def tiles_of(start: int, end: int, level: int | None) -> Iterable[Tile]:
    """The tiles of a level for the places from `start` to before `end` of a tree that ends there."""
    for number in range(start // WIDTH, -(-end // WIDTH)):
        yield Tile(level, number, min(WIDTH, end - number * WIDTH))


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each after its length in two bytes; MerkleError for one that is too long."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise MerkleError(f"An entry of {len(entry)} bytes has no place in a bundle; {MAX_ENTRY} have.")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def read_bundle(data: bytes, count: int) -> list[bytes]:
    """The `count` entries of a bundle; MerkleError if it holds anything else."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if len(entry) != length or at + 2 > len(data):
            raise MerkleError("The entry bundle is cut off.")
        entries.append(entry)
        at += 2 + length
    if len(entries) != count:
        raise MerkleError(f"The entry bundle has {len(entries)} entries, not {count}.")
    return entries


class TileTree:
    """The tree of `size` leaves, read tile by tile; what it says is only as true as a root it is checked by.

    Args:
        fetch: the bytes at an address below the prefix, None where there is nothing.
    """

    def __init__(self, size: int, fetch: Callable[[str], bytes | None]) -> None:
        self._size = size
        self._fetch = fetch
        self._tiles: dict[Tile, bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        """The NodeReader of this tree; MerkleError for a node it has not, or a tile that is missing."""
        row, height = divmod(level, HEIGHT)
        start = index << height
        hashes = self._hashes(row, start // WIDTH)
        low = start % WIDTH
        nodes = hashes[low : low + (1 << height)]
        if len(nodes) != 1 << height:
            raise MerkleError(f"A tree of {self._size} leaves has no node {index} at level {level}.")
        while len(nodes) > 1:
            nodes = [merkle.node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
        return nodes[0]

    def _hashes(self, level: int, number: int) -> list[bytes]:
        width = min(WIDTH, (self._size >> (HEIGHT * level)) - number * WIDTH)
        if width < 1:
            raise MerkleError(f"A tree of {self._size} leaves has no tile {number} at level {level}.")
        tile = Tile(level, number, width)
        data = self._tiles.get(tile)
        if data is None:
            data = self._tiles[tile] = self._load(tile)
        return [data[at : at + _HASH] for at in range(0, len(data), _HASH)]

    def _load(self, tile: Tile) -> bytes:
        data, length = self._fetch(tile.path), tile.width * _HASH
        if data is None and tile.width < WIDTH:
            # A log may drop a partial tile once it is full.
            data = self._fetch(tile.whole.path)
            data = data[:length] if data is not None and len(data) == WIDTH * _HASH else None
        if data is None or len(data) != length:
            raise MerkleError(f"The log does not give {tile.path}.")
        return data
