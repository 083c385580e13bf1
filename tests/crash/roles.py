"""What the forked processes do. Importing this module imports the platform."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import dramatiq
import structlog
import time_machine

from tests.crash.agents import Agents
from tests.crash.killer import Doom, Fate
from tests.crash.processes import Line, Reporter
from tests.crash.site import MovedClock, Site, UnreliableBroker
from tests.crash.world import Parties, World
from tests.crash.wsgi import WsgiTransport
from trading.platform import Platform, load_features
from trading.queue import Scanner
from trading.web.app import make_app

load_features()
# Whatever a job imports when it runs; a fork should have it already.
for _module in ("trading.web.app", "pyramid.config", "reports", "bids.verification"):
    importlib.import_module(_module)


def worker(connection: Connection, site: Site, clock_ahead: float = 0.0) -> None:
    """A worker as `sunseal worker` runs it: Dramatiq's threads and a scanner, for ever."""
    report = Reporter(connection)
    _log_to(report)
    with wrong_clock(clock_ahead):
        _work(site.platform(), report, threads=2)


def mortal_worker(connection: Connection, fate: Fate | None, site: Site) -> None:
    """A worker until its fate comes, if it has one."""
    report = Reporter(connection)
    _log_to(report, *_doom(fate))
    _work(site.platform(), report, threads=2)


def worker_losing_messages(connection: Connection, site: Site, times: int) -> None:
    """A worker whose broker loses the first `times` messages about each job and subject."""
    report = Reporter(connection)
    _log_to(report)
    lost: Counter[tuple[str, str]] = Counter()

    def copies(job: str, subject: str) -> int:
        lost[job, subject] += 1
        if lost[job, subject] > times:
            return 1
        report({"event": "lost", "job": job, "subject": subject})
        return 0

    _work(site.platform(broker=UnreliableBroker(copies)), report, threads=2)


def worker_getting_copies(connection: Connection, site: Site, copies: int) -> None:
    """A worker whose broker delivers every message several times, to several threads."""
    report = Reporter(connection)
    _log_to(report)
    _work(site.platform(broker=UnreliableBroker(lambda job, subject: copies)), report, threads=4)


def worker_pausing(connection: Connection, site: Site, pauses: Mapping[str, str], go_on: Path) -> None:
    """A worker that stays where it is at a tender's given step until the file `go_on` is there.

    It is told of everything once: reminders would pile up behind what stays where it is.
    """
    report = Reporter(connection)
    told: set[tuple[str, str]] = set()

    def copies(job: str, subject: str) -> int:
        first = (job, subject) not in told
        told.add((job, subject))
        return int(first)

    def pause(event: Mapping[str, Any]) -> None:
        if pauses.get(event.get("subject", "")) == event.get("step"):
            while not go_on.exists():
                time.sleep(0.02)

    _log_to(report, pause)
    _work(site.platform(broker=UnreliableBroker(copies)), report, threads=len(pauses) + 1)


def counter(connection: Connection, site: Site, clock_ahead: float, inbox: Connection) -> None:
    """A web process without a socket: answers the requests (method, path, headers, body) of its inbox."""
    report = Reporter(connection)
    _log_to(report)
    with wrong_clock(clock_ahead):
        transport = WsgiTransport(make_app(site.platform()))
        report({"event": "ready", "clock": time.time()})
        while True:
            answer = transport.send(*inbox.recv())
            code = json.loads(answer.body).get("code", "")
            report({"event": "answer", "status": answer.status, "code": code})


def mortal_offices(
    connection: Connection, site: Site, deaths: Sequence[str], address: str, clock: Path
) -> None:
    """Web, worker and scanner in one process after another, forked of one that has built the application.

    Each kills itself at its step of `deaths`; "answered" is after an act was committed and before anybody
    hears of it. They answer at the socket `address`, a connection for each request, by the clock that the
    file `clock` has; who is told to end has a successor that dies where it should have.
    """
    report = Reporter(connection)
    _log_to(lambda line: None)
    moved = MovedClock()
    platform = site.platform(moved)
    transport = WsgiTransport(make_app(platform))
    transport.send("GET", "/health", {}, None)
    listener = Listener(address)
    left = list(deaths)
    while True:
        moved.ahead = timedelta(seconds=float(clock.read_text()))
        child = os.fork()
        if child == 0:
            _office(platform, transport, listener, left[0] if left else "")
        report({"event": "begun", "pid": child})
        _, status = os.waitpid(child, 0)
        if os.WTERMSIG(status) == signal.SIGKILL and left:
            report({"event": "died", "step": left.pop(0)})


def _office(platform: Platform, transport: WsgiTransport, listener: Listener, dies_at: str) -> None:
    def doom(event: Mapping[str, Any]) -> None:
        if event.get("step") == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    _log_to(lambda line: None, doom)
    work = threading.Thread(target=_work, args=(platform, lambda line: None, 2), daemon=True)
    work.start()
    while True:
        with listener.accept() as asking:
            method, path, headers, body = asking.recv()
            answer = transport.send(method, path, headers, body)
            if method != "GET":
                doom({"step": "answered"})
            asking.send(answer)


def mortal_house(
    connection: Connection, fate: Fate | None, site: Site, parties: Parties, folder: Path
) -> None:
    """All of it in one process, as on the embedded default: web, worker, scanner and the custodians."""
    report = Reporter(connection)
    _log_to(report, *_doom(fate))
    world = World(site, parties=parties)
    for agent in Agents(world, folder).agents:
        threading.Thread(target=agent.run, args=(threading.Event(), 0.1), daemon=True).start()
    _work(world.platform, report, threads=2)


def _doom(fate: Fate | None) -> tuple[Doom, ...]:
    return () if fate is None else (Doom(fate),)


def _work(platform: Platform, report: Callable[[Line], None], threads: int) -> None:
    dramatiq.Worker(platform.queue.broker, worker_threads=threads, worker_timeout=100).start()
    report({"event": "ready", "clock": time.time()})
    Scanner(platform).run()


@contextlib.contextmanager
def wrong_clock(ahead: float) -> Iterator[None]:
    """This process believes it is `ahead` seconds later than it is; its clock goes on."""
    if not ahead:
        yield
        return
    with time_machine.travel(time.time() + ahead, tick=True):
        yield


def _log_to(
    report: Callable[[Line], None], then: Callable[[Mapping[str, Any]], None] = lambda event: None
) -> None:
    """Every log line into the pipe, before the next statement runs."""

    def send(logger: Any, method: str, event: dict[str, Any]) -> Any:
        report({"level": method, **event})
        then(event)
        raise structlog.DropEvent

    structlog.configure(
        processors=[structlog.processors.format_exc_info, send],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
