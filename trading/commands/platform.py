"""What the platform's own commands share: settings, migration, logs, jobs, an orderly end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trading.config import Settings
    from trading.platform import Platform

_JOIN_SECONDS = 10.0


def settings_from(ini: Path | None, overrides: Mapping[str, str]) -> Settings:
    """The settings: `overrides` (from options) over the environment over the .ini file.

    Raises:
        ConfigurationError: naming the setting that is wrong.
    """
    from trading.config import read_ini, read_settings

    environ = dict(os.environ) | {f"SUNSEAL_{name.upper()}": value for name, value in overrides.items()}
    return read_settings({} if ini is None else read_ini(ini), environ)


def data_overrides(folder: Path | None) -> dict[str, str]:
    """Settings that put the whole state into one folder."""
    if folder is None:
        return {}
    whole = folder.absolute()
    return {
        "database_url": f"sqlite:///{whole / 'sunseal.db'}",
        "storage_url": f"file://{whole / 'storage'}",
        "keys_dir": str(whole / "keys"),
        "custodians_dir": str(whole / "custodians"),
    }


def migrate(database_url: str) -> None:
    """Bring the database up to date; from the source tree or an installed wheel."""
    from trading.migrations import migrate as upgrade

    upgrade(database_url)


def set_up_logs(settings: Settings) -> None:
    """Lines for people on a terminal, JSON elsewhere; both to standard error, without secrets."""
    from trading.logs import set_up_logs as set_up

    set_up(settings)


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM, SIGHUP and Ctrl-C set; a second one ends the process at once."""
    stop = threading.Event()

    def handle(number: int, frame: Any) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    ending = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in ending}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_with_parent(stop: threading.Event, parent: int) -> None:
    """Until stopped, or until the process `parent` that started this one has ended, in whatever way."""
    while os.getppid() == parent and not stop.wait(1.0):
        pass


class Jobs:
    """Dramatiq's workers, one for what must be quick and one each for the other queues, and the scanner, in
    threads."""

    def __init__(self, platform: Platform) -> None:
        import dramatiq

        from trading.queue import QUEUE, QUEUES, Scanner

        self._workers = [
            dramatiq.Worker(
                platform.queue.broker,
                queues={queue},
                worker_threads=platform.settings.worker_threads if queue == QUEUE else 1,
                worker_timeout=200,
            )
            for queue in QUEUES
        ]
        self._scanner = Scanner(platform)
        self._thread = threading.Thread(target=self._scanner.run, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to take messages and to scan."""
        for worker in self._workers:
            worker.start()
        self._thread.start()

    def stop(self) -> None:
        """Let running jobs end, for a while; what is cut short is found due again."""
        self._scanner.stop()
        for worker in self._workers:
            worker.stop(timeout=int(_JOIN_SECONDS * 1000))
        self._thread.join(_JOIN_SECONDS)


def closing(*acts: Callable[[], object]) -> None:
    """Do all of these, whatever the others raise; the first exception is raised at the end."""
    problem: Exception | None = None
    for act in acts:
        try:
            act()
        except Exception as error:
            problem = problem or error
    if problem is not None:
        raise problem
