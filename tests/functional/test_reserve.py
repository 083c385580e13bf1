"""Ids kept ready and keys signed in advance: publishing waits for nobody, and nothing shows what is used."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bids.notice import Notice
from signing import canonical
from signing.encoding import format_time
from signing.suite import SUNSEAL_1
from tests.functional.agent_scene import CAST, Agent, Cast
from tests.functional.opening_house import DATABASES, OpeningHouse
from trading.audit.services import AuditLog

SIZE = 4


@pytest.fixture(scope="module", params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    folder = tmp_path_factory.mktemp("reserve")
    url = f"sqlite:///{folder / 'sunseal.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_module_url")
    made = OpeningHouse(folder, url, reserve_size=SIZE)
    CAST[made] = Cast(made)
    yield made
    del CAST[made]
    made.close()


DAYS = itertools.count(start=0, step=3)


@pytest.fixture
def agents(house: OpeningHouse, tmp_path: Path) -> list[Agent]:
    """Three agents with a full stock, on a day of their own."""
    pass_days(house)
    house.work()
    made = [Agent(house, who, tmp_path / who.id) for who in CAST[house].custodians]
    for agent in made:
        assert agent.step() == 0
    return made


def pass_days(house: OpeningHouse) -> None:
    """Until nothing is shown any more of what was."""
    house.clock.ahead(timedelta(days=next(DAYS)))


def shown(house: OpeningHouse, agent: Agent) -> dict[str, bool]:
    items = house.call("GET", "/custody/reserve", agent.who).json["items"]
    return {item["tender"]: item["key_wanted"] for item in items}


def later(agents: list[Agent], seconds: float = 61) -> None:
    """The agents' own minute passes."""
    for agent in agents:
        agent.fast += timedelta(seconds=seconds)
        agent.step()


def test_a_draft_has_its_keys_and_publishing_waits_for_nobody(
    house: OpeningHouse, agents: list[Agent]
) -> None:
    before = shown(house, agents[0])
    assert set(before.values()) == {False} and len(before) % SIZE == 0
    who = {"Authorization": f"Bearer {agents[0].who.token}", "Accept": "text/html", "Accept-Language": "en"}
    assert f"Your keys are in for all {len(before)} ids" in house.app.get("/desk", headers=who).text
    cast = CAST[house]
    draft = house.draft(cast.agency, cast.custodians)
    assert draft["id"] in before
    for agent in agents:
        agent.line.breaks_before = lambda method, path: True  # all of them are away
    raw, signature = house.notice(cast.agency, draft["id"])
    house.publish(cast.agency, draft["id"], raw, signature)
    for agent, named in zip(agents, Notice.parse(raw).policy.custodians, strict=True):
        agent.line.breaks_before = lambda method, path: False
        seed = agent.state.read(draft["id"], "seed")
        assert seed is not None and SUNSEAL_1.sealing_key(seed).public == named.sealing_key
        assert agent.step() == 1, "it accepts the notice"
    assert shown(house, agents[0]) == before, "nobody sees that an id was taken"
    later(agents)
    assert shown(house, agents[0]) == before


def test_the_stock_is_used_up_and_drafts_ask_one_by_one(house: OpeningHouse, agents: list[Agent]) -> None:
    cast = CAST[house]
    ids = [house.draft(cast.agency, cast.custodians)["id"] for _ in range(2 * SIZE + 1)]
    ready = [house.call("GET", f"/tenders/{id}/sealing-policy", cast.agency).json["ready"] for id in ids]
    assert ready[0] and not ready[-1]
    assert agents[0].step() == ready.count(False), "today's way"
    assert len(set(ids)) == len(ids)


def test_who_has_no_stock_is_asked(house: OpeningHouse, agents: list[Agent], tmp_path: Path) -> None:
    cast = CAST[house]
    late = Agent(house, house.enrol("custodian"), tmp_path / "late")
    draft = house.draft(cast.agency, (*cast.custodians[:2], late.who))["id"]
    policy = house.call("GET", f"/tenders/{draft}/sealing-policy", cast.agency).json
    assert [bool(each.get("sealing_key")) for each in policy["custodians"]] == [True, True, False]
    late.step()
    assert house.call("GET", f"/tenders/{draft}/sealing-policy", cast.agency).json["ready"]


