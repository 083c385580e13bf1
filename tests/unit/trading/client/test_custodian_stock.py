"""Keys in advance, and a platform that wants too many of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from signing.certificates import fingerprint
from tests.bids_factory import World
from trading.client.api import Api
from trading.client.custodian_journal import Journal
from trading.client.custodian_keys import StateKeys
from trading.client.custodian_state import CustodianState
from trading.client.custodian_stock import Stock
from trading.client.errors import ClientError


class Wanting:
    """A platform that shows these ids, and wants a key for each of them unless it is content."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.content = False
        self.got: list[dict[str, Any]] = []

    def get(self, path: str) -> dict[str, Any]:
        return {"items": [{"tender": each, "key_wanted": not self.content} for each in self.shown]}

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.got += body["keys"]
        return {"kept": len(body["keys"])}


def test_other_ids_each_time_fill_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trading.client.custodian_stock._MOST", 3)
    state, platform = CustodianState(tmp_path), Wanting()
    keys = StateKeys(state, (World(seed=3).custodians[0].signer,))
    stock = Stock(cast(Api, platform), state, keys, Journal(tmp_path), lambda: None)
    ids = [f"{number:032x}" for number in range(5)]
    platform.shown = ids[:2]
    assert stock.fill() == set(ids[:2]) and stock.fill() == set(ids[:2])
    platform.shown = ids[2:4]
    with pytest.raises(ClientError, match="3"):
        stock.fill()
    assert state.tenders() == ids[:2]
    platform.shown = ids[1:3]
    assert stock.fill() == set(ids[1:3])


def test_keys_in_advance_are_signed_anew_after_a_renewal(tmp_path: Path) -> None:
    state, platform = CustodianState(tmp_path), Wanting()
    world = World(seed=3)
    old, new = world.custodians[0].signer, world.custodians[1].signer
    platform.shown = [f"{number:032x}" for number in range(2)]
    Stock(cast(Api, platform), state, StateKeys(state, (old,)), Journal(tmp_path), lambda: None).fill()
    first, platform.got, platform.content = platform.got, [], True
    renewed = Stock(cast(Api, platform), state, StateKeys(state, (old, new)), Journal(tmp_path), lambda: None)
    renewed.fill()
    assert [each["sealing_key"] for each in platform.got] == [each["sealing_key"] for each in first]
    assert {each["certificate"] for each in platform.got} == {fingerprint(new.certificate)}
    platform.got = []
    renewed.fill()
    assert platform.got == []
