"""The one place that asks for the time, and it asks the database.

Web and worker machines may disagree about the time; deadlines are judged by the database's
clock alone, read when the row lock is held (PostgreSQL's `now()` would be the start of the
transaction). No setting shifts it; tests give an offset to the constructor.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, literal_column, select
from sqlalchemy.orm import Session

# Days are those of China's civil time.
SHANGHAI = ZoneInfo("Asia/Shanghai")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS: dict[str, ColumnElement[int]] = {
    "postgresql": literal_column(
        "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS bigint)", BigInteger
    ),
    # julianday keeps 0.05 ms; the rounding is down, as on PostgreSQL.
    "sqlite": literal_column("CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)", BigInteger),
}
_NOW = {dialect: select(column) for dialect, column in _COLUMNS.items()}


def clock_column(dialect: str) -> ColumnElement[int]:
    """The clock's reading as a column, for statements that ask for more; `Clock.moment` reads it."""
    return _COLUMNS[dialect]


class Clock:
    """The database's wall clock, in UTC, to the millisecond.

    Args:
        offset: added to every reading; zero in production.
    """

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    def now(self, session: Session) -> datetime:
        """The time of this very statement, not of the transaction's start."""
        return self.moment(session.execute(_NOW[session.get_bind().dialect.name]).scalar_one())

    def moment(self, milliseconds: int) -> datetime:
        """The time that a reading stands for."""
        return _EPOCH + timedelta(milliseconds=milliseconds) + self._offset
