"""How migrations run: by `sunseal migrate` (which hands in the database's address) or the alembic command."""

from __future__ import annotations

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, Engine, create_engine, pool
from sqlalchemy.types import TypeDecorator

from trading.config import read_settings
from trading.db import Base
from trading.migrations import compared
from trading.platform import load_features

# A migration that waits for a lock keeps everybody behind it waiting too: better to give up and try later.
LOCK_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_MS = 300_000
# Two nodes that are started at once take turns.
ADVISORY_LOCK = 7_364_325_011


def target() -> str:
    """The database's address: handed in, or from the settings."""
    given = context.config.attributes.get("database_url")
    return str(given or read_settings({}, os.environ).database_url)


def engine_for(url: str) -> Engine:
    """An engine of its own: SQLite rebuilds tables, during which foreign keys must not be enforced."""
    return create_engine(url, poolclass=pool.NullPool, hide_parameters=True)


def plain_types(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Column types of our own as what they are in the database: a migration must not change with the code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def run(connection: Connection) -> None:
    """Bring the database of this connection to the revision asked for."""
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.exec_driver_sql(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
        connection.exec_driver_sql(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=not postgresql,
        compare_type=True,
        compare_server_default=True,
        render_item=plain_types,
        include_object=compared(connection.dialect.name),
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


load_features()
if context.is_offline_mode():
    context.configure(url=target(), target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    with engine_for(target()).connect() as own:
        run(own)
