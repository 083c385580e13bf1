"""Processes of the distributed demonstration: each with a folder of its own, and nothing shared but HTTP."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from trading.demo.errors import DemoError

_STOP_SECONDS = 15.0
_ONCE_SECONDS = 60.0
_TAIL = 600
_PDEATHSIG = 1  # prctl(2)


def run_command(*arguments: str, folder: Path) -> str:
    """A command of `sunseal` that ends by itself; what it printed.

    Raises:
        DemoError: "command-failed" with the end of what it said.
    """
    done = subprocess.run(
        _command(arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder,
        env=_environment({}), timeout=_ONCE_SECONDS,
    )  # fmt: skip
    if done.returncode:
        said = (done.stdout + done.stderr)[-_TAIL:].strip()
        raise DemoError("command-failed", command=" ".join(arguments[:2]), reason=said)
    return done.stdout


@dataclass
class Process:
    """A command of `sunseal` that runs until it is stopped, killed, or the demonstration ends.

    `folder` is all that it has; what it says goes to `log` in it. `pids` are those of all its lives.
    """

    name: str
    folder: Path
    arguments: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict)
    pids: list[int] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it said, in all its lives."""
        return self.folder / "output.log"

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin a life of it."""
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C on the terminal is for the demonstration, which then stops it.
            self._process = subprocess.Popen(
                _command(self.arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env=_environment(self.settings), start_new_session=True, preexec_fn=_end_with_parent,
            )  # fmt: skip
        self.pids.append(self._process.pid)

    def check(self) -> None:
        """DemoError "process-died" if it is not running any more."""
        if not self.running:
            raise DemoError("process-died", name=self.name, reason=self.tail())

    def kill(self) -> None:
        """End it as a power cut does: it does nothing more, not even tidy up."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and wait; ended by force if it does not."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def tail(self) -> str:
        """The end of what it said."""
        try:
            return self.log.read_text("utf-8", "replace")[-_TAIL:].strip()
        except OSError:
            return ""


def _end_with_parent() -> None:
    """In the child: let Linux end it when the demonstration is gone, even if that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM)


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "trading.cli", *arguments]


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment without any setting of ours but those given."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SUNSEAL_")}
    return {**environ, "PYTHONPATH": os.pathsep.join(sys.path), **settings}
