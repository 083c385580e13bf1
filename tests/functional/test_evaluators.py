"""Evaluators: appointed in confidence, shown the bids after the opening and never before, heard alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from signing.encoding import new_id
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_sign_in import Reader
from trading.accounts.models import Organisation, Person
from trading.audit.models import PrivateAct
from trading.evaluation.comparison import median
from trading.evaluation.models import Opinion
from trading.sign_in.people import People

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian") for _ in range(3))


@dataclass
class Expert:
    """A person with the evaluator's role, and a token, as the clock's leaps end sessions."""

    house: OpeningHouse
    person: str
    token: str
    lang: str = "en"

    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}", "Accept": "text/html", "Accept-Language": self.lang
        }  # fmt: skip

    def get(self, path: str, status: int = 200) -> str:
        return str(self.house.app.get(path, headers=self.headers(), status=status).text)

    def post(self, path: str, fields: dict[str, str], status: int = 303) -> str:
        return str(self.house.app.post(path, fields, headers=self.headers(), status=status).text)

    def says(self, tender: Tendering, bid: Sealed, verdict: str, reason: str = "", status: int = 303) -> str:
        fields = {"bid": bid.bid, "verdict": verdict, "reason": reason}
        return self.post(f"/tenders/{tender.id}/evaluation/opinions", fields, status)


def expert(house: OpeningHouse, name: str, organisation: str = "") -> Expert:
    platform = house.platform
    with platform.database.transaction() as session:
        place = session.get(Organisation, organisation) if organisation else None
        if place is None:
            facts = {"scheme": "X-EXP", "identifier": new_id(), "name": "评标专家库", "roles": "evaluator"}
            place = Organisation(id=new_id(), enrolled_at=house.now(), **facts)
            session.add(place)
            session.flush()
        person = People(platform).invite(session, place, name, ["evaluator"], False)[0]
        where, who = place.id, person.id
    body = {"person": name, "role": "evaluator", "days": 30}
    token = house.call("POST", f"/organisations/{where}/tokens", house.operator, body).json["token"]
    return Expert(house, who, token)


def agency_of(tender: Tendering, house: OpeningHouse) -> Expert:
    return Expert(house, "", tender.agency.token)


def appoint(house: OpeningHouse, tender: Tendering, *experts: Expert) -> None:
    for each in experts:
        agency_of(tender, house).post(f"/tenders/{tender.id}/evaluators", {"person": each.person})


@pytest.fixture
def tender(house: OpeningHouse, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(house.enrol("agency"), custodians)


def opened(house: OpeningHouse, tender: Tendering, *factors: str) -> list[Sealed]:
    """Bids whose unit prices are these multiples of 10 and 20; open."""
    bids = []
    for factor in factors:
        prices = {"1": str(Decimal(10) * Decimal(factor)), "2": str(Decimal(20) * Decimal(factor))}
        bids.append(house.bid(house.enrol("supplier", name=f"投标人 {factor}"), tender, prices=prices))
    house.open(tender)
    return bids


def test_nobody_sees_bids_before_the_opening(house: OpeningHouse, tender: Tendering) -> None:
    chen = expert(house, "陈专家")
    place = f"/tenders/{tender.id}/evaluation"
    chen.get(place, 403)
    appoint(house, tender, chen)
    assert "nobody sees any of them" in chen.get(place, 409)
    assert "nobody sees any of them" in agency_of(tender, house).get(place, 409)
    before = chen.get("/desk")
    assert tender.id in before and "To be evaluated when it is open" in before
    bid = house.bid(house.enrol("supplier"), tender)
    assert re.sub(r"\d{13}", "", chen.get("/desk")) == re.sub(r"\d{13}", "", before)
    chen.says(tender, bid, "yes", status=409)
    house.past_deadline()
    house.work()
    chen.get(place, 409)  # closed, but nothing is open
    for custodian in tender.custodians:
        house.release(tender, custodian)
    house.work()
    assert "Bids side by side" in chen.get(place)
    assert "Open: evaluate it" in chen.get("/desk")


def test_bids_stand_side_by_side(house: OpeningHouse, tender: Tendering) -> None:
    opened(house, tender, "1", "1.1", "1.2", "1.9", "0.5")
    page = agency_of(tender, house).get(f"/tenders/{tender.id}/evaluation")
    heads = re.findall(r'class="bidder">(\d)\. 投标人 ([\d.]+)<', page)
    assert heads == [("1", "0.5"), ("2", "1"), ("3", "1.1"), ("4", "1.2"), ("5", "1.9")]
    # The median is 11 and 22: 19 is 72.7 % above, 5 is 54.5 % below, 12 is within.
    assert page.count('<div class="due">high +72.7%</div>') == 2
    assert page.count('<div class="due">low −54.5%</div>') == 2
    assert page.count('class="due">high') + page.count('class="due">low') == 4
    assert '<td class="num">11.0</td>' in page
    # 120.5 m3 at 5.0 and 3000 m2 at 10.0, and the estimate is a million.
    assert "30,602.50" in page and "602.50" in page and "−96.9%" in page
    chinese = Expert(house, "", tender.agency.token, "zh").get(f"/tenders/{tender.id}/evaluation")
    assert "偏高 +72.7%" in chinese and "投标逐项对比" in chinese


def test_two_bids_have_no_median(house: OpeningHouse, tender: Tendering) -> None:
    opened(house, tender, "1", "9")
    page = agency_of(tender, house).get(f"/tenders/{tender.id}/evaluation")
    assert 'class="due">high' not in page and 'class="due">low' not in page


def test_opinions_are_given_alone_and_read_by_the_agency(house: OpeningHouse, tender: Tendering) -> None:
    chen, lin, idle = (expert(house, name) for name in ("陈专家", "林专家", "未指定"))
    appoint(house, tender, chen, lin)
    cheap, dear = opened(house, tender, "1", "2")
    place = f"/tenders/{tender.id}/evaluation"
    idle.get(place, 403)
    idle.says(tender, cheap, "yes", status=403)
    agency_of(tender, house).says(tender, cheap, "yes", status=403)
    assert "Give the reason" in chen.says(tender, dear, "no", status=422)
    assert "Choose your opinion" in chen.says(tender, dear, "", status=422)
    chen.says(tender, dear, "no", "工期未响应招标文件")
    chen.says(tender, cheap, "no", "改前")
    chen.says(tender, cheap, "yes", "改后")
    lin.says(tender, cheap, "yes")
    assert "工期未响应招标文件" in chen.get(place)
    assert "工期未响应招标文件" not in lin.get(place) and "陈专家" not in lin.get(place)
    page = agency_of(tender, house).get(place)
    assert "工期未响应招标文件" in page and "改后" in page and "改前" not in page
    assert "陈专家" in page and "林专家" in page
    house.evaluate(tender)
    assert "has signed the evaluation" in chen.says(tender, cheap, "no", "太晚", status=409)
    with house.platform.database.reading() as session:
        said = session.scalars(select(Opinion.reason).where(Opinion.tender_id == tender.id)).all()
        acts = session.scalars(select(PrivateAct.act).where(PrivateAct.tender_id == tender.id)).all()
    assert sorted(said) == ["", "工期未响应招标文件", "改后"] and acts.count("opinion.given") == 4


def test_opinions_are_for_bids_that_opened(house: OpeningHouse, tender: Tendering) -> None:
    chen = expert(house, "陈专家")
    appoint(house, tender, chen)
    opened(house, tender, "1")
    fields = {"bid": "0" * 32, "verdict": "yes", "reason": ""}
    chen.post(f"/tenders/{tender.id}/evaluation/opinions", fields, 404)


def test_names_are_confidential(house: OpeningHouse, tender: Tendering) -> None:
    chen, other = expert(house, "保密的专家"), house.enrol("agency")
    appoint(house, tender, chen)
    place = f"/tenders/{tender.id}/evaluators"
    assert "保密的专家" in agency_of(tender, house).get(place)
    Expert(house, "", other.token).get(place, 403)
    chen.get(place, 403)
    Reader(house).get(place, status=303)
    public = Reader(house)
    opened(house, tender, "1")
    for page in (f"/tenders/{tender.id}", f"/tenders/{tender.id}/opening", f"/log?tender={tender.id}"):
        assert "保密的专家" not in public.get(page).text and chen.person not in public.get(page).text


def test_who_is_dismissed_sees_nothing_more(house: OpeningHouse, tender: Tendering) -> None:
    chen = expert(house, "陈专家")
    appoint(house, tender, chen)
    (bid,) = opened(house, tender, "1")
    chen.says(tender, bid, "yes", "取消前的意见")
    place = f"/tenders/{tender.id}"
    agency_of(tender, house).post(place + "/evaluators/dismiss", {"person": chen.person})
    chen.get(place + "/evaluation", 403)
    assert "取消前的意见" not in agency_of(tender, house).get(place + "/evaluation")
    assert tender.id not in chen.get("/desk")
    house.evaluate(tender)
    agency_of(tender, house).post(place + "/evaluators", {"person": chen.person}, 409)


def test_a_bidder_s_person_stands_back(house: OpeningHouse, tender: Tendering) -> None:
    """Which nobody can know at the appointment, as who bids is secret."""
    supplier = house.enrol("supplier", "evaluator")
    partial = expert(house, "投标单位的人", supplier.id)
    appoint(house, tender, partial)
    house.bid(supplier, tender)
    page = agency_of(tender, house).get(f"/tenders/{tender.id}/evaluators")
    assert "must stand back" not in page
    house.open(tender)
    assert "must stand back" in agency_of(tender, house).get(f"/tenders/{tender.id}/evaluators")
    partial.get(f"/tenders/{tender.id}/evaluation", 403)


def test_appointment_has_its_time_and_its_people(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    agency = house.enrol("agency", "evaluator")
    draft = house.draft(agency, custodians)["id"]
    boss = Expert(house, "", agency.token)
    assert "Evaluators are appointed afterwards" in boss.get(f"/tenders/{draft}/evaluators", 409)
    tender = house.tender(agency, custodians)
    place = f"/tenders/{tender.id}/evaluators"
    with house.platform.database.reading() as session:
        own = session.scalar(select(Person).where(Person.organisation_id == agency.id))
    assert own is not None
    boss.post(place, {"person": own.id}, 422)  # no evaluator
    expert(house, own.name, agency.id)  # the same person, now also an evaluator
    assert "cannot appoint yourself" in boss.post(place, {"person": own.id}, 422)
    boss.post(place, {"person": "0" * 32}, 422)
    assert "Choose an evaluator" in boss.post(place, {"person": ""}, 422)


def test_the_clock_was_never_asked_of_the_machine(house: OpeningHouse, tender: Tendering) -> None:
    with house.later(timedelta(minutes=7)):
        chen = expert(house, "陈专家")
        appoint(house, tender, chen)
        when = house.now()
    with house.platform.database.reading() as session:
        found = select(PrivateAct).where(PrivateAct.tender_id == tender.id)
        row = session.scalars(found.where(PrivateAct.act == "evaluator.appointed")).one()
    assert abs(row.at - when) < timedelta(minutes=1)


@pytest.mark.parametrize(("values", "middle"), [("3 1 2", "2"), ("4 1 2 3", "2.5"), ("7", "7")])
def test_the_median(values: str, middle: str) -> None:
    assert median([Decimal(value) for value in values.split()]) == Decimal(middle)
