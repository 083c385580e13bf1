"""The log as tiles (C2SP tlog-tiles): full ones lie in storage as files, partial ones are made of rows.

The database stays the truth. A tile is written once, after the commit that filled it, by a job; until then,
and if storage has lost it, it is made of rows as well, to the same bytes.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from signing.tiles import HEIGHT, WIDTH, Tile, write_bundle
from trading.audit.models import LogEntry, LogHead, LogNode, LogTiles
from trading.platform import Platform
from trading.queue import Hold, claim, insert_if_missing, step

PLACE = "log"  # storage's folder, which a web server may serve as the log's prefix
_ONLY = 1
_NEVER = 1 << 63  # more leaves than a database can count
_BATCH = 64  # bundles between two notes of how far it is


class Tiles:
    """Reads tiles for whoever asks, and writes the full ones to storage."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._storage = platform.storage

    def stored(self, tile: Tile) -> bytes | None:
        """A full tile as it lies in storage; None if it does not."""
        return self._storage.read_file(f"{PLACE}/{tile.path}") if tile.width == WIDTH else None

    def made(self, session: Session, tile: Tile) -> bytes | None:
        """A tile from rows; None if the log is too short for it.

        Raises:
            MerkleError: an entry is too long for a bundle.
        """
        if tile.size >= _NEVER:
            return None
        low, high = tile.number * WIDTH, tile.number * WIDTH + tile.width
        if tile.level is None:
            entries = select(LogEntry.raw).where(LogEntry.position >= low, LogEntry.position < high)
            rows = list(session.scalars(entries.order_by(LogEntry.position)))
        else:
            nodes = select(LogNode.hash).where(LogNode.level == tile.level * HEIGHT)
            nodes = nodes.where(LogNode.position >= low, LogNode.position < high)
            rows = list(session.scalars(nodes.order_by(LogNode.position)))
        if len(rows) != tile.width:
            return None
        return write_bundle(rows) if tile.level is None else b"".join(rows)

    def write(self) -> None:
        """Write what is full and not yet in storage; safe to kill anywhere, and to run on several nodes.

        Raises:
            PartExists: storage holds another tile there: one of the two was changed.
        """
        with claim(self._platform, "log-tiles", "log") as hold:
            while hold is not None and self._write_some(hold):
                pass

    def _write_some(self, hold: Hold) -> bool:
        with self._platform.database.reading() as session:
            done, full = bundles_written(session), bundles_full(session)
            end = min(full, done + _BATCH)
            for number in range(done, end):
                for tile in filled_by(number):
                    data = self.made(session, tile)
                    if data is None:
                        raise ValueError(f"the log has no rows for {tile.path}")
                    self._storage.put_file(f"{PLACE}/{tile.path}", data)
        if end > done:
            step("tiles:stored", "log", bundles=end)
            with self._platform.database.transaction() as session:
                hold.check(self._platform, session)
                insert_if_missing(session, LogTiles, id=_ONLY, bundles=0)
                session.get_one(LogTiles, _ONLY, with_for_update=True, populate_existing=True).bundles = end
            step("tiles:committed", "log", bundles=end)
        return end < full


def bundles_full(session: Session) -> int:
    """How many bundles of 256 entries the log has filled."""
    return (session.scalar(select(LogHead.size)) or 0) // WIDTH


def bundles_written(session: Session) -> int:
    """How many of them are in storage, with all tiles over them."""
    return session.scalar(select(LogTiles.bundles)) or 0


def filled_by(number: int) -> list[Tile]:
    """The tiles that are full as soon as bundle `number` is: itself, its hashes, and what they complete."""
    tiles = [Tile(None, number), Tile(0, number)]
    level, rest = 0, number + 1
    while rest % WIDTH == 0:
        level, rest = level + 1, rest // WIDTH
        tiles.append(Tile(level, rest - 1))
    return tiles
