"""What readers ask of 10⁵ public tenders, against one row by its primary key, on SQLite and on PostgreSQL.

Measured: the first page's lists; the list in each order, its second page, filters; words of two, three and
six Chinese characters and in English, common and rare: the queries and the rows as objects, in one session.
Compared with: one tender by its primary key, in the same way, in turn with each.
Ratio: ours / the bare look-up. A page is 26 rows of three tables, so 1 is out of reach; `AT_MOST` is wanted,
and `SORTED_AT_MOST` where a word that every third tender has is sorted by something else than the deadline:
SQLite then reads all that it finds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from tests import market, postgres
from tests.benchmarks.ratios import say
from trading.db import Base, Database, make_engine
from trading.platform import load_features
from trading.portal import lists
from trading.portal.lists import Filters
from trading.tenders.models import Tender

NAME = "search_at_100k"
COUNT = 100_000
REPETITIONS = 15
AT_MOST = 40.0
SORTED_AT_MOST = 600.0

Query = Callable[[Session], object]


@dataclass(frozen=True)
class Costs:
    """The median cost of each query as a ratio, by database and query, and what it has to be."""

    ratios: dict[str, dict[str, float]]
    name: str = NAME

    @property
    def reached(self) -> bool:
        return all(
            ratio <= _wanted(query) for costs in self.ratios.values() for query, ratio in costs.items()
        )

    def as_json(self) -> dict[str, float]:
        """As it stands in var/bench.json."""
        return {
            f"{at}, {query}": round(ratio, 1)
            for at, costs in self.ratios.items()
            for query, ratio in costs.items()
        }

    def line(self) -> str:
        """As it is printed: a line for each query."""
        lines = [f"{self.name:<22} {'reached' if self.reached else 'MISSED'}, ratios to one row by its key:"]
        first = next(iter(self.ratios.values()))
        for query in first:
            found = ", ".join(f"{at} {costs[query]:.1f}" for at, costs in self.ratios.items())
            lines.append(f"  {query:<36} {found}  wanted at most {_wanted(query):g}")
        return "\n".join(lines)


def _wanted(query: str) -> float:
    return SORTED_AT_MOST if query.startswith("sorted:") else AT_MOST


def _queries(rare: str) -> dict[str, Query]:
    def asked(words: str = "", order: str = lists.ORDER, after: str | None = None, **filters: str) -> Query:
        return lambda session: lists.search(session, Filters(words, **filters), order, after)

    return {
        "first page": lists.first_page,
        "categories": lists.categories,
        **{f"list by {order}": asked("", order) for order in ("-deadline", "-published", "-estimate")},
        "page from the middle": asked("", after=rare),
        "open for bids, goods": asked(state="published", category="goods"),
        "failed": asked(state="failed"),
        "2 characters, common (工程)": asked("工程"),
        "2 characters, rarer (隧道)": asked("隧道"),
        "3 characters (白藤湖)": asked("白藤湖"),
        "6 characters (白藤湖道路改)": asked("白藤湖道路改"),
        "2 characters, one tender (瞭望)": asked("瞭望"),
        "English, common (bridge)": asked("bridge"),
        "English, three words": asked("Yuba bridge resurfacing"),
        "English, one tender (lighthouse)": asked("lighthouse"),
        "number (MK-0-000123)": asked("MK-0-000123"),
        "no tender (不存在)": asked("不存在"),
        "2 characters and state": asked("工程", state="failed"),
        "sorted: 工程 by -published": asked("工程", "-published"),
        "sorted: 白藤湖 by -estimate": asked("白藤湖", "-estimate"),
    }


def run(count: int = COUNT) -> Costs:
    """Fill both databases and measure."""
    load_features()
    ratios = {}
    for at, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with database() as url:
            engine = make_engine(url)
            Base.metadata.create_all(engine)
            say(f"  {NAME}: writing {count} tenders to {at}")
            filled = market.fill(engine, count)
            ratios[at] = _measure(Database(engine), filled)
            engine.dispose()
    return Costs(ratios)


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'sunseal.db'}"


@contextmanager
def _postgresql() -> Iterator[str]:
    with postgres.ensure_server().database() as url:
        yield url


def _measure(database: Database, filled: market.Market) -> dict[str, float]:
    costs = {}
    ids = iter(filled.ids)
    for name, query in _queries(filled.rare).items():
        times, bare = [], []
        for _ in range(REPETITIONS):
            wanted = next(ids)
            bare.append(_seconds(database, lambda session, id=wanted: session.get_one(Tender, id)))
            times.append(_seconds(database, query))
        ours, least = statistics.median(times), statistics.median(bare)
        say(f"  {name}: {1000 * ours:.2f} ms, one row {1000 * least:.2f} ms")
        costs[name] = ours / least
    return costs


def _seconds(database: Database, query: Query) -> float:
    with database.reading() as session:
        session.connection()
        start = time.perf_counter()
        query(session)
        return time.perf_counter() - start
