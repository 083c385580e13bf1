"""Custodians that are down, slow, lying or wrong about the time: k others open, and it shows who was not."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bids.custody import Release
from signing.encoding import b64decode, b64encode
from tests.functional.agent_scene import CAST, Agent, Cast, Scene
from tests.functional.house import Who
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.unit.reports.read_pdf import all_text, squeezed

GRACE = timedelta(seconds=11)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    folder = tmp_path_factory.mktemp("trouble")
    made = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}")
    CAST[made] = Cast(made)
    yield made
    del CAST[made]
    made.close()


@pytest.fixture
def scene(house: OpeningHouse, tmp_path: Path) -> Scene:
    """Published, with two bids; every agent has accepted the notice."""
    made = Scene(house, tmp_path)
    made.step()
    return made


def standing(house: OpeningHouse, scene: Scene, n: int = 2) -> dict[str, Any]:
    """How the n-th custodian stands, for everybody to see."""
    return dict(house.opening(scene.tender)["custodians"][n])


def page(house: OpeningHouse, scene: Scene) -> str:
    return house.app.get(f"/tenders/{scene.id}/opening?lang=en").text


def in_time(house: OpeningHouse, scene: Scene) -> None:
    """Two honest agents release, and after the grace everything is open."""
    scene.agents[0].step()
    scene.agents[1].step()
    house.work()
    house.clock.ahead(AFTER + GRACE)
    house.work()
    assert house.state(scene.tender) == "opened"
    assert [bid["opened"] for bid in house.record(scene.tender)["bids"]] == [True, True]


def as_held(scene: Scene, n: int = 2) -> Who:
    """The n-th custodian with the sealing key that its agent made: what it could do with it."""
    agent = scene.agents[n]
    return dataclasses.replace(agent.who, sealing_seed=agent.state.read(scene.id, "seed"))


def test_one_is_down(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    assert house.opening(scene.tender)["threshold"] == 2
    assert {standing(house, scene, n)["state"] for n in range(3)} == {"awaited"}
    in_time(house, scene)
    assert standing(house, scene, 0) | {"id": "", "name": ""} == {
        "id": "", "name": "", "role": "notary", "state": "released", "refused": None, "kept_back": 0,
    }  # fmt: skip
    assert standing(house, scene)["state"] == "missing"
    assert "No release in time" in page(house, scene)


def printed(house: OpeningHouse, scene: Scene, words: str) -> bool:
    """Whether the opening record's document names the third custodian, and says so of it."""
    house.work()
    pdf = house.app.get(f"/api/v1/tenders/{scene.id}/opening-record.pdf")
    assert pdf.content_type == "application/pdf"
    text = all_text(pdf.body)
    return squeezed(scene.agents[2].who.name) in text and squeezed(words) in text


def named(house: OpeningHouse, scene: Scene) -> set[str]:
    """The findings of the verifiers that name the third custodian, none of which fails the package."""
    house.evaluate(scene.tender)
    house.award(scene.tender, scene.bids[0].bid)
    _, report = house.verified(scene.tender)
    assert not [one for one in report.findings if one.ok is False]
    name = scene.agents[2].who.name
    return {one.code for one in report.findings if one.ok is None and name in one.text("en")}


