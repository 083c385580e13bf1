"""Processes to be killed: forked from a loaded parent, each with a pipe that tells what it is doing.

The parent is multiprocessing's fork server: a process of its own that has imported the platform and nothing
else, so that a fork of it takes milliseconds and inherits no thread, connection or lock.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

PRELOAD = ["tests.crash.roles"]
ROOT = Path(__file__).resolve().parents[2]

Line = dict[str, Any]


def context() -> multiprocessing.context.ForkServerContext:
    """The fork server, which is started by the first process asked of it."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(PRELOAD)
    # It imports before it learns of the parent's sys.path.
    known = os.environ.get("PYTHONPATH", "")
    if str(ROOT) not in known.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), known)))
    return forking


class Reporter:
    """A child's end of the pipe: lines as dicts, from any thread; a line is whole or not there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def __call__(self, line: Line) -> None:
        data = json.dumps(line, default=str).encode()
        with self._lock:
            self._connection.send_bytes(data)


@dataclass(eq=False)
class Child:
    """A running process and what it has said so far."""

    process: multiprocessing.process.BaseProcess
    connection: Connection
    lines: list[Line] = field(default_factory=list)
    over: bool = False
    _listener: threading.Thread | None = None

    @classmethod
    def start(cls, role: Callable[..., None], *arguments: Any) -> Child:
        """Run `role(reporter's connection, *arguments)` in a process of its own."""
        here, there = multiprocessing.Pipe(duplex=False)
        process = context().Process(target=role, args=(there, *arguments), daemon=True)
        process.start()
        there.close()
        return cls(process, here)

    def read(self, timeout: float) -> Line | None:
        """The next line; None if there is none within `timeout` seconds or the process is gone."""
        try:
            if self.over or not self.connection.poll(timeout):
                return None
            line: Line = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            self.over = True
            return None
        self.lines.append(line)
        return line

    def until(self, wanted: Callable[[Line], bool], timeout: float = 20.0) -> Line:
        """The first line from here on that is wanted; the test fails if it does not come."""
        end = clock() + timeout
        while (left := end - clock()) > 0:
            line = self.read(left)
            if line is not None and wanted(line):
                return line
            if self.over:
                break
        raise AssertionError(f"the process never said it; it said {self.lines[-10:]}")

    def listen(self) -> None:
        """Read on in a thread: a pipe that nobody reads is full some day and stops who writes to it."""

        def read_on() -> None:
            while not self.over:
                self.read(0.2)

        self._listener = threading.Thread(target=read_on, daemon=True)
        self._listener.start()

    def kill(self) -> list[Line]:
        """kill -9; the lines it wrote before it died that nobody had read."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join(20)
        assert self.process.exitcode == -signal.SIGKILL, self.process.exitcode
        if self._listener is not None:
            self._listener.join(20)
        unread = list(self._rest())
        self.connection.close()
        return unread

    def stop(self) -> None:
        """SIGSTOP: the process is still there and does nothing."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def _rest(self) -> Iterator[Line]:
        while (line := self.read(0)) is not None:
            yield line


def ready(children: list[Child], timeout: float) -> list[Child]:
    """Those that have something to say."""
    found = wait([child.connection for child in children if not child.over], timeout)
    return [child for child in children if child.connection in found]


def clock() -> float:
    """Seconds that no wrong clock moves."""
    import time

    return time.monotonic()
