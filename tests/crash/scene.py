"""Several tenders side by side whose deadlines come within a few seconds, each with its bids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.crash.agents import Agents
from tests.crash.dust import await_all, award, check_evidence, check_opened_once, ledger
from tests.crash.site import Site
from tests.crash.world import Published, World

# However long it takes to make everything ready, no deadline passes meanwhile: it happens in the past.
EARLIER = timedelta(hours=-1)


@dataclass
class Scene:
    """A world in the present, its tenders and their ledgers as they were before the deadlines."""

    world: World
    agents: Agents
    tenders: list[Published]
    ledgers: dict[str, list[bytes]]

    @classmethod
    @contextmanager
    def at(
        cls, site: Site, folder: Path, bids: Sequence[int], *, grace: int = 1, apart: float = 0.15,
        ahead: float = 2.0,
    ) -> Iterator[Scene]:
        """A tender for each of `bids`, with so many; deadlines `apart` seconds from each other.

        The first one comes `ahead` seconds from now, or is past when all is ready, if that takes longer.
        """
        first = datetime.now(UTC) + timedelta(seconds=ahead)
        world = World.create(site, EARLIER)
        try:
            agents = Agents(world, folder / "agents")
            deadlines = [first + timedelta(seconds=apart * n) for n in range(len(bids))]
            drafts = [world.draft(each, grace_seconds=grace) for each in deadlines]
            agents.round()
            tenders = [world.publish(draft) for draft in drafts]
            agents.round()
            for tender, count in zip(tenders, bids, strict=True):
                for number, supplier in enumerate(world.suppliers(count)):
                    world.bid(tender, supplier, step=number)
            world.clock.ahead = timedelta(0)
            ledgers = {tender.id: ledger(world, tender.id) for tender in tenders}
            assert [len(ledgers[tender.id]) for tender in tenders] == list(bids)
            yield cls(world, agents, tenders, ledgers)
        finally:
            world.close()

    def settle(self) -> None:
        """Wait for every tender to open, each bid once; award the first and check its evidence."""
        await_all(self.world, "opened", self.ids)
        for tender in self.tenders:
            check_opened_once(self.world, tender, self.ledgers[tender.id])
        first = self.tenders[0]
        award(self.world, first)
        check_evidence(self.world, first, len(self.ledgers[first.id]))

    @property
    def ids(self) -> list[str]:
        """Of all tenders."""
        return [tender.id for tender in self.tenders]
