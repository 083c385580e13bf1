"""What every act needs, built once a process: settings, database, clock, storage, keys, queue."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, text

from trading.accounts.outside import authorities_of
from trading.clock import Clock
from trading.config import INCLUDES, Settings
from trading.db import Database, make_engine, reach
from trading.errors import ConfigurationError
from trading.keys import PlatformKeys, ensure_keys, has_keys
from trading.queue import Queue, make_broker
from trading.storage import Storage
from trading.tenders.calendar import announce, read_holidays
from trading.timestamps.authorities import Authorities, make_authorities


@dataclass(frozen=True)
class Platform:
    """The dependencies that services take in their constructors."""

    settings: Settings
    database: Database
    clock: Clock
    storage: Storage
    keys: PlatformKeys
    queue: Queue
    timestamps: Authorities

    def close(self) -> None:
        """Let go of connections; for tests and orderly ends."""
        self.queue.broker.close()
        self.database.engine.dispose()


def build_platform(settings: Settings, overrides: Mapping[str, Any] | None = None) -> Platform:
    """The platform that the settings describe, with every feature's jobs declared on its broker.

    Args:
        overrides: members given in place of the built ones: a clock, a broker.

    Raises:
        ConfigurationError: the database cannot be reached; keys cannot be read or made, or are missing
            beside a database in use; the holidays' file or the time-stamp authorities' roots are wrong.
    """
    given = dict(overrides or {})
    authorities_of(settings.outside_authorities_dir)  # a wrong file stops the start
    database = given.get("database") or Database(make_engine(settings.database_url))
    reach(database.engine)
    clock: Clock = given.get("clock") or Clock()
    keys: PlatformKeys = given.get("keys") or _keys(settings, database, clock)
    platform = Platform(
        settings=settings,
        database=database,
        clock=clock,
        storage=given.get("storage") or Storage.from_url(settings.storage_url),
        keys=keys,
        queue=given.get("queue") or Queue(make_broker(settings)),
        timestamps=make_authorities(settings, keys, lambda: _now(database, clock)),
    )
    load_features()
    if settings.holidays_file is not None:
        announce(read_holidays(settings.holidays_file))
    platform.queue.connect(platform)
    return platform


def load_features() -> None:
    """Import each feature's tables and jobs, so that both are declared whatever this process serves."""
    for package in INCLUDES:
        for module in ("models", "jobs"):
            if importlib.util.find_spec(f"{package}.{module}"):
                importlib.import_module(f"{package}.{module}")


def _now(database: Database, clock: Clock) -> datetime:
    with database.reading() as session:
        return clock.now(session)


def _keys(settings: Settings, database: Database, clock: Clock) -> PlatformKeys:
    with database.reading() as session:
        now = clock.now(session)
        if not has_keys(settings.keys_dir) and inspect(session.connection()).has_table("log_head"):
            # New keys beside an old log would break every proof given so far.
            used = session.execute(text("SELECT count(*) FROM log_head WHERE size > 0")).scalar_one()
            if used:
                raise ConfigurationError(
                    f"数据库已在使用，但密钥目录 {settings.keys_dir} 是空的。"
                    "请从备份恢复密钥，或更正 keys_dir。",
                    f"The database is in use but the key folder {settings.keys_dir} is empty. "
                    "Restore the keys from a backup, or correct keys_dir.",
                )
    return ensure_keys(settings.keys_dir, settings.log_origin, now, settings.public_url)
