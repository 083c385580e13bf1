"""The agent's rounds, and what it says when the platform does not know it any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import cast

import pytest

from tests.bids_factory import World
from trading.client.api import Api, ApiProblem
from trading.client.custodian import Custodian
from trading.client.custodian_keys import StateKeys
from trading.client.custodian_state import CustodianState


class Refusing:
    """A platform that answers each call with this problem."""

    def __init__(self, status: int, code: str) -> None:
        self.problem = ApiProblem(status, {"code": code, "detail": "The token is wrong, expired or revoked."})

    def pages(self, path: str) -> Iterator[None]:
        raise self.problem


class Rounds(Event):
    """Time for so many rounds, none of which anybody waits for."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        if not self.left:
            self.set()
        return self.is_set()


@pytest.mark.parametrize(("status", "code", "times"), [(401, "token-wrong", 1), (503, "busy", 0)])
def test_a_token_that_ended_stands_in_the_journal_once(
    tmp_path: Path, status: int, code: str, times: int
) -> None:
    world, state = World(seed=3), CustodianState(tmp_path)
    keys = StateKeys(state, (world.custodians[0].signer,))
    agent = Custodian(cast(Api, Refusing(status, code)), keys, state, world.roots)
    agent.run(Rounds(3), 0)
    journal = tmp_path / "journal.txt"
    said = journal.read_text("utf-8") if journal.exists() else ""
    assert said.count("expired or revoked") == 2 * times, said  # in both languages' columns
    assert said.count(f"[{code}]") == 2 * times
