"""What every act needs, built once a process: settings, database, clock, storage, keys, queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trading.clock import Clock
from trading.config import Settings
from trading.db import Database, make_engine
from trading.keys import PlatformKeys, ensure_keys
from trading.queue import Queue, make_broker
from trading.storage import Storage


@dataclass(frozen=True)
class Platform:
    """The dependencies that services take in their constructors."""

    settings: Settings
    database: Database
    clock: Clock
    storage: Storage
    keys: PlatformKeys
    queue: Queue

    def close(self) -> None:
        """Let go of connections; for tests and orderly ends."""
        self.queue.broker.close()
        self.database.engine.dispose()


def build_platform(settings: Settings, overrides: Mapping[str, Any] | None = None) -> Platform:
    """The platform that the settings describe.

    Args:
        overrides: members given in place of the built ones: a clock, a broker.

    Raises:
        ConfigurationError: keys cannot be read or made.
    """
    given = dict(overrides or {})
    database = given.get("database") or Database(make_engine(settings.database_url))
    clock: Clock = given.get("clock") or Clock()
    with database.reading() as session:
        now = clock.now(session)
    return Platform(
        settings=settings,
        database=database,
        clock=clock,
        storage=given.get("storage") or Storage.from_url(settings.storage_url),
        keys=given.get("keys") or ensure_keys(settings.keys_dir, settings.log_origin, now),
        queue=given.get("queue") or Queue(make_broker(settings)),
    )
