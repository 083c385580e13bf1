"""The custodian's agent and an honest platform, over the real application."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bids.custody import Release
from bids.notice import Notice
from signing.encoding import b64decode
from signing.suite import SUNSEAL_1
from tests.functional.agent_scene import CAST, Agent, Cast, Scene
from tests.functional.house import Sealed
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.functional.wsgi_transport import LyingTransport
from trading.client.api import Api
from trading.client.attachments import open_attachments
from trading.client.transport import ConnectionFailed


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    folder = tmp_path_factory.mktemp("agents")
    made = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}")
    CAST[made] = Cast(made)
    yield made
    del CAST[made]
    made.close()


@pytest.fixture
def scene(house: OpeningHouse, tmp_path: Path) -> Scene:
    made = Scene(house, tmp_path)
    made.step()
    return made


# --- an honest platform


def test_the_whole_course(house: OpeningHouse, scene: Scene, tmp_path: Path) -> None:
    again = house.bid(scene.suppliers[0], scene.tender, replaces=scene.bids[0].bid)
    scene.close()
    assert scene.step() == 3
    release = Release.parse(released(scene.agents[0]))
    assert {bid for bid, _ in release.rows} == {again.bid, scene.bids[1].bid}, (
        "the replaced bid is not opened"
    )
    house.work()
    assert house.state(scene.tender) == "opened"
    check_attachment(house, scene, again, tmp_path / "attachments")
    assert scene.step() == 3, "all erase"
    for agent in scene.agents:
        assert agent.state.read(scene.id, "seed") is agent.state.read(scene.id, "release.json") is None
        assert agent.step() == 0
    assert house.acts(scene.tender).count("custody.erased") == 3


def released(agent: Agent) -> bytes:
    """The release statement's file, as last sent."""
    import json

    bodies = [body for method, path, body in agent.line.sent if method == "PUT" and path.endswith("/release")]
    return b64decode(json.loads(bodies[-1])["file"])


def check_attachment(house: OpeningHouse, scene: Scene, sealed: Sealed, folder: Path) -> None:
    """The agency opens what the bidder attached."""
    api = Api(LyingTransport(house.app.app), scene.agency.token, "en")
    folder.mkdir()
    key = SUNSEAL_1.sealing_key(scene.envelope)
    files = open_attachments(api, scene.tender.notice, sealed.manifest, key, folder, "bid")
    assert [(file.name, file.problem) for file in files] == [("方案.pdf", None)]
    assert (folder / "方案.pdf").read_bytes() == b"%PDF-1.7 plan"


def test_without_the_agencys_key_attachments_stay_shut(
    house: OpeningHouse, scene: Scene, tmp_path: Path
) -> None:
    scene.close()
    scene.step()
    house.work()
    api = Api(LyingTransport(house.app.app), scene.agency.token, "en")
    other = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed())
    with pytest.raises(Exception, match="share"):
        open_attachments(api, scene.tender.notice, scene.bids[0].manifest, other, tmp_path, "bid")
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_release_goes_out_again_as_the_same_bytes(scene: Scene) -> None:
    scene.close()
    first = scene.agents[0]
    first.line.breaks_after = lambda method, path: path.endswith("/release")
    assert first.step() == 0
    first.start()
    assert first.step() == 0
    assert first.refusal(scene.id) == "platform-unreachable"
    first.line.breaks_after = lambda method, path: False
    first.start()
    assert first.step() == 1
    bodies = {body for method, path, body in first.line.sent if method == "PUT" and path.endswith("/release")}
    assert len(bodies) == 1
    assert first.step() == 0


