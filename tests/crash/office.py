"""A platform in one process that dies at step after step, and a line to it that asks whoever comes next."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Client
from pathlib import Path
from typing import cast

from tests.crash import roles
from tests.crash.processes import Child
from tests.crash.site import Site
from trading.client.transport import Answer

LONGEST = 60.0  # seconds for anything


class Office:
    """`trading.client.transport.Transport` to a process that is killed at each of `deaths` in turn.

    Whoever asks and hears nothing asks the next process the very same, as clients do. `died` are the steps at
    which one died so far.
    """

    def __init__(self, site: Site, deaths: Sequence[str], folder: Path) -> None:
        self.died: list[str] = []
        self._address, self._clock = str(folder / "s"), folder / "clock"
        self._clock.write_text("0")
        self._pid = 0
        self._parent = Child.start(roles.mortal_offices, site, tuple(deaths), self._address, self._clock)
        self.until(lambda: self._pid != 0, lambda: "nobody came")

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """As Transport.send; deaths on the way are nobody's business."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            try:
                with Client(self._address) as asked:
                    asked.send((method, path, dict(headers), body))
                    return cast(Answer, asked.recv())
            except (EOFError, ConnectionError):
                continue
        raise AssertionError(("no answer", method, path, self.died))

    def stream(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, Iterator[bytes]]:
        """As Transport.stream."""
        answer = self.send("GET", path, headers, None)
        return answer, iter((answer.body,) if answer.status == 200 else ())

    def until(self, wanted: Callable[[], bool], say: Callable[[], object]) -> None:
        """Let it work, and die, until it is so."""
        end = time.monotonic() + LONGEST
        while not wanted():
            assert time.monotonic() < end, (say(), self.died)
            self.listen(0.05)

    def listen(self, seconds: float) -> None:
        """Hear who died and who came."""
        while (line := self._parent.read(seconds)) is not None:
            if line["event"] == "begun":
                self._pid = line["pid"]
            elif line["event"] == "died":
                self.died.append(line["step"])
            seconds = 0

    def move(self, ahead: timedelta) -> None:
        """It is so much later from now on."""
        self.listen(0)
        self._clock.write_text(str(ahead.total_seconds()))
        before = self._pid
        os.kill(before, signal.SIGTERM)
        self.until(lambda: self._pid != before, lambda: "nobody came")

    def close(self) -> None:
        """Nobody is needed any more."""
        self._parent.kill()
        self.listen(0)
        os.kill(self._pid, signal.SIGKILL)


@contextmanager
def office(site: Site, deaths: Sequence[str]) -> Iterator[Office]:
    """An office that is closed in the end."""
    with tempfile.TemporaryDirectory() as folder:  # a socket's path has 107 bytes at most
        made = Office(site, deaths, Path(folder))
        try:
            yield made
        finally:
            made.close()
