"""Outbox, claims and broker: lost, doubled and late messages, workers that die and wake up late."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import dramatiq
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.unit.trading.conftest import OffsetClock
from trading import queue as queue_module
from trading.config import Settings
from trading.platform import Platform, load_features
from trading.queue import (
    BULK_QUEUE,
    OUTSIDE_QUEUE,
    QUEUE,
    SLOW_QUEUE,
    Claim,
    ClaimLost,
    EmbeddedBroker,
    Outbox,
    Queue,
    Scanner,
    claim,
    make_broker,
    relay,
)


@pytest.fixture
def done(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A job "note" that keeps its subjects, and a worker for it."""
    subjects: list[str] = []

    def note(platform: Platform, subject: str) -> None:
        subjects.append(subject)
        if subject == "bad":
            raise RuntimeError("always")
        if subject == "lost":
            raise ClaimLost(subject)

    monkeypatch.setattr(queue_module, "_JOBS", {"note": note})
    monkeypatch.setattr(queue_module, "_DUE", [])
    platform.queue.connect(platform)
    worker = dramatiq.Worker(platform.queue.broker, worker_threads=2, worker_timeout=50)
    worker.start()
    yield subjects
    worker.stop()


def settle(platform: Platform) -> None:
    cast(EmbeddedBroker, platform.queue.broker).join(QUEUE, fail_fast=False, timeout=20_000)


def waiting(platform: Platform) -> int:
    with platform.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Outbox)) or 0


def test_a_job_asked_for_is_sent_after_the_commit(platform: Platform, done: list[str]) -> None:
    with platform.database.transaction() as session:
        platform.queue.later(session, "note", "a")
        assert not platform.queue.wake.is_set()
    assert platform.queue.wake.is_set(), "the scanner is woken"
    assert relay(platform) == 1 and relay(platform) == 0
    settle(platform)
    assert done == ["a"] and waiting(platform) == 0


def test_a_job_of_a_failed_transaction_is_never_sent(platform: Platform, done: list[str]) -> None:
    with pytest.raises(RuntimeError), platform.database.transaction() as session:
        platform.queue.later(session, "note", "a")
        raise RuntimeError("crash")
    assert relay(platform) == 0 and not platform.queue.wake.is_set()


