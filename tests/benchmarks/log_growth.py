"""What an append to the public log and its proofs cost as it grows to a million entries, on both databases.

Measured at 10⁴, 10⁵ and 10⁶ entries: an append in a transaction of its own; an inclusion proof and a
consistency proof, each with its checkpoint signed, in a session of its own.
Compared with: one row of the same bytes inserted, or read by its primary key, in the same way, in turn.
Ratio: ours / the bare statement. Wanted: at 10⁶ entries no more than `AT_MOST` times what it is at 10⁴.
"""

from __future__ import annotations

import gc
import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, insert, select

from bids.entries import build_entry
from signing import merkle
from signing.encoding import format_time
from tests import postgres
from tests.benchmarks.ratios import say
from tests.crash.site import Site
from trading.audit.models import LogDigest, LogEntry, LogHead, LogNode
from trading.audit.services import AuditLog
from trading.db import UtcTime
from trading.platform import Platform

NAME = "log_growth"
SIZES = (10_000, 100_000, 1_000_000)
REPETITIONS = 201
_WARM = 10
AT_MOST = 1.5
_AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
_BATCH = 20_000

_BARE = Table("bare_rows", MetaData(), Column("id", Integer, primary_key=True), Column("raw", LargeBinary))


@dataclass(frozen=True)
class Growth:
    """The ratio of each act, by database, act and size, and the milliseconds of ours."""

    ratios: dict[str, dict[str, dict[int, float]]]
    milliseconds: dict[str, dict[str, dict[int, float]]]
    name: str = NAME

    @property
    def reached(self) -> bool:
        return all(_grown(costs) <= AT_MOST for acts in self.ratios.values() for costs in acts.values())

    def as_json(self) -> dict[str, float]:
        """As it stands in var/bench.json."""
        return {
            f"{at}, {act}, {size}": round(ratio, 2)
            for at, acts in self.ratios.items()
            for act, costs in acts.items()
            for size, ratio in costs.items()
        }

    def line(self) -> str:
        """As it is printed: a line for each act on each database."""
        head = f"{self.name:<22} {'reached' if self.reached else 'MISSED'}, ratios to one bare row at "
        lines = [head + ", ".join(f"{size:,}" for size in SIZES) + " entries:"]
        for at, acts in self.ratios.items():
            for act, costs in acts.items():
                took = self.milliseconds[at][act]
                found = ", ".join(f"{ratio:.2f} ({took[size]:.2f} ms)" for size, ratio in costs.items())
                grown = f"grown {_grown(costs):.2f}-fold, wanted at most {AT_MOST:g}"
                lines.append(f"  {at + ', ' + act:<30} {found}  {grown}")
        return "\n".join(lines)


def _grown(costs: dict[int, float]) -> float:
    return max(costs.values()) / costs[min(costs)]


def run(sizes: tuple[int, ...] = SIZES) -> Growth:
    """Fill both databases step by step and measure at each."""
    ratios, times = {}, {}
    for at, place in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with place() as site:
            site.create()
            platform = site.platform()
            _BARE.create(platform.database.engine)
            ratios[at], times[at] = _measured(at, platform, sizes)
            platform.close()
    return Growth(ratios, times)


@contextmanager
def _sqlite() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as folder:
        yield Site.on_sqlite(Path(folder))


@contextmanager
def _postgresql() -> Iterator[Site]:
    with (
        tempfile.TemporaryDirectory(prefix="sunseal-bench-") as folder,
        postgres.ensure_server().database() as url,
    ):
        yield Site(url, Path(folder))


def _measured(at: str, platform: Platform, sizes: tuple[int, ...]) -> tuple[Any, Any]:
    ratios: dict[str, dict[int, float]] = {}
    times: dict[str, dict[int, float]] = {}
    filling = Filling(platform.database.engine)
    for size in sizes:
        say(f"  {NAME}: filling {at} up to {size:,} entries")
        filling.up_to(size)
        for act, (ours, bare) in _acts(platform, size).items():
            pairs = _in_turn(bare, ours)
            # The fastest tenth is what it costs; the rest is what else the machine had to do.
            least, own = (statistics.quantiles(column, n=10)[0] for column in zip(*pairs, strict=True))
            say(f"  {NAME}: {act} {1000 * own:.2f} ms, bare {1000 * least:.2f} ms")
            ratios.setdefault(act, {})[size] = own / least
            times.setdefault(act, {})[size] = 1000 * own
        filling.forget(size)
    return ratios, times