def test_keys_of_ids_that_never_were_published_end(house: OpeningHouse, agents: list[Agent]) -> None:
    first, cast = agents[0], CAST[house]
    late = format_time(house.now() + timedelta(days=9))
    draft = house.draft(cast.agency, cast.custodians, deadline=late)["id"]
    dead = house.draft(cast.agency, cast.custodians)["id"]
    others = house.draft(cast.agency, cast.custodians[1:], deadline=late)["id"]
    raw, signature = house.notice(cast.agency, others)
    house.publish(cast.agency, others, raw, signature)
    unused = set(shown(house, first)) - {draft, dead, others}
    pass_days(house)
    house.work()
    later(agents)
    stocked = set(shown(house, first))

    def held() -> set[str]:
        return {tender for tender in first.state.tenders() if first.state.read(tender, "seed") is not None}

    assert held() - unused - {dead} == {draft} | stocked and dead in held(), "kept for a while"
    assert first.agent.refusals == {}
    told = {line.tender: line.kind for line in first.agent.journal.lines()}
    assert (
        told[others] == "unnamed"
        and told[dead] == "given-up"
        and {told[each] for each in unused} == {"given-up"}
    )
    later([first], timedelta(days=31).total_seconds())
    assert dead in held(), "the log that it was shown ends before that time"
    assert not house.call("GET", f"/tenders/{dead}/sealing-policy", cast.agency).json["ready"]
    house.publish(cast.agency, draft, *house.notice(cast.agency, draft))
    for _ in range(11):
        pass_days(house)  # 33
    house.enrol("agency")  # something stands in the log
    later([first])
    assert dead not in held() and not unused & held()


def test_a_platform_cannot_talk_a_key_away(house: OpeningHouse, agents: list[Agent]) -> None:
    first, cast = agents[0], CAST[house]
    id_ = house.draft(cast.agency, cast.custodians)["id"]
    house.publish(cast.agency, id_, *house.notice(cast.agency, id_))
    nothing = {"items": [], "next": None}
    first.line.lies = {"/custody/tenders": lambda _: nothing, "/custody/reserve": lambda _: nothing}
    later([first])
    assert first.state.read(id_, "seed") is not None
    assert first.state.read(id_, "notice.json") is not None, "the log has shown what was kept from it"


def test_a_notice_that_the_platform_made_up_ends_no_key(house: OpeningHouse, agents: list[Agent]) -> None:
    first, cast = agents[0], CAST[house]
    id_ = house.draft(cast.agency, cast.custodians)["id"]
    raw, signature = house.notice(cast.agency, id_)
    house.publish(cast.agency, id_, raw, signature)
    members = json.loads(raw)
    named = members["policy"]["custodians"]
    members["policy"]["custodians"] = [each for each in named if each["id"] != first.who.id]
    forged = canonical.dumps(members)
    with house.platform.database.transaction() as session:
        AuditLog(house.platform).append(
            session, "tender.amended", at=house.now(), tender=id_, actor=None, address=None,
            digests={"notice": canonical.digest(forged)}, statement=None,
        )  # fmt: skip
    nothing = {"items": [], "next": None}
    first.line.lies = {
        "/custody/tenders": lambda _: nothing, "/custody/reserve": lambda _: nothing,
        "notice.json": lambda _: forged,
    }  # fmt: skip
    later([first])
    assert first.refusal(id_) == "signature-invalid"
    assert first.state.read(id_, "seed") is not None


def test_what_is_refused(house: OpeningHouse, agents: list[Agent]) -> None:
    first, other, cast = agents[0], agents[1], CAST[house]
    free = next(iter(shown(house, first)))
    key = json.loads(first.state.read(free, "key.json") or b"")
    body = {"keys": [{"tender": free, **key}]}
    house.refused("PUT", "/custody/reserve", other.who, body, "custodian-no-certificate")
    forged = {"keys": [{"tender": "ab" * 16, **key}]}
    house.refused("PUT", "/custody/reserve", first.who, forged, "sealing-key-signature")
    id_ = house.draft(cast.agency, cast.custodians)["id"]
    house.publish(cast.agency, id_, *house.notice(cast.agency, id_))
    house.refused("DELETE", f"/custody/reserve/{id_}", first.who, None, "custodian-key-needed")
    house.call("DELETE", f"/custody/reserve/{id_}", house.enrol("custodian"), status=204)


@pytest.mark.one_database
def test_keys_under_a_revoked_certificate_are_wanted_again(
    house: OpeningHouse, agents: list[Agent], tmp_path: Path
) -> None:
    who = house.enrol("custodian")
    agent = Agent(house, who, tmp_path / who.id)
    agent.step()
    assert not any(shown(house, agent).values())
    house.call("POST", f"/certificates/{who.fingerprint}/revocation", who, {"reason": "keyCompromise"})
    assert all(shown(house, agent).values())
    later([agent])
    assert agent.refusal("-") == "custodian-no-certificate", "it says that it can sign no more"
