"""Jobs on Dramatiq: broker by URL, transactional outbox and relay, scanner, claims.

The database is the truth; a message is only a wake-up. A job is a function of the platform
and ids; it reads the state anew, so that a message lost, doubled or late changes nothing.
`@job` declares one; `@due` declares how rows that wait for it are found, which the scanner
does on every node. Jobs started by a request go through an outbox row of its transaction.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import dramatiq
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.common import dq_name, xq_name
from dramatiq.middleware import AgeLimit, Retries, ShutdownNotifications
from sqlalchemy import String, Table, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from trading.config import Settings
from trading.db import Base, Counter, UtcTime

if TYPE_CHECKING:
    from trading.platform import Platform

log = structlog.get_logger("sunseal.queue")

Job = Callable[["Platform", str], None]
Due = Callable[[Session, datetime], Iterable[str]]
DueHere = Callable[["Platform", Session, datetime], Iterable[str]]

_JOBS: dict[str, Job] = {}
_QUEUES: dict[str, str] = {}
_DUE: list[tuple[str, DueHere]] = []

QUEUE = "sunseal"
# Rendering and packing: with threads of their own, so that no closing or opening ever waits behind them.
SLOW_QUEUE = "sunseal.slow"
# Asking other people's servers: likewise, so that nothing waits for one that does not answer.
OUTSIDE_QUEUE = "sunseal.outside"
# What comes by the hundred, as notices to bidders do: likewise, so that no other tender's report waits.
BULK_QUEUE = "sunseal.bulk"
QUEUES = (QUEUE, SLOW_QUEUE, OUTSIDE_QUEUE, BULK_QUEUE)

# A job found due is not sent again within this share of a claim's time; the claim guards it when it is.
_RESEND_SHARE = 0.2


class Outbox(Base):
    """A job asked for by a transaction, until it is handed to the broker."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Counter, primary_key=True)
    job: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))


class Claim(Base):
    """Who works on what: the token rises with each claim, so an old holder is told apart (fencing)."""

    __tablename__ = "claims"

    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    token: Mapped[int]
    owner: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime] = mapped_column(UtcTime)


class ClaimLost(Exception):
    """Another worker has taken over; this one stops without writing."""


def job(
    name: str, *, slow: bool = False, outside: bool = False, bulk: bool = False
) -> Callable[[Job], Job]:
    """Declare a job under a stable name; its argument is one id. What takes seconds is `slow`, what waits
    for another's server `outside`, what comes by the hundred `bulk`."""
    place = SLOW_QUEUE if slow else OUTSIDE_QUEUE if outside else BULK_QUEUE if bulk else QUEUE

    def declare(function: Job) -> Job:
        _QUEUES[name] = place
        if name in _JOBS and _JOBS[name].__module__ != function.__module__:
            raise ValueError(f"two jobs are called {name}")
        _JOBS[name] = function
        return function

    return declare


def due(name: str) -> Callable[[Due], Due]:
    """Declare how the scanner finds the ids that wait for the job `name`."""

    def declare(function: Due) -> Due:
        _DUE.append((name, lambda platform, session, now: function(session, now)))
        return function

    return declare


def due_here(name: str) -> Callable[[DueHere], DueHere]:
    """As `due`, for work that depends on the platform's settings too."""

    def declare(function: DueHere) -> DueHere:
        _DUE.append((name, function))
        return function

    return declare


class EmbeddedBroker(StubBroker):
    """Dramatiq's in-memory broker, for one process; it must not keep dead letters for ever."""

    def __init__(self, middleware: list[dramatiq.Middleware]) -> None:
        super().__init__(middleware)
        self.dead_letters_by_queue = defaultdict(_Forgotten)


class _Forgotten(list[Any]):
    """What failed for good; a consumer appends to it for as long as it lives."""

    def append(self, item: Any) -> None:
        """Nothing is kept: work that failed is still due, and the scanner finds it."""


