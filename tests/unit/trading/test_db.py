"""Column types, transactions and what they leave behind, on both databases."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import cast

import pytest
import transaction
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, insert, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, InternalError, SQLAlchemyError

from trading.audit.models import LogHead
from trading.db import Money, UtcTime
from trading.platform import Platform
from trading.queue import Outbox, insert_if_missing

DIALECT = sqlite.dialect()


def names(platform: Platform) -> list[str]:
    with platform.database.reading() as session:
        return list(session.scalars(select(Outbox.subject).order_by(Outbox.id)))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**15), max_value=10**15))
def test_money_loses_no_digit(amount: Decimal) -> None:
    stored = Money().process_bind_param(amount, DIALECT)
    assert stored is not None and "E" not in stored
    assert Money().process_result_value(stored, DIALECT) == amount


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_times_keep_their_milliseconds(at: datetime) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert UtcTime().process_result_value(UtcTime().process_bind_param(at, DIALECT), DIALECT) == at


def test_times_are_cut_not_rounded_and_zones_converted() -> None:
    late = datetime(2026, 6, 1, 9, 0, 0, 999_999, UTC)
    stored = UtcTime().process_bind_param(late, DIALECT)
    assert UtcTime().process_result_value(stored, DIALECT) == late.replace(microsecond=999_000)
    beijing = late.astimezone(timezone(timedelta(hours=8)))
    assert UtcTime().process_bind_param(beijing, DIALECT) == stored
    with pytest.raises(ValueError, match="zone"):
        UtcTime().process_bind_param(datetime(2026, 6, 1), DIALECT)  # noqa: DTZ001


def test_the_clock_is_utc_and_near_ours(platform: Platform) -> None:
    with platform.database.reading() as session:
        now = platform.clock.now(session)
        assert now.utcoffset() == timedelta(0) and now.microsecond % 1000 == 0
        assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_clock_is_not_the_transactions_start(platform: Platform) -> None:
    with platform.database.transaction() as session:
        first = platform.clock.now(session)
        time.sleep(0.02)
        assert platform.clock.now(session) > first


def test_an_exception_rolls_back(platform: Platform) -> None:
    with pytest.raises(RuntimeError), platform.database.transaction() as session:
        session.add(Outbox(job="x", subject="never"))
        session.flush()
        raise RuntimeError("crash")
    assert names(platform) == []


def test_readers_keep_nothing(platform: Platform) -> None:
    # PostgreSQL refuses it, SQLite forgets it.
    with suppress(InternalError), platform.database.reading() as session:
        session.execute(insert(Outbox).values(job="x", subject="lost"))
    assert names(platform) == []


def test_readers_see_one_moment(platform: Platform) -> None:
    with platform.database.reading() as session:
        assert session.scalars(select(Outbox.subject)).all() == []
        with platform.database.transaction() as other:
            other.add(Outbox(job="x", subject="later"))
        assert session.scalars(select(Outbox.subject)).all() == []
    assert names(platform) == ["later"]


@pytest.mark.parametrize("how", ["orm", "core", "text"])
def test_requests_commit_whatever_they_wrote(platform: Platform, how: str) -> None:
    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    session = platform.database.request_session(manager, read_only=False)
    if how == "orm":
        session.add(Outbox(job="x", subject=how))
    elif how == "core":
        session.execute(insert(cast(Table, Outbox.__table__)).values(job="x", subject=how))
    else:
        session.execute(text(f"INSERT INTO outbox (job, subject) VALUES ('x', '{how}')"))
    manager.commit()
    assert names(platform) == [how]


def test_requests_that_only_read_refuse_to_write(platform: Platform) -> None:
    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    session = platform.database.request_session(manager, read_only=True)
    session.add(Outbox(job="x", subject="never"))
    with pytest.raises((AssertionError, SQLAlchemyError)):
        manager.commit()
    manager.abort()
    assert names(platform) == []


def test_writers_take_turns_and_lose_nothing(platform: Platform) -> None:
    with platform.database.transaction() as session:
        session.add(LogHead(id=1, size=0))

    def count() -> None:
        for _ in range(10):
            with platform.database.transaction() as session:
                head = session.get_one(LogHead, 1, with_for_update=True)
                head.size += 1

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with platform.database.reading() as session:
        assert session.get_one(LogHead, 1).size == 60


def test_insert_if_missing_inserts_once(platform: Platform) -> None:
    for expected in (True, False):
        with platform.database.transaction() as session:
            assert insert_if_missing(session, LogHead, id=7, size=1) is expected


def test_errors_do_not_quote_values(platform: Platform) -> None:
    with pytest.raises(IntegrityError) as caught, platform.database.transaction() as session:
        session.execute(insert(Outbox).values(job="sst_secret-value", subject=None))
    assert "sst_secret-value" not in str(caught.value).split("DETAIL")[0]


def test_a_forked_child_opens_its_own_connections(platform: Platform) -> None:
    with platform.database.transaction() as session:
        session.add(Outbox(job="x", subject="parent"))
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with platform.database.transaction() as session:
                session.add(Outbox(job="x", subject="child"))
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert names(platform) == ["parent", "child"]
