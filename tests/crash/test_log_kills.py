"""Nodes that append to one log and write its tiles are killed at any time: no gap, no fork, nothing lost."""

from __future__ import annotations

import hashlib
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bids.entries import Entry
from signing import merkle
from signing.encoding import b64encode
from signing.tiles import HEIGHT, WIDTH, Tile, write_bundle
from tests.crash import log_roles
from tests.crash.processes import Child, Line
from tests.crash.site import Site
from trading.audit.models import LogEntry, LogHead, LogNode
from trading.audit.tiles import Tiles, bundles_full, bundles_written, filled_by
from trading.platform import Platform

pytestmark = pytest.mark.crash

SECONDS = 30.0  # at most
KILLS, NEW = 8, 40
BEFORE = 2 * WIDTH - 10  # entries, so that a tile becomes full while they are at it


@pytest.fixture
def sqlite_site(tmp_path: Path) -> Site:
    return Site.on_sqlite(tmp_path)


@pytest.fixture
def postgres_site(tmp_path: Path, postgres_url: str) -> Site:
    return Site(postgres_url, tmp_path)


def test_killed_on_sqlite(sqlite_site: Site) -> None:
    _kill_and_count(sqlite_site)


def test_killed_on_postgres(postgres_site: Site) -> None:
    _kill_and_count(postgres_site)


def _kill_and_count(site: Site) -> None:
    site.create()
    platform = site.platform()
    names = [f"before/{number}" for number in range(BEFORE)]
    said: list[Line] = [
        {"event": "appended", "name": name, "position": position}
        for name, position in zip(names, log_roles.append(platform, names), strict=True)
    ]
    starts: list[Callable[[int], Child]] = [
        *(lambda life, who=who: Child.start(log_roles.writer, site, f"{who}/{life}") for who in range(3)),
        *(lambda life: Child.start(log_roles.tiler, site) for _ in range(2)),
    ]
    chance, kills, lives = random.Random(20260604), 0, 0
    running = [start(0) for start in starts]
    for child in running:
        child.listen()
    end = time.monotonic() + SECONDS
    while (kills < KILLS or _size(platform) < BEFORE + NEW) and time.monotonic() < end:
        time.sleep(chance.random() * 0.4)
        place = chance.randrange(len(running))
        said += _killed(running[place])
        kills, lives = kills + 1, lives + 1
        running[place] = starts[place](lives)
        running[place].listen()
    # One of them writes on; on SQLite it would seldom leave the lock to anybody.
    staying = 0 if site.database_url.startswith("sqlite") else 1
    for child in running[staying:]:
        said += _killed(child)
    said += _die_at_each_statement(site)
    for child in running[:staying]:
        said += _killed(child)
    assert kills >= KILLS
    _write_tiles(platform)
    _check(platform, said)
    platform.close()


def _die_at_each_statement(site: Site) -> list[Line]:
    """One node after another dies, each a statement later in its append than the one before it."""
    places = [_died(site, 0)]
    while places[-1] != log_roles.COMMITTED:
        places.append(_died(site, len(places)))
    assert any(place.startswith("INSERT INTO log_entries") for place in places), places
    assert any("log_head" in place for place in places) and places[0] == log_roles.COMMIT, places
    return [{"event": "died", "number": number, "at": place} for number, place in enumerate(places)]


def _died(site: Site, number: int) -> str:
    child = Child.start(log_roles.doomed, site, f"doomed/{number}", number)
    place = child.until(lambda line: line["event"] == "died")["at"]
    child.process.join(20)
    assert child.process.exitcode == -signal.SIGKILL
    child.connection.close()
    return str(place)


def _write_tiles(platform: Platform) -> None:
    """All that are full, as soon as the claim of who was killed at it has run out."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        Tiles(platform).write()
        with platform.database.reading() as session:
            if bundles_written(session) == bundles_full(session):
                return
        time.sleep(0.1)


def _size(platform: Platform) -> int:
    with platform.database.reading() as session:
        return session.scalar(select(LogHead.size)) or 0


def _killed(child: Child) -> list[Line]:
    child.kill()
    return child.lines


def _check(platform: Platform, said: list[Line]) -> None:
    with platform.database.reading() as session:
        entries = list(session.scalars(select(LogEntry).order_by(LogEntry.position)))
        size = session.scalar(select(LogHead.size))
        nodes = {(node.level, node.position): node.hash for node in session.scalars(select(LogNode))}
        assert session.scalar(select(func.count()).select_from(LogEntry)) == size
    assert size is not None and size >= BEFORE + NEW
    assert [entry.position for entry in entries] == list(range(size)), "a gap"
    tree = merkle.MemoryTree(merkle.leaf_hash(entry.raw) for entry in entries)
    assert all(tree.read(level, index) == node for (level, index), node in nodes.items()), "another hash"
    assert len(nodes) == sum(size >> level for level in range(64)), "a node too few or too many"
    places = {Entry.parse(entry.raw).digests["notice"]: entry.position for entry in entries}
    assert len(places) == size, "an entry twice"
    _check_doomed(places, [line for line in said if line["event"] == "died"])
    appended = [line for line in said if line["event"] == "appended"]
    for line in appended:
        digest = hashlib.sha256(line["name"].encode()).hexdigest()
        assert places.get(digest) == line["position"], "lost, or moved"
    shown = [line for line in said if line["event"] == "checkpoint"]
    assert shown and len(appended) > BEFORE
    assert all(line["root"] == b64encode(tree.root(line["size"])) for line in shown), "a fork"
    _check_tiles(platform, tree, [entry.raw for entry in entries])


def _check_doomed(places: Mapping[str, int], died: Sequence[Line]) -> None:
    """Of who died in the middle of an append there is nothing, of who died after it everything."""
    for line in died:
        names = [f"doomed/{line['number']}/{part}" for part in range(3)]
        there = [hashlib.sha256(name.encode()).hexdigest() in places for name in names]
        assert there == [line["at"] == log_roles.COMMITTED] * 3, (line, there)


def _check_tiles(platform: Platform, tree: merkle.MemoryTree, raws: list[bytes]) -> None:
    for number in range(len(raws) // WIDTH):
        for tile in filled_by(number):
            stored = Tiles(platform).stored(tile)
            assert stored == _tile(tree, raws, tile), tile.path


def _tile(tree: merkle.MemoryTree, raws: list[bytes], tile: Tile) -> bytes:
    low = tile.number * WIDTH
    if tile.level is None:
        return write_bundle(raws[low : low + WIDTH])
    return b"".join(tree.read(HEIGHT * tile.level, low + at) for at in range(WIDTH))
