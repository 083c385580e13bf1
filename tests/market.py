"""A platform's database with very many public tenders, written in bulk: for tests of lists and benchmarks.

Titles are put together from words, so that some are common and some are rare; states, deadlines and estimates
are spread as on a platform that has been in use for years.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import Engine, insert, text

from trading.accounts.models import Organisation
from trading.tenders.lifecycle import State
from trading.tenders.listing import estimate_order, listed_number
from trading.tenders.models import Project, Tender, TenderWords
from trading.tenders.words import words_of

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
BUYERS = 400
_BATCH = 2000

PLACES = (
    "斗门", "香洲", "金湾", "白藤湖", "井岸", "乾务", "莲洲", "唐家湾", "横琴", "三灶", "Yuba", "Solano",
)  # fmt: skip
THINGS = (
    "道路", "桥梁", "隧道", "泵站", "学校", "医院", "公园", "管网", "路灯", "堤防", "bridge", "highway",
)  # fmt: skip
WORKS = (
    "改造工程", "新建工程", "维修加固工程", "养护", "监理", "设计", "检测服务", "resurfacing", "replacement",
)  # fmt: skip
CATEGORIES = ("works", "goods", "services", "government-procurement")
# Most have long been awarded; about one in fifty takes bids.
STATES = (
    *[State.AWARDED] * 36, *[State.FAILED] * 4, *[State.CANCELLED] * 3, *[State.EVALUATED] * 3,
    *[State.OPENED] * 2, State.CLOSED, State.PUBLISHED,
)  # fmt: skip


@dataclass(frozen=True)
class Market:
    """What was written: ids of the tenders, one of them rare by its title."""

    ids: tuple[str, ...]
    rare: str


def fill(engine: Engine, count: int, seed: int = 1) -> Market:
    """Write `count` public tenders into a database with this version's tables."""
    chance = random.Random(seed)
    ids = tuple(f"{chance.getrandbits(128):032x}" for _ in range(count))
    organisations = [_organisation(n) for n in range(BUYERS)]
    projects = [_project(n, chance, organisations) for n in range(max(1, count // 3))]
    rows = _tenders(ids, chance, organisations, projects)
    with engine.begin() as connection:
        connection.execute(insert(Organisation), organisations)
        for batch in batched(projects, _BATCH):
            connection.execute(insert(Project), batch)
    for batch in batched(rows, _BATCH):
        with engine.begin() as connection:
            connection.execute(insert(Tender), [tender for tender, _ in batch])
            connection.execute(insert(TenderWords), [words for _, words in batch])
    if engine.name == "postgresql":  # as its autovacuum does; nobody does it on SQLite
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return Market(ids, ids[count // 2])


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Rows in lists of `size`."""
    each = iter(rows)
    while batch := list(islice(each, size)):
        yield batch


def _organisation(n: int) -> dict[str, Any]:
    return {
        "id": f"{n:032x}", "scheme": "X-MARKET", "identifier": f"{n:06d}", "roles": "agency",
        "name": f"{PLACES[n % len(PLACES)]}第{n}建设管理中心", "enrolled_at": NOW,
    }  # fmt: skip


def _project(n: int, chance: random.Random, buyers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"{n:032x}", "organisation_id": chance.choice(buyers)["id"],
        "number": f"MK-{n // 9999}-{n:06d}", "created_at": NOW,
        "title": f"{chance.choice(PLACES)}{chance.choice(THINGS)}项目",
    }  # fmt: skip


def _tenders(
    ids: tuple[str, ...],
    chance: random.Random,
    buyers: list[dict[str, Any]],
    projects: list[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    names = {each["id"]: each["name"] for each in buyers}
    taken: set[int] = set()
    for n, id in enumerate(ids):
        state, project = chance.choice(STATES), projects[n % len(projects)]
        title = f"{chance.choice(PLACES)}{chance.choice(THINGS)}{chance.choice(WORKS)}第{n % 97}标段"
        if n == len(ids) // 2:
            title = "凤凰山森林防火瞭望塔 lighthouse"
        ahead = state is State.PUBLISHED
        deadline = NOW + timedelta(seconds=chance.randrange(30 * 86400) * (1 if ahead else -60))
        while (listed := listed_number(deadline)) in taken:
            pass
        taken.add(listed)
        estimate = Decimal(chance.randrange(10**6, 10**11)).scaleb(-2)
        digest = f"{n:064x}"
        tender = {
            "id": id, "project_id": project["id"], "organisation_id": project["organisation_id"],
            "state": state.value, "category": chance.choice(CATEGORIES), "title": title, "currency": "CNY",
            "estimate": estimate, "ceiling": None, "deadline": deadline, "pack": "generic",
            "pack_version": "1", "sandbox": False, "threshold": 2, "minimum_bidders": 1,
            "grace_seconds": 10, "independent": True,
            "created_at": deadline - timedelta(days=30), "notice_digest": digest, "policy_digest": digest,
            "ended_reason": None, "published_at": deadline - timedelta(days=25), "listed": listed,
            "estimate_order": estimate_order("CNY", estimate),
        }  # fmt: skip
        words = words_of(title, project["number"], project["title"], names[project["organisation_id"]], id)
        yield tender, {"listed": listed, "tender_id": id, "words": words}
