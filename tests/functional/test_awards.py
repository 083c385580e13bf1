"""Evaluation and award over HTTP: signed by the agency, ranked by the pack, refused where they don't fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bids.awards import Award
from signing.encoding import b64encode, format_time
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import OpeningHouse, failures

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    return home.start_over()


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian") for _ in range(3))


def opened(
    house: OpeningHouse, custodians: tuple[Who, ...], bids: int = 2, **facts: Any
) -> tuple[Tendering, list[Sealed]]:
    """A tender that is opened, with so many equal bids, in order of receipt."""
    tender = house.tender(house.enrol("agency"), custodians, **facts)
    sealed = [house.bid(house.enrol("supplier"), tender) for _ in range(bids)]
    house.open(tender)
    return tender, sealed


def early(house: OpeningHouse) -> str:
    """Ten minutes ago: before what was opened just now."""
    return format_time(house.now() - timedelta(minutes=10))


def test_the_earlier_of_equal_bids_wins_under_the_generic_pack(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender, (first, second, third) = opened(house, custodians, 3)
    house.call("GET", f"/tenders/{tender.id}/evaluation", status=404)
    answer = house.evaluate(tender, {first.bid: "资质不符"})
    assert house.call("GET", f"/tenders/{tender.id}/evaluation").json == answer
    assert [(row["rank"], row["bid"], row["responsive"]) for row in answer["ranking"]] == [
        (1, second.bid, True), (2, third.bid, True), (3, first.bid, False),
    ]
    assert answer["ranking"][2]["reason"] == "资质不符"
    assert all(row["total"] == "13141.63" for row in answer["ranking"])
    assert answer["ranking"][0]["supplier_name"].startswith("supplier")
    raw = house.award(tender, second.bid)
    award = Award.parse(raw)
    assert award.winner == second.bid and [row.bid for row in award.ranking][2] == first.bid
    served = house.call("GET", f"/tenders/{tender.id}/award").json["award"]
    assert served == b64encode(raw)
    assert house.state(tender) == "awarded"
    house.work()
    pdf = house.call("GET", f"/tenders/{tender.id}/award-report.pdf").body
    assert pdf.startswith(b"%PDF-")


def test_statements_of_another_time_would_spoil_the_evidence(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender, (bid,) = opened(house, custodians, 1)
    path = f"/tenders/{tender.id}"

    def refused(address: str, made: Callable[..., dict[str, str]], *facts: str) -> None:
        for far in (timedelta(days=40), -timedelta(days=8)):
            body = made(tender, *facts, at=format_time(house.now() + far))
            house.refused("POST", f"{path}/{address}", tender.agency, body, "signing-time")

    refused("evaluation", lambda tender, **more: house.evaluation(tender, None, **more))
    house.evaluate(tender)
    refused("award", house.decision, bid.bid)
    house.award(tender, bid.bid)
    assert failures(house.verified(tender)[1]) == []


def test_the_same_statements_again_change_nothing(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    tender, (bid,) = opened(house, custodians, 1)
    evaluation = house.evaluation(tender)
    address = f"/tenders/{tender.id}"
    first = house.call("POST", f"{address}/evaluation", tender.agency, evaluation, 200).json
    assert house.call("POST", f"{address}/evaluation", tender.agency, evaluation, 200).json == first
    another = house.evaluation(tender, {bid.bid: "x"})
    house.refused("POST", f"{address}/evaluation", tender.agency, another, "state-refuses")
    decision = house.decision(tender, bid.bid)
    award = house.call("POST", f"{address}/award", tender.agency, decision, 201).json
    assert house.call("POST", f"{address}/award", tender.agency, decision, 201).json == award
    house.clock.ahead(timedelta(hours=1, minutes=1))
    house.refused("POST", f"{address}/award", tender.agency, house.decision(tender, bid.bid), "state-refuses")
    acts = house.acts(tender)
    assert acts.count("tender.evaluated") == acts.count("tender.awarded") == 1


def test_evaluations_that_do_not_fit_are_refused(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    other, _ = opened(house, custodians, 1)
    house.start_over()
    tender, (first, _) = opened(house, custodians)
    address = f"/tenders/{tender.id}/evaluation"

    def refuse(body: dict[str, str], code: str, who: Who = tender.agency) -> None:
        house.refused("POST", address, who, body, code)

    refuse(house.evaluation(tender, tender="0" * 32), "evaluation-disagrees")
    refuse(house.evaluation(tender, opening="0" * 64), "evaluation-disagrees")
    refuse(house.evaluation(tender, at=early(house)), "signed-before-opening")
    refuse(house.evaluation(tender, {"0" * 32: "不存在"}), "evaluation-rejection")
    twice = [{"bid": first.bid, "reason": "a"}, {"bid": first.bid, "reason": "b"}]
    refuse(house.evaluation(tender, rejections=twice), "evaluation-rejection")
    refuse(house.evaluation(other), "certificate-not-yours")
    refuse({"file": b64encode(b"[]")}, "signature-invalid")
    house.call("POST", address, other.agency, house.evaluation(other), 403)
    house.call("POST", address, custodians[0], house.evaluation(tender), 403)
    house.call("POST", address, None, house.evaluation(tender), 401)
    assert house.state(tender) == "opened"


def test_a_tie_is_parted_by_the_agency_under_cn_works(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender, bids = opened(house, custodians, 3, rules="cn-works", sandbox=True)
    address = f"/tenders/{tender.id}/evaluation"
    problem = house.refused("POST", address, tender.agency, house.evaluation(tender), "evaluation-tied")
    assert all(bid.bid in problem["detail"] for bid in bids)
    order = [bids[2].bid, bids[0].bid, bids[1].bid]
    assert house.evaluate(tender, order=order)["winner"] == bids[2].bid
    house.award(tender, bids[2].bid)
    _, report = house.verified(tender)
    assert report.ok, failures(report)


def test_a_bid_above_the_ceiling_has_to_be_rejected(
    house: OpeningHouse, custodians: tuple[Who, ...]
) -> None:
    tender, bids = opened(house, custodians, 3, rules="cn-works", sandbox=True, ceiling="13141.62")
    address = f"/tenders/{tender.id}/evaluation"
    problem = house.refused(
        "POST", address, tender.agency, house.evaluation(tender), "evaluation-above-ceiling"
    )
    assert problem["rule"] == "ceiling" and "27" in problem["article"]
    assert house.evaluate(tender, {bid.bid: "超过最高限价" for bid in bids})["winner"] is None
    assert house.state(tender) == "failed"


def test_awards_that_do_not_fit_are_refused(house: OpeningHouse, custodians: tuple[Who, ...]) -> None:
    tender, (first, second) = opened(house, custodians)
    address = f"/tenders/{tender.id}/award"
    house.refused("POST", address, tender.agency, house.decision(tender, first.bid), "state-refuses")
    house.call("GET", address, status=404)
    house.evaluate(tender)
    problem = house.refused(
        "POST", address, tender.agency, house.decision(tender, second.bid), "award-not-first"
    )
    assert problem["rule"] == "award-to-first"
    for change in ({"tender": "0" * 32}, {"opening": "0" * 64}):
        body = house.decision(tender, first.bid, **change)
        house.refused("POST", address, tender.agency, body, "award-disagrees")
    body = house.decision(tender, first.bid, at=early(house))
    house.refused("POST", address, tender.agency, body, "signed-before-opening")
    house.call("POST", address, house.enrol("agency"), house.decision(tender, first.bid), 403)
    problem = house.call("GET", f"/tenders/{tender.id}/award-report.pdf", status=404).json
    assert problem["code"] == "award-report-not-ready"
    house.award(tender, first.bid)
