"""Private acts enter the public log by one root a day, which no later change of them survives."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select, update

from bids.entries import Entry
from signing import merkle
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_supervision import Supervisor
from trading.audit.days import ACT, ActDays, Fault, day_due, first_leaf, leaf
from trading.audit.models import ActDay, LogEntry, PrivateAct
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI
from trading.errors import NotFound


def days_of(house: OpeningHouse) -> list[ActDay]:
    with house.platform.database.reading() as session:
        return list(session.scalars(select(ActDay).order_by(ActDay.day)))


def holds(house: OpeningHouse, day: str) -> bool:
    return fault(house, day) is None


def fault(house: OpeningHouse, day: str) -> Fault | None:
    with house.platform.database.reading() as session:
        return ActDays(AuditLog(house.platform), house.clock).check(session, day).fault


def entries(house: OpeningHouse) -> int:
    """How many days the log has roots of."""
    with house.platform.database.reading() as session:
        return len(session.scalars(select(LogEntry.position).where(LogEntry.act == ACT)).all())


def named(day: str) -> str:
    return hashlib.sha256(day.encode()).hexdigest()


def day_ended(house: OpeningHouse) -> str:
    """Some acts, then the next day; the day of the acts."""
    house.clock.noon()
    day = house.now().astimezone(SHANGHAI).date().isoformat()
    who = house.enrol("agency")
    house.call("POST", "/projects", who, {"number": "1", "title": "Road"}, 201)
    house.call("POST", "/projects", who, {"number": "", "title": "Road"}, 400)
    house.work()
    assert days_of(house) == [], "the day has not ended"
    house.clock.noon(1)
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
    first = merkle.leaf_hash(first_leaf(day, row.filler))
    assert logged.digests == {"root": merkle.root([first, *leaves]).hex(), "day": named(day)}
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
    check = at.replace("acts?", "acts/check?")
    page = supervisor.get(at)
    assert f"The root of all acts of {day} is in entry" in page and "none was dropped" not in page
    assert check.replace("&", "&amp;") in page
    page = supervisor.post(check)
    assert "none was dropped, added or changed" in page
    assert 'action="/supervision/acts"' in page and "acts/check?since" not in page
    today = house.now().astimezone(SHANGHAI).date().isoformat()
    assert "cannot be checked" in supervisor.get(f"/supervision/acts?since={today}&until={today}")
    supervisor.post(f"/supervision/acts/check?since={today}&until={today}", 404)
    supervisor.post("/supervision/acts/check?act=refused", 303)
    with house.platform.database.transaction() as session:
        session.execute(delete(PrivateAct).where(PrivateAct.act == "project.created"))
    assert "some were dropped" in supervisor.post(check)
    with house.platform.database.transaction() as session:
        session.execute(delete(ActDay))
    assert "are lost from the database" in supervisor.post(check)
    with house.platform.database.reading() as session:
        told = session.scalars(select(PrivateAct.details).where(PrivateAct.act == "acts.checked")).all()
    assert len(told) == 3 and any('"fault": "lost"' in each for each in told)


def test_no_other_day_stands_for_a_day(working_house: OpeningHouse) -> None:
    house = working_house
    day_ended(house)
    house.clock.noon(2)
    house.work()
    first, second = days_of(house)
    with house.platform.database.transaction() as session:
        here = update(ActDay).where(ActDay.day == second.day)
        session.execute(
            here.values(filler=first.filler, root=first.root, log_position=first.log_position, at=first.at)
        )
        moved = session.scalars(select(PrivateAct)).all()
        for one in moved:  # its acts as well
            one.at += timedelta(days=1)
    assert fault(house, second.day) is Fault.OTHER and fault(house, first.day) is Fault.OTHER


def test_a_day_is_never_logged_twice(working_house: OpeningHouse) -> None:
    """Rows that are lost take the filler with them; rows that were added change nothing."""
    house = working_house
    day = day_ended(house)
    with house.platform.database.transaction() as session:
        session.execute(delete(ActDay))
    house.work()
    assert entries(house) == 1 and fault(house, day) is Fault.LOST
    with house.platform.database.reading() as session:
        assert ActDays(AuditLog(house.platform), house.clock).prepare(session, day) is None
        other = session.scalars(select(PrivateAct.at).order_by(PrivateAct.at)).first()
    assert other is not None
    tomorrow = (other.astimezone(SHANGHAI) + timedelta(days=1)).date().isoformat()
    forged = {"day": tomorrow, "filler": bytes(32), "root": "0" * 64, "log_position": 0, "at": other}
    with house.platform.database.transaction() as session:
        session.execute(insert(ActDay).values(**forged))
    house.clock.noon(2)
    house.work()
    assert entries(house) == 2 and holds(house, tomorrow) and fault(house, day) is Fault.LOST


@pytest.mark.parametrize("early", (False, True))
def test_a_second_root_of_a_day_shows(working_house: OpeningHouse, early: bool) -> None:
    house = working_house
    day = day_ended(house)
    row = days_of(house)[0]
    ahead = (row.at.astimezone(SHANGHAI)).date().isoformat()  # not over
    another = ahead if early else day
    with house.platform.database.transaction() as session:
        digests = {"day": named(another), "root": row.root}
        AuditLog(house.platform).append(session, ACT, at=house.now(), digests=digests)
    assert fault(house, another) is (Fault.EARLY if early else Fault.TWICE)
    house.clock.noon(3)
    house.work()
    # Days go on: the next ones have their roots, once.
    with house.platform.database.reading() as session:
        assert day_due(session, house.now()) is None
    assert entries(house) == (3 if early else 4) and days_of(house)[-1].day > ahead
    assert fault(house, days_of(house)[-1].day) is None


def test_a_days_acts_are_read_before_the_writing_begins(working_house: OpeningHouse) -> None:
    house = working_house
    said: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "FROM private_acts" in statement and "ORDER BY private_acts.id" in statement:
            options = connection.get_execution_options()
            said.append("reading" if options.get("sunseal_read_only") else "writing")

    event.listen(house.platform.database.engine, "before_cursor_execute", note)
    day_ended(house)
    assert said and set(said) == {"reading"}


def test_days_without_acts_look_like_others_and_days_ahead_have_no_root(working_house: OpeningHouse) -> None:
    house = working_house
    day_ended(house)
    house.clock.noon(3)
    house.work()
    house.work()
    found = days_of(house)
    assert len(found) == 3 and len({row.root for row in found}) == 3
    assert all(holds(house, row.day) for row in found)
    with house.platform.database.reading() as session, pytest.raises(NotFound, match="acts-day-not-logged"):
        ActDays(AuditLog(house.platform), house.clock).check(session, "2020-01-01")
