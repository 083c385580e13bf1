"""Where a platform lives: enough to build it in any process, with the times of tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dramatiq
from dramatiq.middleware import Retries

from trading.clock import Clock
from trading.commands.platform import migrate
from trading.config import Settings
from trading.platform import Platform, build_platform
from trading.queue import EmbeddedBroker, Queue

CLAIM_SECONDS = 1.0
SCAN_SECONDS = 0.05


class MovedClock(Clock):
    """The database's clock, `ahead` of the time; it can be set while the platform runs."""

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        super().__init__()
        self.ahead = ahead

    def moment(self, milliseconds: int) -> datetime:
        """As Clock.moment."""
        return super().moment(milliseconds) + self.ahead


@dataclass(frozen=True)
class Site:
    """A database and a folder. Picklable: processes are given one and build the platform themselves."""

    database_url: str
    folder: Path
    claim_seconds: float = CLAIM_SECONDS
    scan_seconds: float = SCAN_SECONDS
    broker_url: str = "memory://"

    @classmethod
    def on_sqlite(cls, folder: Path, **changes: Any) -> Site:
        """With a database file in `folder`."""
        return cls(f"sqlite:///{folder}/sunseal.db", folder, **changes)

    def settings(self) -> Settings:
        """Everything else as an operator gets it by default."""
        return Settings(
            database_url=self.database_url,
            storage_url=f"file://{self.folder}/storage",
            keys_dir=self.folder / "keys",
            claim_seconds=self.claim_seconds,
            scan_seconds=self.scan_seconds,
            broker_url=self.broker_url,
            reserve_size=0,
        )

    def platform(self, clock: Clock | None = None, broker: dramatiq.Broker | None = None) -> Platform:
        """Build it; `broker` takes the place of the embedded one."""
        overrides: dict[str, Any] = {"clock": clock or Clock()}
        if broker is not None:
            overrides["queue"] = Queue(broker)
        return build_platform(self.settings(), overrides)

    def create(self) -> None:
        """Make the tables, in an empty database."""
        migrate(self.database_url)


class UnreliableBroker(EmbeddedBroker):
    """A broker that loses messages and delivers others twice: `copies(job, subject)` says how often each."""

    def __init__(self, copies: Callable[[str, str], int]) -> None:
        super().__init__([Retries(max_retries=3, min_backoff=200, max_backoff=5_000)])
        self._copies = copies

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Take it; whether anybody ever sees it is another matter."""
        for _ in range(self._copies(message.actor_name, str(message.args[0]))):
            super().enqueue(message, delay=delay)
        return message
