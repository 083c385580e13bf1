"""Attachments handed to evaluators: to those appointed, after the opening, sealed to the key each has now."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from signing import canonical
from signing.encoding import b64encode, new_id
from signing.hpke import seal
from signing.suite import SUNSEAL_1
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_evaluators import Expert, agency_of, appoint, expert, opened
from trading.audit.models import PrivateAct
from trading.evaluation.handover import SEALED

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian") for _ in range(3))


@pytest.fixture
def tender(house: OpeningHouse, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(house.enrol("agency"), custodians)


def make_key(house: OpeningHouse, person: Expert) -> tuple[bytes, str]:
    """A new key of the evaluator: its public half and that one's digest."""
    public = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed()).public
    answer = house.call("PUT", "/evaluator-key", person.token, {"key": b64encode(public)})
    assert answer.json["sha256"] == canonical.digest(public)
    return public, canonical.digest(public)


def handed(key: tuple[bytes, str], *bids: Sealed) -> dict[str, Any]:
    """A hand-over as the agency's page makes it, but for what is sealed."""
    rows = [{"bid": bid.bid, "sealed": b64encode(seal(key[0], b"", bytes(32)))} for bid in bids]
    return {"key": key[1], "bids": rows}


def test_what_is_handed_over_is_read_by_its_evaluator(house: OpeningHouse, tender: Tendering) -> None:
    chen, lin = expert(house, "陈专家"), expert(house, "林专家")
    appoint(house, tender, chen, lin)
    key, place = make_key(house, chen), f"/tenders/{tender.id}"
    one, two = opened(house, tender, "1", "2")
    told = house.call("GET", f"{place}/handover", tender.agency).json["evaluators"]
    assert {each["name"]: each["key"] for each in told} == {"陈专家": b64encode(key[0]), "林专家": None}
    body = handed(key, one)
    house.call("PUT", f"{place}/handover/{chen.person}", tender.agency, body)
    house.call("PUT", f"{place}/handover/{chen.person}", tender.agency, body)

    answer = house.call("GET", f"{place}/handed", chen.token).json
    row = {"bid": one.bid, "key": key[1], "sealed": body["bids"][0]["sealed"]}
    assert answer == {"key": key[1], "bids": [row]}
    ciphertext = house.call("GET", f"{place}/handed/{one.bid}/1", chen.token).body
    assert canonical.digest(ciphertext) == one.manifest.part("bid", "files").objects[1].sha256
    house.refused("GET", f"{place}/handed/{two.bid}/1", chen.token, None, "not-handed-over")
    assert house.call("GET", f"{place}/handed", lin.token).json == {"key": None, "bids": []}
    house.refused("GET", f"{place}/handed/{one.bid}/1", lin.token, None, "not-handed-over")
    for who in (tender.agency.token, expert(house, "未指定").token, house.operator, None):
        status = 401 if who is None else 403
        house.call("GET", f"{place}/handed", who, status=status)
        house.call("GET", f"{place}/handed/{one.bid}/1", who, status=status)
    for who in (chen.token, house.enrol("agency").token, house.operator):
        house.call("GET", f"{place}/handover", who, status=403)
        house.call("PUT", f"{place}/handover/{chen.person}", who, body, status=403)
    house.call("GET", f"{place}/files/{one.bid}", chen.token, status=403)

    agency_of(tender, house).post(f"{place}/evaluators/dismiss", {"person": chen.person})
    house.call("GET", f"{place}/handed", chen.token, status=403)
    house.call("GET", f"{place}/handed/{one.bid}/1", chen.token, status=403)
    with house.platform.database.reading() as session:
        acts = session.scalars(select(PrivateAct.act).where(PrivateAct.tender_id == tender.id)).all()
        details = session.scalars(
            select(PrivateAct.details).where(
                PrivateAct.tender_id == tender.id, PrivateAct.act == "files.handed-over"
            )
        ).all()
        keys = session.scalars(select(PrivateAct.details).where(PrivateAct.act == "evaluator-key.set")).all()
    assert acts.count("files.handed-over") == 2 and any(key[1] in each for each in keys)
    assert all('"bids": 1' in each and one.bid not in each for each in details)
    assert "files.handed-over" not in house.acts(tender)


