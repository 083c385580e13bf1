"""Migrations: up from empty, equal to the models, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from bids.entries import Who, build_entry
from trading.clock import Clock
from trading.config import Settings
from trading.db import Base, Database, make_engine
from trading.errors import ConfigurationError
from trading.migrations import compared, make_config, migrate, newest, require_current
from trading.platform import build_platform, load_features
from trading.portal.lists import Filters, search
from trading.tenders.models import FULL_TEXT
from trading.web.pages import milliseconds


def tables(engine: Engine) -> set[str]:
    """All but those that SQLite's full text keeps for itself."""
    return {name for name in inspect(engine).get_table_names() if not name.startswith(FULL_TEXT)}


def test_up_from_empty_is_what_the_models_say(database_url: str) -> None:
    load_features()
    migrate(database_url)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        options = {
            "compare_type": True, "compare_server_default": True, "include_object": compared(engine.name),
        }  # fmt: skip
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


BEFORE_SEARCH = {
    "organisations": {
        "id": "a" * 32, "scheme": "X", "identifier": "1", "name": "斗门公路中心", "roles": "agency",
        "enrolled_at": 1,
    },
    "projects": {
        "id": "b" * 32, "organisation_id": "a" * 32, "number": "ZH-118", "title": "白藤湖片区",
        "created_at": 1,
    },
    "tenders": {
        "project_id": "b" * 32, "organisation_id": "a" * 32, "state": "published", "category": "works",
        "currency": "CNY", "estimate": "9000.00", "pack": "generic", "pack_version": "1", "sandbox": False,
        "threshold": 2, "minimum_bidders": 1, "grace_seconds": 10, "independent": True, "created_at": 1,
    },
    "notices": {
        "sequence": 0, "raw": b"", "signature": b"", "policy_digest": "", "crl_sha256": "", "log_position": 1,
    },
}  # fmt: skip


def test_tenders_published_before_there_was_a_search_are_found(database_url: str) -> None:
    """A draft is not; the same deadline twice makes two places."""
    migrate(database_url, "0003")
    ids = ["c" * 32, "d" * 32, "e" * 32]
    engine = make_engine(database_url)

    def put(connection: Connection, name: str, **more: object) -> None:
        row = {**BEFORE_SEARCH[name], **more}
        columns, values = ", ".join(row), ", ".join(f":{column}" for column in row)
        connection.execute(text(f"INSERT INTO {name} ({columns}) VALUES ({values})"), row)

    with engine.begin() as connection:
        put(connection, "organisations")
        put(connection, "projects")
        for n, id in enumerate(ids):
            digest = None if id == ids[2] else id * 2
            put(connection, "tenders", id=id, title=f"道路改造 {n}号", deadline=1000, notice_digest=digest)
            for at in (70 + n, 50 + n) if digest else ():
                sha256, sequence = f"{at:064}", 80 - at
                put(connection, "notices", sha256=sha256, tender_id=id, sequence=sequence, published_at=at)
    migrate(database_url)
    answers = {"白藤 道路": ids[:2], "改造 1号": [ids[1]], "zh-118 公路": ids[:2], "桥": []}
    for question, found in answers.items():
        with Database(engine).reading() as session:
            rows, more = search(session, Filters(question), "published")
        assert [row.Tender.id for row in rows] == found and not more
        assert [milliseconds(row.Tender.published_at) for row in rows] == [50 + ids.index(id) for id in found]
    command.downgrade(make_config(database_url), "0003")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM tenders")).scalar_one() == 3
    engine.dispose()


def test_entries_from_before_are_found_by_who_acted(database_url: str) -> None:
    migrate(database_url, "0007")
    engine = make_engine(database_url)
    who = Who("a" * 32, "b" * 32, "agency")
    at = datetime(2026, 11, 25, tzinfo=UTC)
    raws = [build_entry(at=at, act="tender.published", who=by) for by in (None, who)]
    put = "INSERT INTO log_entries (position, act, raw, at) VALUES (:position, :act, :raw, :at)"
    with engine.begin() as connection:
        for position, raw in enumerate(raws):
            row = {"position": position, "act": "x", "raw": raw, "at": 1}
            connection.execute(text(put), row)
    migrate(database_url)
    with engine.connect() as connection:
        found = text("SELECT organisation_id FROM log_entries ORDER BY position")
        assert list(connection.execute(found).scalars()) == [None, "b" * 32]
    engine.dispose()