def test_a_restart_between_key_and_publication_keeps_the_key(house: OpeningHouse, tmp_path: Path) -> None:
    house.start_over()
    agency, who = CAST[house].agency, CAST[house].custodians[0]
    agent = Agent(house, who, tmp_path)
    agent.line.breaks_after = lambda method, path: path.endswith("/key")
    id_ = house.draft(agency, (who,), threshold=1, independent=False)["id"]
    assert agent.step() == 0
    seed = agent.state.read(id_, "seed")
    agent.line.breaks_after = lambda method, path: False
    agent.start()
    agent.step()
    raw, signature = house.notice(agency, id_)
    house.publish(agency, id_, raw, signature)
    assert agent.step() == 1
    public = Notice.parse(raw).policy.custodians[0].sealing_key
    assert seed is not None and SUNSEAL_1.sealing_key(seed).public == public


def test_one_tenders_broken_connection_starves_no_other(
    house: OpeningHouse, scene: Scene, tmp_path: Path
) -> None:
    first = scene.agents[0]
    ids = sorted(house.draft(scene.agency, tuple(CAST[house].custodians))["id"] for _ in range(3))
    first.line.breaks_before = lambda method, path: ids[0] in path
    assert first.step() == 2
    assert first.refusal(ids[0]) == "platform-unreachable"
    first.line.breaks_before = lambda method, path: path.startswith("/api/v1/custody/tenders")
    with pytest.raises(ConnectionFailed):
        first.step()
    first.line.breaks_before = lambda method, path: False
    assert first.step() == 0, "it rests for a while"
    first.fast = timedelta(seconds=11)
    assert first.step() == 1


def test_a_refusal_that_lasts_is_told_again_each_minute(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.close()
    scene.liar.lies["/trust"] = lambda _: {"roots": 1}
    for seconds in (0, 20, 40, 65, 85, 130):
        scene.agents[0].fast = timedelta(seconds=seconds)
        assert scene.refused() == "answer-malformed"
    assert caplog.text.count(f"tender {scene.id} is not served") == 3


def test_an_agent_that_was_away_until_the_closing(house: OpeningHouse, tmp_path: Path) -> None:
    scene = Scene(house, tmp_path)
    scene.close()
    assert scene.step() == 3
    house.work()
    assert house.state(scene.tender) == "opened"


def test_too_few_bidders_nothing_is_released_and_keys_are_erased(house: OpeningHouse, tmp_path: Path) -> None:
    scene = Scene(house, tmp_path, rules="cn-works", sandbox=True)
    scene.step()
    scene.close()
    assert house.state(scene.tender) == "failed"
    assert scene.step() == 3
    for agent in scene.agents:
        assert agent.line.count("PUT", "/release") == 0
        assert agent.state.read(scene.id, "seed") is None


@pytest.mark.parametrize("ending", ["cancelled", "failed"])
def test_who_was_away_from_publication_to_the_end_erases_too(
    house: OpeningHouse, tmp_path: Path, ending: str
) -> None:
    facts = {"rules": "cn-works", "sandbox": True} if ending == "failed" else {}
    scene = Scene(house, tmp_path, **facts)
    if ending == "cancelled":
        house.cancel(scene.tender)
    else:
        scene.close()
    assert house.state(scene.tender) == ending
    assert scene.step() == 3
    assert all(agent.state.read(scene.id, "seed") is None for agent in scene.agents)


def test_a_cancelled_tender_is_erased_unopened(house: OpeningHouse, scene: Scene) -> None:
    house.cancel(scene.tender)
    assert scene.step() == 3
    scene.close()
    assert all(agent.state.read(scene.id, "seed") is None for agent in scene.agents)
    assert all(agent.line.count("PUT", "/release") == 0 for agent in scene.agents)


def test_a_postponement_is_followed(house: OpeningHouse, scene: Scene) -> None:
    scene.tender = house.amend(scene.tender, deadline=scene.tender.notice.deadline + timedelta(hours=1))
    assert scene.step() == 3
    for supplier in scene.suppliers:
        bid = next(iter(house.own_bids(supplier, scene.tender)))
        house.bid(supplier, scene.tender, replaces=bid)
    house.clock.ahead(AFTER)
    house.work()
    assert scene.step() == 0, "the old deadline opens nothing"
    house.clock.ahead(AFTER + timedelta(hours=1))
    house.work()
    assert scene.step() == 3
