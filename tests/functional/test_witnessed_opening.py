"""A tender whose custodians want witnesses: nothing opens before its closing is cosigned, and it shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bids import package as names
from signing import notes
from signing.cosignatures import bare, with_cosignatures
from signing.notes import Checkpoint, format_checkpoint
from signing.policies import parse_policy
from tests.functional.agent_scene import CAST, Cast, Scene
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.functional.witnessed import Watcher, policy_file, watchers
from tests.package_checks import check, failures
from tests.package_factory import unzipped
from trading.cli import sunseal
from trading.client.witness_http import WitnessServer


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[OpeningHouse, list[Watcher]]]:
    with watchers(tmp_path, 2) as made:
        path = policy_file(tmp_path, made, 2)
        house = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}", log_policy=path)
        for each in made:
            each.watch(house)
        CAST[house] = Cast(house)
        yield house, made
        CAST.pop(house)
        house.close()


def server(watcher: Watcher) -> WitnessServer:
    assert watcher.server is not None
    return watcher.server


def scene_of(house: OpeningHouse, folder: Path) -> Scene:
    made = Scene(house, folder, threshold=2)
    policy = house.platform.settings.witnesses
    for agent in made.agents:
        agent.policy = policy
        agent.start()
    return made



def test_the_opening_waits_for_the_witnesses_and_no_longer(
    watched: tuple[OpeningHouse, list[Watcher]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house, made = watched
    scene = scene_of(house, tmp_path)
    server(made[0]).witness = None  # type: ignore[assignment]  # down: what is open breaks off
    scene.close()
    for _ in range(2):
        assert scene.refused() == "cosignatures-missing"
    assert scene.agents[0].agent._pause(2.0) <= 0.5, "it looks again soon"
    assert made[0].own is not None
    server(made[0]).witness = made[0].own
    house.clock.ahead(AFTER + timedelta(seconds=11))
    house.work()
    scene.step()
    house.work()
    record = house.record(scene.tender)
    assert [bid["opened"] for bid in record["bids"]] == [True, True]
    told = "".join(path.read_text("utf-8") for path in scene.agents[0].state.folder.glob("*journal*"))
    assert "Waiting for witnesses" in told and "Witnesses have cosigned the log" in told
    log = house.app.get("/log", headers={"Accept-Language": "en"}).text
    assert log.count("cosigned the first") == 2 and "has no witness" not in log
    award(house, scene)
    data = package(house, scene)
    given = house.platform.settings.log_policy
    assert given is not None
    report = check(data, policy=f"log {house.platform.keys.log.vkey}\n".encode() + given.read_bytes())
    assert not failures(report)
    said = next(finding.text("en") for finding in report.findings if finding.code == "verify-cosigned")
    assert "Of the 2 witnesses in your policy 2 have cosigned" in said
    told_by_the_command(data, given, tmp_path, capsys)


def test_an_old_checkpoint_is_no_way_around_the_witnesses(
    watched: tuple[OpeningHouse, list[Watcher]], tmp_path: Path
) -> None:
    house, made = watched
    scene = scene_of(house, tmp_path)
    server(made[0]).witness = None  # type: ignore[assignment]
    old = house.call("GET", "/log/checkpoint").body
    scene.close()
    scene.liar.lies["/log/checkpoint"] = lambda answer: old
    assert scene.refused() == "cosignatures-missing"


def award(house: OpeningHouse, scene: Scene) -> None:
    house.evaluate(scene.tender)
    house.award(scene.tender, scene.bids[0].bid)
    house.work()


def package(house: OpeningHouse, scene: Scene) -> bytes:
    """The evidence, which waits for the witnesses to cosign its own entry too."""
    house.clock.ahead(AFTER + timedelta(seconds=20))
    house.work()
    data = house.package(scene.tender)
    note = unzipped(data)[names.LOG_CHECKPOINT]
    assert len(notes.split_note(note)[1]) == 3
    return data


def told_by_the_command(
    data: bytes, policy: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "evidence.zip"
    file.write_bytes(data)
    assert sunseal.run(["verify", str(file), "--policy", str(policy), "--lang", "zh"]) == 0
    assert "您策略中的 2 个见证人里有 2 个副署了日志检查点" in capsys.readouterr().out
    strict = folder / "strict.policy"
    strict.write_text(policy.read_text("utf-8").replace("some 2", "some 3"), "utf-8")
    assert sunseal.run(["verify", str(file), "--policy", str(strict), "--lang", "zh"]) == 1
    assert "第 3 行的个数应为" in capsys.readouterr().err


def test_a_platform_that_shows_witnesses_another_log_is_found_out(
    watched: tuple[OpeningHouse, list[Watcher]], tmp_path: Path
) -> None:
    house, made = watched
    scene = scene_of(house, tmp_path)
    scene.close()
    log = house.platform.keys.log
    size = notes.read_checkpoint(house.call("GET", "/log/checkpoint").body).size
    # The witnesses were shown a log of their own from the beginning, and cosigned it in good faith.
    fork = format_checkpoint(Checkpoint(log.name, size, bytes(32)), log)
    cosigned = with_cosignatures(fork, [each.signer.cosign(fork, house.now()) for each in made])
    assert parse_policy(house.platform.settings.log_policy.read_bytes()).satisfied(["0", "1"])  # type: ignore[union-attr]

    def lie(answer: Any) -> Any:
        return {"checkpoints": [cosigned.decode()]}

    scene.liar.lies["/log/cosigned"] = lie
    assert scene.refused() == "log-rewritten"
    kept = list((scene.agents[0].state.folder / "split-views").iterdir())
    assert len(kept) == 1 and bare(fork, log.name).rstrip(b"\n") in kept[0].read_bytes()
    assert str(kept[0]) in scene.agents[0].agent.refusals[scene.id].reason
