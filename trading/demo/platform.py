"""The demonstration's platform: a process of its own with its state in a folder that goes away with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from trading.demo.errors import DemoError

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_TAIL = 600


class PlatformProcess:
    """`sunseal serve` on a free loopback port.

    Args:
        folder: where its state goes; must be there.
    """

    def __init__(self, folder: Path) -> None:
        self._data = folder / "platform"
        self._log = folder / "platform.log"
        self._token_file = folder / "operator-token"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.token = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def custodians_dir(self) -> Path:
        """Where it looks for custodians to run."""
        return self._data / "custodians"

    def start(self) -> None:
        """Start it; `wait` for it afterwards."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SUNSEAL_")}
        environ["SUNSEAL_PUBLIC_URL"] = self.address
        environ["SUNSEAL_LOG_ORIGIN"] = "sunseal.demo/log"
        environ["SUNSEAL_DEMO_SIGN_IN"] = "true"
        environ["PYTHONPATH"] = os.pathsep.join(sys.path)
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C on the terminal is for the demonstration, which then stops it.
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "trading.cli", "serve", "--data", str(self._data),
                    "--port", str(self.port), "--operator-token", str(self._token_file),
                    "--with-parent", str(os.getpid()),
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Until it answers; DemoError "platform-start" with the end of its log."""
        end = time.monotonic() + _START_SECONDS
        while not self._token_file.exists():
            if self._process is None or self._process.poll() is not None or time.monotonic() > end:
                raise DemoError("platform-start", reason=self.tail())
            time.sleep(0.05)
        self.token = self._token_file.read_text("utf-8").strip()
        self._token_file.unlink()

    def check(self) -> None:
        """DemoError "platform-died" if it is not running any more."""
        if self._process is None or self._process.poll() is not None:
            raise DemoError("platform-died", reason=self.tail())

    def tail(self) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return self._log.read_text("utf-8", "replace")[-_TAIL:].strip()
        return ""

    def keep_log(self, path: Path) -> bool:
        """Copy all of its log, which goes away with its folder, to `path`; whether that was possible."""
        with contextlib.suppress(OSError):
            shutil.copyfile(self._log, path)
            return True
        return False

    def stop(self) -> None:
        """Ask it to end, and wait; ended by force if it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """A loopback port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
