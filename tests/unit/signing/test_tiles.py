from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import merkle
from signing.errors import MerkleError
from signing.tiles import MAX_ENTRY, WIDTH, Tile, TileTree, read_bundle, tiles_of, write_bundle


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),  # the specification's example
        (Tile(2, 5, 17), "tile/2/005.p/17"),
        (Tile(None, 1000, 255), "tile/entries/x001/000.p/255"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
    ],
)
def test_addresses(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/00/000", "tile/64/000", "tile/0/0", "tile/0/1000", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/-1/000",
        "tile/0/000/", "/tile/0/000", "tile/entry/000", "tile/0/000.p/", "tile/0/٠٠٠", "tile/0/000\n",
        "tile/0/x001/x001/x001/x001/x001/x001/x001/001",
    ],
)  # fmt: skip
def test_nothing_else_is_an_address(path: str) -> None:
    assert Tile.parse(path) is None


@given(st.integers(0, 10**12), st.integers(0, 7), st.integers(1, WIDTH), st.booleans())
def test_every_tile_has_one_address(number: int, level: int, width: int, bundle: bool) -> None:
    tile = Tile(None if bundle else level, number, width)
    assert Tile.parse(tile.path) == tile


def test_how_large_a_log_a_tile_needs() -> None:
    # A tree of 70,000: 273 full tiles and one of 112, one full and one of 17, one of 1.
    assert [Tile(0, 273, 112).size, Tile(1, 1, 17).size, Tile(2, 0, 1).size] == [70_000, 69_888, 65_536]
    assert list(tiles_of(0, 600, 0)) == [Tile(0, 0), Tile(0, 1), Tile(0, 2, 88)]
    assert list(tiles_of(512, 600, None)) == [Tile(None, 2, 88)]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_bundles(entries: list[bytes]) -> None:
    assert read_bundle(write_bundle(entries), len(entries)) == entries


def test_bundles_that_are_none() -> None:
    data = write_bundle([b"one", b"two"])
    for bad, count in ((data, 3), (data, 1), (data[:-1], 2), (data + b"\0", 2), (b"", 1)):
        with pytest.raises(MerkleError):
            read_bundle(bad, count)
    with pytest.raises(MerkleError, match="no place"):
        write_bundle([bytes(MAX_ENTRY + 1)])
    assert read_bundle(write_bundle([bytes(MAX_ENTRY)]), 1)


class Site:
    """A log's tiles as files, as a server would have them."""

    def __init__(self, size: int) -> None:
        self.tree = merkle.MemoryTree(merkle.leaf_hash(str(n).encode()) for n in range(size))
        self.files: dict[str, bytes] = {}
        level = 0
        while size >> (8 * level):
            count = size >> (8 * level)
            for tile in tiles_of(0, count, level):
                low = tile.number * WIDTH
                nodes = (self.tree.read(8 * level, low + at) for at in range(tile.width))
                self.files[tile.path] = b"".join(nodes)
            level += 1


@pytest.fixture(scope="module")
def site() -> Site:
    return Site(70_000)


@pytest.mark.parametrize("place", [0, 255, 256, 65_535, 65_536, 69_999])
def test_proofs_from_tiles_are_those_of_the_tree(site: Site, place: int) -> None:
    read = TileTree(70_000, site.files.get).read
    assert merkle.inclusion_proof(place, 70_000, read) == site.tree.inclusion(place)
    if place:
        assert merkle.consistency_proof(place, 70_000, read) == site.tree.consistency(place)
    assert merkle.root_at(70_000, read) == site.tree.root()


def test_a_partial_tile_may_be_gone_once_it_is_full(site: Site) -> None:
    older = TileTree(300, site.files.get)
    assert merkle.root_at(300, older.read) == site.tree.root(300)


def test_what_the_log_has_not_or_has_wrong(site: Site) -> None:
    with pytest.raises(MerkleError, match="does not give tile/0/000"):
        TileTree(70_000, lambda path: None).read(0, 0)
    with pytest.raises(MerkleError, match="does not give"):
        TileTree(70_000, lambda path: b"x" * 31).read(0, 69_999)
    tree = TileTree(70_000, site.files.get)
    for level, index in ((0, 70_000), (8, 273), (17, 0), (1, 35_000), (24, 0)):
        with pytest.raises(MerkleError, match="has no"):
            tree.read(level, index)
