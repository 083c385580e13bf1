"""The database's clock, moved by tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trading.clock import SHANGHAI, Clock


class SteeredClock(Clock):
    """The database's clock; `ahead` moves it for everybody at once."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead(timedelta(0))
        now = datetime.now(SHANGHAI)
        self._noon = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=now.hour >= 12)

    def ahead(self, offset: timedelta) -> None:
        self._offset = offset

    @property
    def offset(self) -> timedelta:
        """How far ahead it is."""
        return self._offset

    def noon(self, days: int = 0) -> None:
        """To noon in Asia/Shanghai, so many days after the first noon since this clock was made.

        For what happens by days: no test of it begins just before midnight.
        """
        self.ahead(self._noon + timedelta(days=days) - datetime.now(UTC))