def make_broker(settings: Settings) -> dramatiq.Broker:
    """The broker that `broker_url` names: memory, redis or amqp."""
    middleware: list[dramatiq.Middleware] = [
        AgeLimit(), ShutdownNotifications(),
        # What fails stays due and is found again by the scanner; a few quick tries bridge small faults.
        Retries(max_retries=3, min_backoff=200, max_backoff=5_000),
    ]
    url = settings.broker_url
    if url.startswith("memory:"):
        return EmbeddedBroker(middleware)
    if url.startswith("redis"):
        from dramatiq.brokers.redis import RedisBroker

        return cast(dramatiq.Broker, RedisBroker(url=url, middleware=middleware))  # type: ignore[no-untyped-call]
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    return RabbitmqBroker(url=url, middleware=middleware)


@dataclass
class Queue:
    """The broker and the wake-up of this node's scanner."""

    broker: dramatiq.Broker
    wake: threading.Event = field(default_factory=threading.Event)
    actors: dict[str, dramatiq.Actor[Any, Any]] = field(default_factory=dict)

    def connect(self, platform: Platform) -> None:
        """Declare every job as an actor of this broker."""
        for name, function in _JOBS.items():
            if name in self.actors:
                continue
            declare = dramatiq.actor(actor_name=name, broker=self.broker, queue_name=_QUEUES.get(name, QUEUE))
            self.actors[name] = declare(_bind(name, function, platform))

    def send(self, name: str, subject: str) -> None:
        """Hand one wake-up to the broker."""
        self.actors[name].send(subject)

    def later(self, session: Session, name: str, subject: str) -> None:
        """Ask for a job in this transaction: it is sent after the commit, or never."""
        session.add(Outbox(job=name, subject=subject))
        event.listen(session, "after_commit", self._wake_up, once=True)

    def soon(self, session: Session) -> None:
        """Have the scanner look for due work right after this transaction: where a message for each thing
        would tell how many there are."""
        event.listen(session, "after_commit", self._wake_up, once=True)

    def _wake_up(self, _: Session) -> None:
        self.wake.set()


def _bind(name: str, function: Job, platform: Platform) -> Callable[[str], None]:
    def run(subject: str) -> None:
        try:
            function(platform, subject)
        except ClaimLost:
            log.info("claim lost", job=name, subject=subject)

    run.__name__ = function.__name__
    run.__module__ = function.__module__
    return run


def relay(platform: Platform) -> int:
    """Send what the outbox holds; a crash between sending and deleting only sends twice."""
    with platform.database.transaction() as session:
        rows = session.scalars(
            select(Outbox).order_by(Outbox.id).limit(200).with_for_update(skip_locked=True)
        ).all()
        sent = 0
        for row in rows:
            if row.job not in platform.queue.actors:
                # A newer node's job, seen while an older one still runs: left to those who know it.
                log.error("unknown job in the outbox", job=row.job)
                continue
            platform.queue.send(row.job, row.subject)
            session.delete(row)
            sent += 1
        return sent


def jobs() -> list[str]:
    """The names of all jobs."""
    return sorted(_JOBS)


def waiting(platform: Platform, session: Session, name: str, at: datetime) -> list[str]:
    """The ids that a job waits for which were due at that time already."""
    return [subject for job, find in _DUE if job == name for subject in find(platform, session, at)]


def depths(broker: dramatiq.Broker) -> dict[str, tuple[int, int, int]]:
    """By queue: messages that wait, that wait for another try, and that failed for good.

    Raises what the broker's library raises when it cannot be reached.
    """
    found: dict[str, tuple[int, int, int]] = {}
    for name in QUEUES:
        if isinstance(broker, StubBroker):
            held = [broker.queues.get(key) for key in (name, dq_name(name))]
            found[name] = (*(queue.qsize() if queue else 0 for queue in held), 0)  # type: ignore[assignment]
            continue
        asked = cast(Any, broker)
        if hasattr(broker, "get_queue_message_counts"):
            found[name] = asked.get_queue_message_counts(name)
        else:
            # As its Lua script names them; its own count leaves out what failed.
            places = [f"{asked.namespace}:{key}" for key in (name, dq_name(name))]
            dead = asked.client.zcard(f"{asked.namespace}:{xq_name(name)}")
            found[name] = (asked.client.llen(places[0]), asked.client.llen(places[1]), dead)
    return found


