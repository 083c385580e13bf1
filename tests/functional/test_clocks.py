"""Nothing opens early: the database's clock decides, whatever the machines around it believe.

On SQLite there is one machine and one clock; machines with wrong ones are tested on PostgreSQL.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.crash import roles
from tests.crash.agents import Agents
from tests.crash.dust import await_all, states
from tests.crash.processes import Child
from tests.crash.site import Site
from tests.crash.world import Prepared, Published, World
from trading.client.api import signed
from trading.custody.models import Release
from trading.opening.models import Closing, PublishedOpeningRecord
from trading.opening.services import Openings

HOURS = 5.0 * 3600


@contextmanager
def world(site: Site) -> Iterator[World]:
    made = World.create(site)
    try:
        yield made
    finally:
        made.close()


def tender(made: World, agents: Agents, seconds: float) -> Published:
    draft = made.draft(made.now() + timedelta(seconds=seconds), grace_seconds=1)
    agents.round()
    published = made.publish(draft)
    agents.round()
    return published


def count(made: World, table: type) -> int:
    with made.platform.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_jobs_called_early_do_nothing(tmp_path: Path) -> None:
    _called_early(Site.on_sqlite(tmp_path))


def test_jobs_called_early_do_nothing_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    _called_early(Site(postgres_url, tmp_path))


def _called_early(site: Site) -> None:
    with world(site) as made:
        agents = Agents(made, site.folder / "agents")
        published = tender(made, agents, 3600)
        made.bid(published, made.suppliers(1)[0])
        openings = Openings(made.platform)
        made.clock.ahead = timedelta(seconds=3590)
        for early in (openings.close, openings.freeze, openings.open):
            assert not early(published.id)
        agents.round()
        assert states(made)[published.id] == "published"
        assert [count(made, table) for table in (Closing, Release, PublishedOpeningRecord)] == [0, 0, 0]
        made.clock.ahead = timedelta(seconds=3600)
        assert openings.close(published.id)
        assert not openings.close(published.id)


def test_custodian_whose_clock_is_behind_releases_nothing(tmp_path: Path) -> None:
    """However closed the platform says the tender is, the opening time of the policy has not come for it."""
    with world(Site.on_sqlite(tmp_path)) as made:
        behind = [timedelta(0)]
        agents = Agents(made, tmp_path / "agents", lambda: datetime.now(UTC) + behind[0])
        published = tender(made, agents, 3600)
        made.bid(published, made.suppliers(1)[0])
        made.clock.ahead = behind[0] = timedelta(hours=1, seconds=1)
        assert Openings(made.platform).close(published.id)
        behind[0] = timedelta(minutes=59)
        agents.round()
        assert count(made, Release) == 0
        assert published.id in agents.refusals()
        behind[0] = timedelta(hours=1, seconds=1)
        agents.round()
        assert count(made, Release) == len(agents.agents)


@pytest.mark.parametrize("ahead", [HOURS, -HOURS], ids=["hours ahead", "hours behind"])
def test_machines_with_wrong_clocks(tmp_path: Path, postgres_url: str, ahead: float) -> None:
    """Worker and web processes that are hours wrong: bids are taken to the very deadline and no longer, the
    closing comes after it and soon."""
    site = Site(postgres_url, tmp_path)
    with world(site) as made, _wrong_machines(site, ahead) as (worker, web):
        agents = Agents(made, tmp_path / "agents")
        suppliers = made.suppliers(3)
        published = tender(made, agents, 8)
        deadline = published.notice.deadline
        early, just_in_time, late = (made.prepare(published, each) for each in suppliers)
        for bid in (early, just_in_time, late):
            made.upload(published, bid)
        assert web.submit(published, early) == "201"
        _wait_until(made, deadline - timedelta(seconds=2))
        assert states(made)[published.id] == "published" and count(made, Closing) == 0
        assert web.submit(published, just_in_time) == "201"
        _wait_until(made, deadline)
        assert web.submit(published, late).endswith(" bid-late")
        await_all(made, "closed", [published.id], 10)
        with made.platform.database.reading() as session:
            row = session.get_one(Closing, published.id)
        assert row.at >= deadline
        assert row.ledger_size == 2
        with agents.at_work():
            await_all(made, "opened", [published.id], 20)
        assert not [line for line in worker.lines if line.get("level") in ("error", "critical")]


@dataclass
class Counter:
    """A web process to hand bids in at."""

    child: Child
    inbox: Connection

    def submit(self, published: Published, bid: Prepared) -> str:
        """Status and, if it was refused, the code."""
        headers = {"Authorization": f"Bearer {bid.supplier.token}", "Content-Type": "application/json"}
        body = json.dumps(signed(bid.manifest, bid.signature)).encode()
        self.inbox.send(("POST", f"/api/v1/tenders/{published.id}/bids", headers, body))
        answer = self.child.until(lambda line: line["event"] == "answer")
        return f"{answer['status']} {answer['code']}".strip()


@contextmanager
def _wrong_machines(site: Site, ahead: float) -> Iterator[tuple[Child, Counter]]:
    """A worker and a web process whose clocks are wrong by `ahead` seconds, as they themselves say."""
    there, inbox = multiprocessing.Pipe(duplex=False)
    worker = Child.start(roles.worker, site, ahead)
    counter = Child.start(roles.counter, site, ahead, there)
    try:
        for child in (worker, counter):
            line = child.until(lambda line: line["event"] == "ready")
            assert line["clock"] - time.time() == pytest.approx(ahead, abs=60)
        worker.listen()
        yield worker, Counter(counter, inbox)
    finally:
        worker.kill()
        counter.kill()


def _wait_until(made: World, moment: datetime) -> None:
    """By the database's clock."""
    while (left := (moment - made.now()).total_seconds()) > 0:
        time.sleep(min(left, 0.05))