def test_it_is_said_in_the_record_and_by_verifiers(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    in_time(house, scene)
    assert printed(house, scene, "No release in time")
    assert named(house, scene) == {"verify-releases-absent"}


def test_one_is_slow(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    in_time(house, scene)
    slow = scene.agents[2]
    slow.line.lies["/custody/tenders"] = lambda answer: {
        **answer, "items": [{**each, "erase": False} for each in answer["items"]],
    }  # fmt: skip
    assert slow.step() == 1, "it releases all the same"
    assert standing(house, scene)["state"] == "late"
    assert "not counted" in page(house, scene)
    slow.line.lies.clear()
    assert slow.step() == 1 and slow.state.read(scene.id, "erased") is not None


def test_one_hands_in_wrong_shares(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    statement, files = house.released(scene.tender, as_held(scene))
    rows = [dict(row) for row in statement["shares"]]
    for row in rows:
        if "share" in row:
            row["share"] = b64encode(bytes(32) + b64decode(row["share"])[-1:])
    body = house.release_body(scene.agents[2].who, scene.tender, {**statement, "shares": rows}, files)
    address = f"/custody/tenders/{scene.id}/release"
    house.refused("PUT", address, scene.agents[2].who, body, "release-share")
    assert house.acts(scene.tender).count("custody.refused") == 1, "once, however often it tries"
    in_time(house, scene)
    assert standing(house, scene) | {"id": "", "name": ""} == {
        "id": "", "name": "", "role": "notary", "state": "missing", "refused": "release-share",
        "kept_back": None,
    }  # fmt: skip
    assert "shares that bidders had not committed to" in page(house, scene)
    assert printed(house, scene, "No release in time; it handed in shares that bidders had not committed to")
    assert named(house, scene) == {"verify-releases-absent", "verify-releases-refused"}


def test_one_hands_in_shares_early(house: OpeningHouse, scene: Scene) -> None:
    liar = as_held(scene)
    statement = {
        "type": "sunseal/release/v1", "at": "2026-01-01T00:00:00Z", "tender": scene.id, "segment": "bid",
        "custodian": liar.id, "closing": "00" * 32,
        "shares": [{"bid": scene.bids[0].bid, "part": "public", "share": b64encode(bytes(32) + b"\x03")}],
    }  # fmt: skip
    body = {"file": b64encode(house.state_as(liar, statement)), "files_shares": []}
    house.refused("PUT", f"/custody/tenders/{scene.id}/release", liar, body, "tender-not-closed")
    scene.close()
    in_time(house, scene)
    assert standing(house, scene)["refused"] == "tender-not-closed"
    assert "before the closing" in page(house, scene)


def test_one_hands_in_garbage_and_is_right_the_second_time(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    body = {"file": b64encode(b"garbage"), "files_shares": []}
    address = f"/custody/tenders/{scene.id}/release"
    house.call("PUT", address, scene.agents[2].who, body, "4*")  # type: ignore[arg-type]
    house.call("PUT", address, house.enrol("custodian"), body, "4*")  # type: ignore[arg-type]
    assert scene.step() == 3
    house.work()
    assert house.state(scene.tender) == "opened", "all three: no grace is waited for"
    mine = standing(house, scene)
    assert (mine["state"], mine["kept_back"]) == ("released", 0) and mine["refused"] is not None
    assert house.acts(scene.tender).count("custody.refused") == 1, "a stranger's is not this tender's"


def test_one_refuses_what_it_could_open(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    other = dataclasses.replace(scene.agents[2].who, sealing_seed=bytes(32))
    statement, files = house.released(scene.tender, as_held(scene))
    rows = [
        {"bid": row["bid"], "part": row["part"], "refusal": "does-not-open"}  # type: ignore[index, call-overload]
        for row in statement["shares"]
    ]
    assert files
    house.hand_in(other, scene.tender, {**statement, "shares": rows}, {})
    scene.agents[0].step()
    scene.agents[1].step()
    house.work()
    assert [bid["opened"] for bid in house.record(scene.tender)["bids"]] == [True, True]
    assert standing(house, scene)["kept_back"] == 4
    assert "4 shares do not open" in page(house, scene)
    assert printed(house, scene, "it says that 4 shares do not open")
    assert named(house, scene) == {"verify-releases-kept-back"}


@pytest.mark.parametrize("hours", [-2, 2])
def test_ones_clock_is_wrong(house: OpeningHouse, scene: Scene, hours: int) -> None:
    wrong = scene.agents[2]
    wrong.fast = timedelta(hours=hours)
    assert wrong.step() == 0 and wrong.line.count("PUT", "/release") == 0, "nothing is released before"
    scene.close()
    wrong.step()
    in_time(house, scene)
    if hours < 0:
        assert wrong.refusal(scene.id) == "opening-early"
        assert any("opening-early" in line.en for line in wrong.agent.journal.lines(scene.id))
        assert standing(house, scene)["state"] == "missing"
    else:
        # The closing was there; that its release is dated ahead harms nobody.
        assert standing(house, scene)["state"] == "released"


def test_fewer_than_k_wait_visibly_and_the_kth_opens(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    scene.agents[1].step()
    house.clock.ahead(AFTER + timedelta(days=2))
    house.work()
    assert house.state(scene.tender) == "closed"
    assert [standing(house, scene, n)["state"] for n in range(3)] == ["awaited", "released", "awaited"]
    names = [scene.agents[n].who.name for n in (0, 2)]
    assert f"1 more wanted; awaited: {', '.join(names)}" in page(house, scene)
    scene.agents[2].start()
    assert scene.agents[2].step() == 1
    assert house.state(scene.tender) == "opening", "frozen at once, with the k-th release itself"
    house.work()
    assert house.state(scene.tender) == "opened"
    assert released_at(scene.agents[2]).tender == scene.id


def released_at(agent: Agent) -> Release:
    """What it handed in."""
    bodies = [body for method, path, body in agent.line.sent if method == "PUT" and path.endswith("/release")]
    return Release.parse(b64decode(json.loads(bodies[-1])["file"]))


def test_a_release_made_by_hand_stands(house: OpeningHouse, scene: Scene) -> None:
    """A person released in the agent's place; the agent comes back, takes it over and erases."""
    scene.close()
    house.hand_in(scene.agents[2].who, scene.tender, *house.released(scene.tender, as_held(scene)))
    back = scene.agents[2]
    assert back.step() == 1
    assert [line.kind for line in back.agent.journal.lines(scene.id)][-2:] == ["adopted", "released"]
    in_time(house, scene)
    assert back.step() == 1 and back.state.read(scene.id, "seed") is None


def test_anothers_release_is_not_taken_for_ones_own(house: OpeningHouse, scene: Scene) -> None:
    scene.close()
    back, other = scene.agents[2], scene.agents[1]
    other.step()
    theirs = house.call("GET", f"/custody/tenders/{scene.id}/release", other.who).json
    house.hand_in(back.who, scene.tender, *house.released(scene.tender, as_held(scene)))
    back.line.lies["/release"] = lambda answer: theirs
    back.step()
    assert back.refusal(scene.id) == "release-signer"
    kept = json.loads(back.state.read(scene.id, "release.json") or b"")
    assert Release.parse(b64decode(kept["file"])).custodian == back.who.id


def test_a_store_from_an_older_backup_erases_what_has_ended_since(
    house: OpeningHouse, scene: Scene, tmp_path: Path
) -> None:
    lost = scene.agents[1]
    shutil.copytree(lost.state.folder, tmp_path / "recovered")
    scene.close()
    in_time(house, scene)
    assert lost.step() == 1 and lost.state.read(scene.id, "erased") is not None
    again = Agent(house, lost.who, tmp_path / "recovered")
    assert again.state.read(scene.id, "seed") is not None
    again.step()
    assert again.state.read(scene.id, "seed") is None and again.agent.refusals == {}
    assert [line.kind for line in again.agent.journal.lines(scene.id)][-2:] == ["adopted", "erased"]
