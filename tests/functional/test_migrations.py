"""Migrations: up from empty, equal to the models, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from trading.clock import Clock
from trading.config import Settings
from trading.db import Base, Database, make_engine
from trading.errors import ConfigurationError
from trading.migrations import make_config, migrate, newest, require_current
from trading.platform import build_platform, load_features


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_up_from_empty_is_what_the_models_say(database_url: str) -> None:
    load_features()
    migrate(database_url)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == newest()
    assert tables(engine) == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()


def test_down_to_nothing_and_up_again(database_url: str) -> None:
    migrate(database_url)
    command.downgrade(make_config(database_url), "base")
    engine = create_engine(database_url)
    assert tables(engine) == {"alembic_version"}
    migrate(database_url)
    assert tables(engine) == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()


def test_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE log_head SET size = size"))
    before = tables(engine)
    migrate(database_url)
    assert tables(engine) == before
    require_current(engine)
    engine.dispose()


def test_a_database_behind_is_refused(database_url: str) -> None:
    engine = make_engine(database_url)
    with pytest.raises(ConfigurationError, match="sunseal migrate"):
        require_current(engine)
    migrate(database_url, "0001")
    with pytest.raises(ConfigurationError, match="0001"):
        require_current(engine)
    migrate(database_url)
    require_current(engine)
    engine.dispose()


def test_a_platform_starts_on_a_migrated_database(database_url: str, tmp_path: Path) -> None:
    migrate(database_url)
    settings = Settings(
        database_url=database_url, storage_url=f"file://{tmp_path / 'storage'}", keys_dir=tmp_path / "keys"
    )
    platform = build_platform(settings)
    with platform.database.reading() as session:
        assert platform.clock.now(session).tzinfo is not None
    platform.close()


def test_new_keys_are_never_made_beside_an_old_log(database_url: str, tmp_path: Path) -> None:
    migrate(database_url)
    database = Database(make_engine(database_url))
    with database.transaction() as session:
        session.execute(text("INSERT INTO log_head (id, size) VALUES (1, 3)"))
    settings = Settings(
        database_url=database_url, storage_url=f"file://{tmp_path / 'storage'}", keys_dir=tmp_path / "keys"
    )
    with pytest.raises(ConfigurationError, match="Restore the keys"):
        build_platform(settings, {"database": database, "clock": Clock()})
    assert not (tmp_path / "keys").exists()
    database.engine.dispose()
