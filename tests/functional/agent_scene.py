"""A tender whose custodians are agents over a real application, each with a line that can lie or break."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bids.notice import Notice
from signing.policies import LogPolicy
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.wsgi_transport import LyingTransport
from trading.client.api import Api
from trading.client.custodian import Custodian
from trading.client.custodian_keys import StateKeys
from trading.client.custodian_state import CustodianState


class Cast:
    """The parties of all scenes in a house; their agents are made anew for each."""

    def __init__(self, house: OpeningHouse) -> None:
        self.agency = house.enrol("agency")
        self.envelope = house.put_envelope_key(self.agency)
        self.custodians = tuple(house.enrol("custodian") for _ in range(3))
        self.suppliers = [house.enrol("supplier") for _ in range(2)]


CAST: dict[OpeningHouse, Cast] = {}


class Agent:
    """One custodian's agent, its folder and what the platform tells it."""

    def __init__(self, house: OpeningHouse, who: Who, folder: Path) -> None:
        self.house, self.who = house, who
        self.line = LyingTransport(house.app.app)
        self.state = CustodianState(folder)
        self.fast = timedelta(0)
        self.policy: LogPolicy | None = None
        self.start()

    def start(self) -> None:
        """A new process on the same folder."""
        api = Api(self.line, self.who.token, "en")
        keys = StateKeys(self.state, (self.who.signer,))
        self.agent = Custodian(
            api, keys, self.state, self.house.platform.keys.roots, None, self.now,
            policy=self.policy,
        )  # fmt: skip

    def now(self) -> datetime:
        return self.house.now() + self.fast

    def step(self) -> int:
        return self.agent.step()

    def refusal(self, tender: str) -> str | None:
        refused = self.agent.refusals.get(tender)
        return None if refused is None else refused.code


class Scene:
    """A tender whose custodians are agents."""

    def __init__(self, house: OpeningHouse, folder: Path, **facts: Any) -> None:
        self.house = house.start_over()
        cast = CAST[house]
        self.agency, self.envelope, whos = cast.agency, cast.envelope, cast.custodians
        self.agents = [Agent(house, who, folder / who.id) for who in whos]
        self.id = house.draft(self.agency, whos, **facts)["id"]
        self.step()
        raw, signature = house.notice(self.agency, self.id)
        house.publish(self.agency, self.id, raw, signature)
        self.tender = Tendering(self.id, self.agency, whos, Notice.parse(raw), signature, facts)
        self.suppliers = cast.suppliers
        self.bids = [house.bid(each, self.tender) for each in self.suppliers]

    def step(self) -> int:
        return sum(agent.step() for agent in self.agents)

    def close(self) -> None:
        self.house.past_deadline()
        self.house.work()

    @property
    def liar(self) -> LyingTransport:
        """What the first agent is told."""
        return self.agents[0].line

    def refused(self) -> str | None:
        """What the first agent says after a round; it must have released nothing."""
        first = self.agents[0]
        first.step()
        assert first.line.count("PUT", "/release") == 0
        assert first.state.read(self.id, "release.json") is None
        return first.refusal(self.id)

    def path(self, name: str) -> str:
        return f"/tenders/{self.id}/{name}"
