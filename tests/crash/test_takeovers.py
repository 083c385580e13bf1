"""Frozen and woken late, told twice, never told, or killed with the custodians: still one opening."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.crash import roles
from tests.crash.dust import ONCE, await_all, check_opened_once, states
from tests.crash.killer import Killer
from tests.crash.processes import Child, Line
from tests.crash.scene import Scene
from tests.crash.site import Site
from trading.audit.models import LogEntry
from trading.opening.models import Closing, OpenedBid, PublishedOpeningRecord

pytestmark = pytest.mark.crash

# None of them in the middle of a transaction: a process frozen inside one keeps its locks.
MOMENTS = ("closing:started", "opening:loaded", "opening:batch-opened", "finishing:started")


@pytest.fixture
def sqlite_site(tmp_path: Path) -> Site:
    return Site.on_sqlite(tmp_path)


@pytest.fixture
def postgres_site(tmp_path: Path, postgres_url: str) -> Site:
    return Site(postgres_url, tmp_path)


def test_frozen_and_woken_late_on_sqlite(sqlite_site: Site) -> None:
    _freeze(sqlite_site)


def test_frozen_and_woken_late_on_postgres(postgres_site: Site) -> None:
    _freeze(postgres_site)


def test_told_thrice(postgres_site: Site) -> None:
    _open_all(postgres_site, roles.worker_getting_copies, 3)


def test_messages_lost(sqlite_site: Site) -> None:
    # A release that comes after the grace freezes by itself: here it is to be the job.
    child = _open_all(sqlite_site, roles.worker_losing_messages, 2, grace=6)
    lost = {line["job"] for line in child.lines if line["event"] == "lost"}
    wanted = {"close_tender", "freeze_releases", "open_bids", "render_opening_record"}
    assert lost >= wanted | {"render_award_report", "build_evidence"}, lost


def test_killed_with_its_custodians(sqlite_site: Site) -> None:
    site = sqlite_site
    with Scene.at(site, site.folder, (3, 21, 4, 3)) as scene:
        folder, parties = site.folder / "agents", scene.world.parties
        killer = Killer(
            lambda fate: Child.start(roles.mortal_house, fate, site, parties, folder), 1, 20260603, stages=()
        )
        survivors = killer.run(8, lambda: set(states(scene.world).values()) == {"opened"}, 60)
        for child in survivors:
            child.listen()
        with _running(*survivors):
            scene.settle()
    assert killer.kills >= 8, killer.interrupted


def _open_all(site: Site, role: Callable[..., None], *arguments: object, grace: int = 2) -> Child:
    """The worker `role` does everything from the closing to the evidence."""
    with Scene.at(site, site.folder, (3, 22), grace=grace) as scene, scene.agents.at_work(2):
        child = Child.start(role, site, *arguments)
        child.listen()
        with _running(child):
            scene.settle()
    return child


def _freeze(site: Site) -> None:
    """One worker is frozen at four moments of four tenders, another does it all, the first wakes up."""
    go_on = site.folder / "go-on"
    with Scene.at(site, site.folder, (3, 3, 25, 3)) as scene, scene.agents.at_work():
        pauses = dict(zip(scene.ids, MOMENTS, strict=True))
        frozen = Child.start(roles.worker_pausing, site, pauses, go_on)
        with _running(frozen):
            waiting = dict(pauses)
            while waiting:
                line = frozen.until(lambda line: line.get("step") in MOMENTS and _is_there(line, waiting))
                del waiting[line["subject"]]
            frozen.stop()
            said = len(frozen.lines)
            successor = Child.start(roles.worker, site)
            successor.listen()
            with _running(successor):
                await_all(scene.world, "opened", scene.ids)
            before = _written(scene)
            go_on.touch()
            frozen.wake()
            working = set(pauses)
            while working:
                working.discard(frozen.until(_gives_up)["subject"])
            assert _written(scene) == before
            committed = [line for line in frozen.lines[said:] if str(line.get("step")).endswith(WROTE)]
            assert not committed
        for tender in scene.tenders:
            check_opened_once(scene.world, tender, scene.ledgers[tender.id])


def _is_there(line: Line, waiting: dict[str, str]) -> bool:
    return waiting.get(line["subject"]) == line["step"]


WROTE = (":committed", ":batch-kept")


def _gives_up(line: Line) -> bool:
    """It found the tender closed, or its claim gone."""
    return line["event"] == "claim lost" or line.get("step") == "closing:nothing-to-do"


def _written(scene: Scene) -> list[object]:
    """All that an opening writes."""
    with scene.world.platform.database.reading() as session:
        acts = select(LogEntry.position, LogEntry.act).where(LogEntry.act.in_(ONCE))
        found: list[object] = [tuple(row) for row in session.execute(acts.order_by(LogEntry.position))]
        for table in (Closing, PublishedOpeningRecord):
            found += sorted((row.tender_id, row.digest, row.at) for row in session.scalars(select(table)))
        rows = session.scalars(select(OpenedBid))
        return found + sorted((row.tender_id, row.bid_id, row.at) for row in rows)


@contextmanager
def _running(*children: Child) -> Iterator[None]:
    """Processes that are killed in the end."""
    try:
        yield
    finally:
        for child in children:
            child.wake()
            child.kill()