class Scanner:
    """Finds due work in the database on this node, and relays the outbox."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._sent: dict[tuple[str, str], float] = {}
        self._stop = threading.Event()

    def scan(self) -> int:
        """One round; how many wake-ups were sent."""
        count = 0
        with self._platform.database.reading() as session:
            now = self._platform.clock.now(session)
            waiting = session.execute(select(Outbox.id).limit(1)).first() is not None
        if waiting:
            count += relay(self._platform)
        found = [(name, subject) for name, find in _DUE for subject in self._find(name, find, now)]
        moment = time.monotonic()
        rest = self._platform.settings.claim_seconds * _RESEND_SHARE
        self._sent = {key: at for key, at in self._sent.items() if moment - at < rest}
        for key in found:
            if key not in self._sent:
                self._sent[key] = moment
                self._platform.queue.send(*key)
                count += 1
        return count

    def _find(self, name: str, find: DueHere, now: datetime) -> list[str]:
        # One feature's fault must not keep another's tender from opening.
        try:
            with self._platform.database.reading() as session:
                return list(find(self._platform, session, now))
        except Exception:
            log.exception("finding due work failed", job=name)
            return []

    def run(self) -> None:
        """Scan until stopped; a fault is logged and the next round tries again."""
        while not self._stop.is_set():
            try:
                self.scan()
            except Exception:
                log.exception("scan failed")
            self._platform.queue.wake.wait(self._platform.settings.scan_seconds)
            self._platform.queue.wake.clear()

    def stop(self) -> None:
        """End the loop at its next turn."""
        self._stop.set()
        self._platform.queue.wake.set()


def step(name: str, subject: str, **values: object) -> None:
    """Say in the log which step of a long job has been reached; no secret belongs here."""
    log.info("step", step=name, subject=subject, **values)


@dataclass(frozen=True)
class Hold:
    """A claim held; `check` in each writing transaction makes it safe against a later holder."""

    kind: str
    subject: str
    token: int
    seconds: float

    def check(self, platform: Platform, session: Session) -> None:
        """Lock the claim's row, see that it is still ours and lengthen it.

        Raises:
            ClaimLost: another worker holds it.
        """
        row = session.get(Claim, (self.kind, self.subject), with_for_update=True, populate_existing=True)
        if row is None or row.token != self.token:
            raise ClaimLost(f"{self.kind} {self.subject}")
        row.expires_at = platform.clock.now(session) + timedelta(seconds=self.seconds)


@contextmanager
def claim(platform: Platform, kind: str, subject: str) -> Iterator[Hold | None]:
    """Claim work for the setting's `claim_seconds` (lengthened by each `check`); None if somebody holds it.

    Left in good order, the claim is freed at once; after a crash it runs out by itself.
    """
    hold = _take(platform, kind, subject, platform.settings.claim_seconds)
    yield hold
    if hold is not None:
        with platform.database.transaction() as session:
            row = session.get(Claim, (kind, subject), with_for_update=True)
            if row is not None and row.token == hold.token:
                row.expires_at = platform.clock.now(session) - timedelta(seconds=1)


def _take(platform: Platform, kind: str, subject: str, seconds: float) -> Hold | None:
    with platform.database.transaction() as session:
        insert_if_missing(session, Claim, kind=kind, subject=subject, token=0, owner="", expires_at=_EPOCH)
        row = session.get_one(Claim, (kind, subject), with_for_update=True, populate_existing=True)
        now = platform.clock.now(session)
        if row.token and row.expires_at > now:
            return None
        row.token += 1
        row.owner = f"{os.uname().nodename[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        row.expires_at = now + timedelta(seconds=seconds)
        return Hold(kind, subject, row.token, seconds)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def insert_if_missing(session: Session, model: type[Base], **values: Any) -> bool:
    """INSERT … ON CONFLICT DO NOTHING; whether a row was inserted."""
    table = cast(Table, model.__table__)
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(table) if on_postgresql else sqlite.insert(table)
    # A count of rows is not to be had here: with RETURNING of its own the driver may not know it.
    asked = insert.values(**values).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return session.execute(asked).first() is not None
