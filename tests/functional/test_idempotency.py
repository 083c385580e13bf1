"""Idempotency keys: a request sent twice acts once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from webtest import TestResponse

from signing.encoding import new_id
from tests.functional.house import House, Who
from tests.functional.opening_house import OpeningHouse
from trading.accounts.models import Token
from trading.tenders.models import Project
from trading.web.models import StoredAnswer


def project(house: House, who: Who, key: str, number: str, status: Any = None) -> TestResponse:
    body = {"number": number, "title": "城北道路"}
    return house.call("POST", "/projects", who, body, status, {"Idempotency-Key": key})


def count(house: House, number: str) -> int:
    with house.platform.database.reading() as session:
        found = select(func.count()).select_from(Project).where(Project.number == number)
        return session.execute(found).scalar_one()


def test_the_same_request_again_gets_the_first_answer(house: House) -> None:
    who, key, number = house.enrol("agency"), new_id(), new_id()
    first = project(house, who, key, number, 201)
    again = project(house, who, key, number, 201)
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    assert count(house, number) == 1


def test_a_key_is_not_for_another_request(house: House) -> None:
    who, key = house.enrol("agency"), new_id()
    project(house, who, key, new_id(), 201)
    number = new_id()
    assert project(house, who, key, number, 422).json["code"] == "idempotency-key-reused"
    assert count(house, number) == 0


def test_keys_belong_to_a_person(house: House) -> None:
    key = new_id()
    first, second = house.enrol("agency"), house.enrol("agency")
    number = new_id()
    one = project(house, first, key, number, 201).json
    other = project(house, second, key, number, 201).json
    assert one["id"] != other["id"]


def test_a_refused_request_may_be_tried_again_under_its_key(house: House) -> None:
    who, key, number = house.enrol("agency"), new_id(), new_id()
    project(house, who, new_id(), number, 201)
    assert project(house, who, key, number, 409).status_int == 409
    assert project(house, who, key, new_id(), 201).status_int == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "\u00e9", "a\tb"])
def test_malformed_keys_are_refused(house: House, key: str) -> None:
    who = house.enrol("agency")
    assert project(house, who, key, new_id(), 400).json["code"] == "idempotency-key-malformed"


def test_secrets_are_not_kept(house: House) -> None:
    agency = house.enrol("agency")
    body = {"person": "x", "role": "agency", "days": 1}
    key = {"Idempotency-Key": new_id()}
    path = f"/organisations/{agency.id}/tokens"
    secret = house.call("POST", path, house.operator, body, 201, key).json["token"]
    with house.platform.database.reading() as session:
        for kept in session.scalars(select(StoredAnswer)):
            assert secret.encode() not in kept.body
        assert session.scalar(select(func.count()).select_from(Token)) > 0  # type: ignore[operator]


def test_keys_are_forgotten_after_a_week(working_house: OpeningHouse) -> None:
    house = working_house
    who, key = house.enrol("agency"), new_id()
    project(house, who, key, new_id(), 201)
    house.clock.ahead(timedelta(days=7))
    house.work()
    with house.platform.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(StoredAnswer)) == 1
    house.clock.ahead(timedelta(days=8, minutes=1))
    house.work()
    with house.platform.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(StoredAnswer)) == 0


def test_two_at_once_act_once(house: House) -> None:
    who, key, number = house.enrol("agency"), new_id(), new_id()
    answers: list[int] = []
    barrier = threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        answers.append(project(house, who, key, number, "*").status_int)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {201, 409} and 201 in answers
    assert count(house, number) == 1
    assert project(house, who, key, number, 201).headers["Idempotent-Replayed"] == "true"
