"""The custodians of a world, each with its own folder, over the JSON API."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from signing import suite
from signing.hpke import SealingKey
from tests.crash.world import World
from trading.client.custodian import Custodian
from trading.client.custodian_keys import StateKeys
from trading.client.custodian_state import CustodianState


class Agents:
    """One agent for each custodian; made anew on the same folder they go on where they were."""

    def __init__(
        self, world: World, folder: Path, now: Callable[[], datetime] | None = None, count: int | None = None
    ) -> None:
        self._states = []
        self.agents = []
        for number, party in enumerate(world.parties.custodians[:count]):
            state = CustodianState(folder / str(number))
            self._states.append(state)
            self.agents.append(
                Custodian(
                    world.api(party), StateKeys(state, (party.signer,)), state, world.platform.keys.roots,
                    world.platform.keys.log.vkey, now or (lambda: datetime.now(UTC)),
                )
            )  # fmt: skip

    def round(self) -> int:
        """Each does what waits for it; how many acts that came to."""
        return sum(agent.step() for agent in self.agents)

    def refusals(self) -> dict[str, str]:
        """Why an agent would not act, by tender."""
        return {tender: each.reason for one in self.agents for tender, each in one.refusals.items()}

    def sealing_keys(self, tender: str) -> list[SealingKey]:
        """What only custodians have: their keys for a tender, in the policy's order."""
        seeds = [state.read(tender, "seed") for state in self._states]
        return [suite.SUNSEAL_1.sealing_key(seed) for seed in seeds if seed is not None]

    @contextmanager
    def at_work(self, count: int | None = None, pause: float = 0.1) -> Iterator[None]:
        """They, or the first `count` of them, do their rounds in a thread while the block runs."""
        stop = threading.Event()
        failed: list[BaseException] = []

        def work() -> None:
            try:
                while not stop.is_set():
                    for agent in self.agents[:count]:
                        agent.step()
                    time.sleep(pause)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)
        assert not failed, failed