def test_a_broker_that_refuses_loses_nothing(
    platform: Platform, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with platform.database.transaction() as session:
        platform.queue.later(session, "note", "a")

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("broker away")

    with monkeypatch.context() as away:
        away.setattr(Queue, "send", refuse)
        with pytest.raises(ConnectionError):
            relay(platform)
    assert waiting(platform) == 1
    assert relay(platform) == 1


def test_an_unknown_job_waits_for_those_who_know_it(platform: Platform, done: list[str]) -> None:
    with platform.database.transaction() as session:
        platform.queue.later(session, "tomorrows-job", "x")
        platform.queue.later(session, "note", "a")
    assert relay(platform) == 1
    settle(platform)
    assert done == ["a"] and waiting(platform) == 1


def test_what_fails_for_good_is_not_kept(platform: Platform, done: list[str]) -> None:
    broker = cast(EmbeddedBroker, platform.queue.broker)
    platform.queue.send("note", "bad")
    settle(platform)
    assert done.count("bad") == 4, "one try and three more"
    assert broker.dead_letters == []


def test_a_lost_claim_is_no_failure(platform: Platform, done: list[str]) -> None:
    platform.queue.send("note", "lost")
    settle(platform)
    assert done == ["lost"], "not tried again"


def test_the_scanner_finds_due_work_again(
    platform: Platform, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(platform: Platform, session: Session, now: datetime) -> list[str]:
        raise RuntimeError("a finder's fault")

    def found(platform: Platform, session: Session, now: datetime) -> list[str]:
        return ["tender"]

    monkeypatch.setattr(queue_module, "_DUE", [("note", broken), ("note", found)])
    scanner = Scanner(platform)
    assert scanner.scan() == 1, "one feature's fault keeps no other from its work"
    assert scanner.scan() == 0, "not twice in a row"
    assert Scanner(platform).scan() == 1, "another node knows nothing of it"
    settle(platform)
    assert done == ["tender", "tender"]


def test_the_scanner_runs_until_stopped_and_wakes_at_once(platform: Platform, done: list[str]) -> None:
    scanner = Scanner(platform)
    thread = threading.Thread(target=scanner.run)
    thread.start()
    with platform.database.transaction() as session:
        platform.queue.later(session, "note", "a")
    deadline = time.monotonic() + 10
    while done != ["a"] and time.monotonic() < deadline:
        time.sleep(0.01)
    scanner.stop()
    thread.join(10)
    assert done == ["a"] and not thread.is_alive()


# --- claims


def test_a_claim_is_held_by_one(platform: Platform) -> None:
    with claim(platform, "open", "t") as first:
        assert first is not None
        with claim(platform, "open", "t") as second:
            assert second is None
        with claim(platform, "open", "other") as third:
            assert third is not None
    with claim(platform, "open", "t") as again:
        assert again is not None and again.token == first.token + 1


def test_a_dead_workers_claim_runs_out(platform: Platform) -> None:
    clock = cast(OffsetClock, platform.clock)
    dead = claim(platform, "open", "t")
    dead.__enter__()
    with claim(platform, "open", "t") as early:
        assert early is None
    clock.ahead(seconds=platform.settings.claim_seconds + 1)
    with claim(platform, "open", "t") as late:
        assert late is not None


def test_a_zombie_writes_nothing(platform: Platform) -> None:
    clock = cast(OffsetClock, platform.clock)
    with claim(platform, "open", "t") as zombie:
        assert zombie is not None
        clock.ahead(seconds=platform.settings.claim_seconds + 1)
        with claim(platform, "open", "t") as successor:
            assert successor is not None
            with pytest.raises(ClaimLost), platform.database.transaction() as session:
                zombie.check(platform, session)
            with platform.database.transaction() as session:
                successor.check(platform, session)
    with platform.database.reading() as session:
        assert session.get_one(Claim, ("open", "t")).token == successor.token


def test_a_check_lengthens_the_claim(platform: Platform) -> None:
    clock = cast(OffsetClock, platform.clock)
    seconds = platform.settings.claim_seconds
    with claim(platform, "open", "t") as hold:
        assert hold is not None
        clock.ahead(seconds=seconds * 0.9)
        with platform.database.transaction() as session:
            hold.check(platform, session)
        clock.ahead(seconds=seconds * 1.5)
        with claim(platform, "open", "t") as other:
            assert other is None


def test_many_claim_and_one_gets_it(platform: Platform) -> None:
    barrier, got = threading.Barrier(6), []

    def take() -> None:
        barrier.wait()
        held = claim(platform, "open", "t")
        if held.__enter__() is not None:
            got.append(held)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


@pytest.mark.parametrize(
    ("url", "name"),
    [("memory://", "EmbeddedBroker"), ("redis://h:1/0", "RedisBroker"), ("amqp://h:1", "RabbitmqBroker")],
)
def test_the_broker_is_the_settings(url: str, name: str) -> None:
    assert type(make_broker(Settings(broker_url=url))).__name__ == name


def test_rendering_has_a_queue_of_its_own(platform: Platform) -> None:
    """So that no closing or opening ever waits behind it."""
    load_features()
    platform.queue.connect(platform)
    queues = {name: actor.queue_name for name, actor in platform.queue.actors.items()}
    slow = {name for name, queue in queues.items() if queue == SLOW_QUEUE}
    assert slow == {
        "render_opening_record", "render_award_report", "render_award_notice", "build_evidence",
        "render_stage_records", "stamp-receipts", "write-log-tiles",
    }
    assert {name for name, queue in queues.items() if queue == BULK_QUEUE} == {
        "issue_result_notices", "stamp_document",
    }
    assert {name for name, queue in queues.items() if queue == OUTSIDE_QUEUE} == {
        "cosign-log", "fetch-outside-lists",
    }
    assert {queues[name] for name in ("close_tender", "freeze_releases", "open_bids")} == {QUEUE}
