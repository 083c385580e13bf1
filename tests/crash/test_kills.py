"""kill -9 at random moments of closing and opening: still one opening, with every bid in it once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash import roles
from tests.crash.dust import await_all, award, check_evidence, check_opened_once, states
from tests.crash.killer import STAGES, Killer
from tests.crash.processes import Child
from tests.crash.scene import Scene
from tests.crash.site import Site

pytestmark = pytest.mark.crash

KILLS = 30
BIDS = (3, 4, 25, 3, 5, 2, 4, 3, 3, 4, 5, 3)


def test_killed_on_sqlite(tmp_path: Path) -> None:
    _kill(Site.on_sqlite(tmp_path), tmp_path, workers=1, seed=20260601)


def test_two_workers_killed_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    _kill(Site(postgres_url, tmp_path), tmp_path, workers=2, seed=20260602)


def _kill(site: Site, folder: Path, workers: int, seed: int) -> None:
    with Scene.at(site, folder, BIDS, grace=3) as scene:
        killer = Killer(lambda fate: Child.start(roles.mortal_worker, fate, site), workers, seed)
        # One of three custodians is away: freezing waits for the grace, and is then a worker's job.
        with scene.agents.at_work(2):
            survivors = killer.run(KILLS, lambda: set(states(scene.world).values()) == {"opened"}, 60)
            for child in survivors:
                child.listen()
            try:
                _settle(scene)
            finally:
                for child in survivors:
                    child.kill()
    assert killer.kills >= KILLS
    assert len(killer.interrupted) >= 8, killer.interrupted
    for stage in STAGES:
        assert any(step.startswith(stage) for step in killer.interrupted), (stage, killer.interrupted)


def _settle(scene: Scene) -> None:
    """The survivors do what is left, then everything is as if nothing had happened."""
    await_all(scene.world, "opened", scene.ids)
    for tender in scene.tenders:
        check_opened_once(scene.world, tender, scene.ledgers[tender.id])
    shown = [tender for tender in scene.tenders if len(scene.ledgers[tender.id]) in (2, 25)]
    for tender in shown:
        award(scene.world, tender)
    for tender in shown:
        check_evidence(scene.world, tender, len(scene.ledgers[tender.id]))
