"""Bringing a database to this version's tables, from the source tree or an installed wheel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url

from trading.db import make_engine, reach
from trading.errors import ConfigurationError
from trading.tenders.models import FULL_TEXT


def make_config(database_url: str) -> Config:
    """The migrations' configuration for one database."""
    config = Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))
    config.attributes["database_url"] = database_url
    return config


def folder() -> Path:
    """Where the migrations are: in the wheel beside this module, in the tree at its top."""
    here = Path(__file__).resolve().parent
    packed = here / "_alembic"
    return packed if packed.is_dir() else here.parent / "alembic"


def compared(dialect: str) -> Callable[..., bool]:
    """What migrations are compared with the models by: all but the tables that SQLite's full text keeps for
    itself, and indexes of another database."""

    def include(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        if kind == "table" and (name or "").startswith(FULL_TEXT):
            return False
        using = item.dialect_options["postgresql"]["using"] if kind == "index" else None
        return dialect == "postgresql" or not using

    return include


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the database to `revision`, by default the newest.

    Raises:
        ConfigurationError: the database cannot be reached.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = make_engine(database_url)
    reach(engine)
    engine.dispose()
    command.upgrade(make_config(database_url), revision)


def newest() -> str:
    """The revision that this version's code is written for."""
    head = ScriptDirectory.from_config(make_config("")).get_current_head()
    assert head is not None
    return head


def require_current(engine: Engine) -> None:
    """Refuse to start on a database that has not this version's tables.

    Raises:
        ConfigurationError: saying which revision it has and what to run.
    """
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    if found != newest():
        raise ConfigurationError(
            f"数据库版本为 {found or '无'}，本程序需要 {newest()}。请先运行 sunseal migrate。",
            f"The database is at revision {found or 'none'}, this version needs {newest()}. "
            "Run `sunseal migrate` first.",
        )
