"""Private acts enter the public log by one root a day, which no later change of them survives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from bids.entries import Entry
from signing import merkle
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_supervision import Supervisor
from trading.audit.days import ACT, ActDays, leaf
from trading.audit.models import ActDay, LogEntry, PrivateAct
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI
from trading.errors import NotFound


def days_of(house: OpeningHouse) -> list[ActDay]:
    with house.platform.database.reading() as session:
        return list(session.scalars(select(ActDay).order_by(ActDay.day)))


def holds(house: OpeningHouse, day: str) -> bool:
    with house.platform.database.reading() as session:
        return ActDays(AuditLog(house.platform), house.clock).check(session, day).holds


def day_ended(house: OpeningHouse) -> str:
    """Some acts, then the next day; the day of the acts."""
    day = house.now().astimezone(SHANGHAI).date().isoformat()
    who = house.enrol("agency")
    house.call("POST", "/projects", who, {"number": "1", "title": "Road"}, 201)
    house.call("POST", "/projects", who, {"number": "", "title": "Road"}, 400)
    house.work()
    assert days_of(house) == [], "the day has not ended"
    house.clock.ahead(timedelta(days=1, hours=1))
    house.work()
    return day


def test_a_day_of_acts_is_one_root_in_the_log(working_house: OpeningHouse) -> None:
    house = working_house
    day = day_ended(house)
    house.work()
    row = days_of(house)[0]
    assert row.day == day and holds(house, day)
    with house.platform.database.reading() as session:
        acts = [one for one in session.scalars(select(PrivateAct)) if one.at < row.at - timedelta(hours=20)]
        assert {one.act for one in acts} >= {"project.created", "refused.request-invalid"}
        logged = Entry.parse(session.scalars(select(LogEntry.raw).where(LogEntry.act == ACT)).one())
    leaves = [merkle.leaf_hash(leaf(one)) for one in sorted(acts, key=lambda one: one.id)]
    assert logged.digests == {"root": merkle.root([*leaves, merkle.leaf_hash(row.filler)]).hex()}
    assert logged.who is None


@pytest.mark.parametrize("forgery", ("dropped", "changed", "added", "moved"))
def test_a_list_that_was_tampered_with_does_not_hold(working_house: OpeningHouse, forgery: str) -> None:
    house = working_house
    day = day_ended(house)
    with house.platform.database.transaction() as session:
        one = session.scalars(select(PrivateAct).where(PrivateAct.act == "project.created")).one()
        here = PrivateAct.id == one.id
        if forgery == "dropped":
            session.execute(delete(PrivateAct).where(here))
        elif forgery == "changed":
            session.execute(update(PrivateAct).where(here).values(person_id="0" * 32))
        elif forgery == "moved":
            session.execute(update(PrivateAct).where(here).values(at=one.at - timedelta(days=1)))
        else:
            session.add(PrivateAct(id="0" * 32, at=one.at, act="sign-in", address="127.0.0.1", details="{}"))
    assert not holds(house, day)


def test_a_supervisor_sees_whether_a_day_holds(working_house: OpeningHouse) -> None:
    house = working_house
    day = day_ended(house)
    supervisor = Supervisor(house, "en")
    at = f"/supervision/acts?since={day}&until={day}"
    assert "none was dropped, added or changed" in supervisor.get(at)
    today = house.now().astimezone(SHANGHAI).date().isoformat()
    assert "cannot be checked" in supervisor.get(f"/supervision/acts?since={today}&until={today}")
    with house.platform.database.transaction() as session:
        session.execute(delete(PrivateAct).where(PrivateAct.act == "project.created"))
    assert "some were dropped" in supervisor.get(at)


def test_days_without_acts_look_like_others_and_days_ahead_have_no_root(working_house: OpeningHouse) -> None:
    house = working_house
    day_ended(house)
    house.clock.ahead(timedelta(days=3, hours=1))
    house.work()
    house.work()
    found = days_of(house)
    assert len(found) == 3 and len({row.root for row in found}) == 3
    assert all(holds(house, row.day) for row in found)
    with house.platform.database.reading() as session, pytest.raises(NotFound, match="acts-day-not-logged"):
        ActDays(AuditLog(house.platform), house.clock).check(session, "2020-01-01")
