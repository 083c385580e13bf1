"""A platform without the web: database, clock, queue, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from trading.clock import Clock
from trading.config import Settings
from trading.db import Base
from trading.platform import Platform, build_platform


class OffsetClock(Clock):
    """The database's clock; tests move it."""

    def ahead(self, **by: float) -> None:
        """This far ahead of the database from now on."""
        self._offset = timedelta(**by)


@pytest.fixture(params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """A fresh platform, its clock an OffsetClock."""
    url = f"sqlite:///{tmp_path / 'deep' / 'sunseal.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    settings = Settings(
        database_url=url, storage_url=f"file://{tmp_path / 'storage'}", keys_dir=tmp_path / "keys"
    )
    made = build_platform(settings, {"clock": OffsetClock()})
    Base.metadata.create_all(made.database.engine)
    yield made
    made.close()
