"""Engine, declarative base, column types and sessions.

SQLite is opened in WAL mode with durable commits: a receipt once given must survive a power
cut. Its writers take the lock when they begin (BEGIN IMMEDIATE), so a transaction that reads
and then writes never fails half-way; readers begin deferred and never block. On PostgreSQL
writers see each statement's newest rows (they lock what they rely on), readers one snapshot.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Dialect, Engine, Integer, MetaData, String, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator
from transaction.interfaces import ITransactionManager
from zope.sqlalchemy.datamanager import STATUS_CHANGED, STATUS_READONLY, join_transaction

from trading.errors import ConfigurationError

_READ_ONLY = "sunseal.read_only"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# SQLite counts only a column declared INTEGER by itself.
Counter = BigInteger().with_variant(Integer, "sqlite")

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of all tables; constraints get names by rule, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


class Money(TypeDecorator[Decimal]):
    """A Decimal kept as its decimal text: SQLite's Numeric goes through float and loses digits."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class UtcTime(TypeDecorator[datetime]):
    """An instant as UTC milliseconds since 1970: SQLite's DateTime forgets the zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times in the database have a zone; give an aware datetime")
        return (value - _EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return _EPOCH + timedelta(milliseconds=value)


def make_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL, set up as this module's head says.

    Its errors never quote a statement's values: they would carry bodies and digests into logs.
    """
    if url.startswith("sqlite"):
        Path(make_url(url).database or "").absolute().parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            url,
            pool_size=20,
            max_overflow=40,
            hide_parameters=True,
            connect_args={"timeout": 60, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, pool_size=10, max_overflow=30, pool_pre_ping=True, hide_parameters=True)
    _forget_after_fork(engine)
    return engine


def _forget_after_fork(engine: Engine) -> None:
    # A child that went on with its parent's connections would break both; it opens its own.
    reference = weakref.ref(engine)

    def forget() -> None:
        inherited = reference()
        if inherited is not None:
            inherited.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite decides which kind.
    connection.isolation_level = None
    for pragma in ("busy_timeout=60000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    read_only = connection.get_execution_options().get("sunseal_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _refuse_reader(session: Session, context: Any) -> None:
    if session.info.get(_READ_ONLY):
        raise AssertionError("a request that only reads has tried to write")


class Database:
    """Sessions of one engine: for requests, bound to their transaction; for jobs, short ones."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writers = sessionmaker(engine, expire_on_commit=False)
        options: dict[str, Any] = {"sunseal_read_only": True}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._readers = sessionmaker(engine.execution_options(**options), expire_on_commit=False)
        event.listen(self._readers, "after_flush", _refuse_reader)

    def request_session(self, manager: ITransactionManager, read_only: bool) -> Session:
        """A session that commits and aborts with the request's transaction.

        A read-only one refuses to flush.
        """
        session = (self._readers if read_only else self._writers)(info={_READ_ONLY: read_only})
        # Joined at once and by hand. zope.sqlalchemy's `register` listens anew to each session, which costs
        # more than a query; and left to itself it commits ORM writes alone and throws text() and Core
        # statements away: a writing request commits whatever it did.
        join_transaction(session, STATUS_READONLY if read_only else STATUS_CHANGED, manager)
        return session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One short writing transaction: committed at the end, rolled back on any exception."""
        with self._writers() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent read; nothing written in it is kept."""
        with self._readers() as session:
            yield session


    def is_reader(self, session: Session) -> bool:
        """Whether nothing written in the session would be kept."""
        return session.bind is self._readers.kw["bind"]


def reach(engine: Engine) -> None:
    """See whether the database answers.

    Raises:
        ConfigurationError: it does not, and why; no password is in it.
    """
    try:
        with engine.connect():
            pass
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        address = engine.url.render_as_string(hide_password=True)
        raise ConfigurationError(
            f"无法连接数据库 {address}：{reason}。请启动数据库，或更正 database_url。",
            f"The database {address} cannot be reached: {reason}. Start it, or correct database_url.",
        ) from None