def test_before_the_opening_there_is_nothing(house: OpeningHouse, tender: Tendering) -> None:
    chen, place = expert(house, "陈专家"), f"/tenders/{tender.id}"
    appoint(house, tender, chen)
    key, bid = make_key(house, chen), house.bid(house.enrol("supplier"), tender)
    house.refused("GET", f"{place}/handover", tender.agency, None, "evaluation-early")
    house.refused("GET", f"{place}/handed", chen.token, None, "evaluation-early")
    house.refused("GET", f"{place}/handed/{bid.bid}/0", chen.token, None, "not-handed-over")
    address = f"{place}/handover/{chen.person}"
    house.refused("PUT", address, tender.agency, handed(key, bid), "handover-time")
    draft = house.draft(tender.agency, tender.custodians)["id"]
    house.call("GET", f"/tenders/{draft}/handover", tender.agency, status=404)


def test_what_is_not_handed_over(house: OpeningHouse, tender: Tendering) -> None:
    supplier = house.enrol("supplier", "evaluator", name="投标人兼专家单位")
    chen, partial = expert(house, "陈专家"), expert(house, "投标单位的人", supplier.id)
    appoint(house, tender, chen, partial)
    key, old = make_key(house, partial), make_key(house, chen)
    new = make_key(house, chen)
    house.bid(supplier, tender)
    (bid,) = opened(house, tender, "1")
    address, agency = f"/tenders/{tender.id}/handover", tender.agency
    names = [each["name"] for each in house.call("GET", address, agency).json["evaluators"]]
    assert names == ["陈专家"]
    house.refused("PUT", f"{address}/{partial.person}", agency, handed(key, bid), "evaluator-unknown")
    house.refused("PUT", f"{address}/{new_id()}", agency, handed(new, bid), "evaluator-unknown")
    own = f"{address}/{chen.person}"
    house.refused("PUT", own, agency, handed(old, bid), "evaluator-key-other")
    short = {"key": new[1], "bids": [{"bid": bid.bid, "sealed": b64encode(bytes(SEALED - 1))}]}
    house.refused("PUT", own, agency, short, "handed-key-size")
    unknown = {"key": new[1], "bids": [{"bid": new_id(), "sealed": b64encode(bytes(SEALED))}]}
    house.refused("PUT", own, agency, unknown, "opinion-bid")
    house.call("PUT", own, agency, handed(new, bid))
    assert house.call("GET", address, agency).json["evaluators"][0]["bids"] == [bid.bid]
    make_key(house, chen)  # to which nothing is handed over
    assert house.call("GET", address, agency).json["evaluators"][0]["bids"] == []
    house.evaluate(tender)
    house.refused("PUT", own, agency, handed(new, bid), "handover-time")
    house.call("GET", f"/tenders/{tender.id}/handed/{bid.bid}/0", chen.token)


def test_an_evaluators_key_is_one(house: OpeningHouse) -> None:
    chen = expert(house, "陈专家")
    for bad in (b"", bytes(1215), bytes(1216), b"\xff" * 1216):
        body = {"key": b64encode(bad)}
        house.refused("PUT", "/evaluator-key", chen.token, body, "evaluator-key-unusable")
    for role in ("agency", "supplier", "custodian"):
        house.call("PUT", "/evaluator-key", house.enrol(role), {"key": ""}, status=403)
    assert 'data-own-key=""' in chen.get("/evaluator/key")
    _, digest = make_key(house, chen)
    assert f'data-own-key="{digest}"' in chen.get("/evaluator/key")