def _in_turn(bare: Callable[[], object], ours: Callable[[], object]) -> list[tuple[float, float]]:
    """Seconds of one and the other, again and again; the collector rests, and the first runs count not."""
    pairs = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(REPETITIONS + _WARM):
            start = time.perf_counter()
            bare()
            between = time.perf_counter()
            ours()
            pairs.append((between - start, time.perf_counter() - between))
    finally:
        gc.enable()
    return pairs[_WARM:]


def _acts(platform: Platform, size: int) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    log, chance = AuditLog(platform), random.Random(size)
    raw = entry(0)

    def append() -> None:
        with platform.database.transaction() as session:
            digests = {"notice": chance.randbytes(32).hex()}
            log.append(session, "tender.published", at=_AT, digests=digests)

    def put() -> None:
        with platform.database.transaction() as session:
            session.execute(insert(_BARE).values(raw=raw))

    def prove() -> None:
        with platform.database.reading() as session:
            log.proof(session, chance.randrange(size), size)

    def compare() -> None:
        with platform.database.reading() as session:
            log.consistency(session, chance.randrange(1, size), size)
            log.checkpoint(session, size)

    def read() -> None:
        with platform.database.reading() as session:
            assert session.get(LogEntry, chance.randrange(size)) is not None

    return {"append": (append, put), "inclusion proof": (prove, read), "consistency proof": (compare, read)}


def entry(number: int) -> bytes:
    """An entry as the platform writes them, fast."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    head = f'{{"act":"tender.published","at":"{format_time(_AT)}","digests":{{"notice":"{digest}"}}'
    return f'{head},"type":"sunseal/entry/v1"}}'.encode()


class Filling:
    """Rows of a log with the right hashes, written in bulk: a million calls would take an hour."""

    def __init__(self, engine: Engine) -> None:
        digest = hashlib.sha256(b"0").hexdigest()
        assert entry(0) == build_entry(at=_AT, act="tender.published", digests={"notice": digest})
        self._engine = engine
        self._tree = merkle.MemoryTree()

    def up_to(self, size: int) -> None:
        """Append until the log has `size` entries."""
        while len(self._tree) < size:
            self._batch(len(self._tree), min(size, len(self._tree) + _BATCH))
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("ANALYZE")

    def forget(self, size: int) -> None:
        """Take back what was appended while measuring: the log goes on from `size`."""
        with self._engine.begin() as connection:
            connection.execute(LogEntry.__table__.delete().where(LogEntry.position >= size))
            connection.execute(LogDigest.__table__.delete().where(LogDigest.position >= size))
            for level in range(64):
                beyond = (LogNode.level == level) & (LogNode.position >= size >> level)
                connection.execute(LogNode.__table__.delete().where(beyond))
            connection.execute(LogHead.__table__.update().values(size=size))

    def _batch(self, start: int, end: int) -> None:
        at = UtcTime().process_bind_param(_AT, self._engine.dialect)
        entries, nodes, digests = [], [], []
        for number in range(start, end):
            raw = entry(number)
            entries.append((number, None, "tender.published", None, raw, at))
            for digest in (hashlib.sha256(raw).hexdigest(), raw[raw.index(b'ce":"') + 5 :][:64].decode()):
                digests.append((digest, number))
            leaf = merkle.leaf_hash(raw)
            nodes += merkle.append_nodes(number, leaf, self._tree.read)
            self._tree.append(leaf)
        with self._engine.begin() as connection:
            driver = connection.connection.dbapi_connection
            _write(driver, "log_entries", "position, tender_id, act, organisation_id, raw, at", entries)
            _write(driver, "log_nodes", "level, position, hash", nodes)
            _write(driver, "log_digests", "digest, position", digests)
            head = select(LogHead.size)
            table = LogHead.__table__
            if connection.execute(head).first() is None:
                connection.execute(table.insert().values(id=1, size=end))
            connection.execute(table.update().values(size=end))


def _write(driver: Any, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    if hasattr(driver, "executemany"):
        marks = ", ".join("?" for _ in rows[0])
        driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608
        return
    with driver.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
