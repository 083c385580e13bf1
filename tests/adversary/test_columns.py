"""Each table, each column: edited as an administrator can, and found by whom `tables.py` says."""

from __future__ import annotations

import pytest

from tests.adversary.columns import HARMLESS_TOGETHER, Caught, Harmless, Kind, Open
from tests.adversary.edits import ROW, edit, has_row
from tests.adversary.moments import Moment
from tests.adversary.parties import everybody
from tests.adversary.tables import TABLES
from tests.adversary.world import World
from trading.db import Base
from trading.platform import load_features

load_features()

HOW = """
Say in tests/adversary/tables.py, in one of the lines of its table, what an edit of it does:
    caught(MOMENT, "{column}", PARTY, …)   somebody finds it (the test says who found what)
    harmless(REASON, "{column}")           nothing that anybody relies on follows from it
    elsewhere(WHO, "{column}")             what does not run in tests/adversary finds it, with its tests
    open_("why", "{column}")               nobody finds it: say so to those who read docs/security.md
Then run `make security`, which writes the page."""


def pairs() -> list[tuple[str, str, Kind]]:
    return [
        (table, column, kind) for table, said in TABLES.items() for kind in said for column in kind.columns
    ]


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_every_column_is_classified_once(table: str) -> None:
    wanted = [ROW, *(column.name for column in Base.metadata.tables[table].columns)]
    said = [column for one, column, _ in pairs() if one == table]
    for column in wanted:
        assert column in said, f"{table}.{column} is not classified." + HOW.format(column=column)
    for column in said:
        assert column in wanted, f"{table} has no column {column}; take it out of tests/adversary/tables.py"
        assert said.count(column) == 1, f"{table}.{column} stands twice in tests/adversary/tables.py"


def test_no_table_is_classified_that_is_not_there() -> None:
    gone = TABLES.keys() - Base.metadata.tables.keys()
    assert not gone, f"take {', '.join(sorted(gone))} out of tests/adversary/tables.py"


CAUGHT = [(table, column, kind) for table, column, kind in pairs() if isinstance(kind, Caught)]


@pytest.mark.parametrize(
    ("table", "column", "kind"), CAUGHT, ids=[f"{table}-{column}" for table, column, _ in CAUGHT]
)
def test_an_edit_is_found(world: World, table: str, column: str, kind: Caught) -> None:
    world.at(kind.moment)
    edit(world, table, column, kind.change)
    book = everybody(world, kind.parties)
    missed = kind.parties - book.parties
    assert not missed, f"{', '.join(sorted(missed))} did not find it; found: {book.found}"


@pytest.mark.parametrize("moment", [Moment.BIDDING, Moment.RELEASED, Moment.AWARDED, Moment.ARCHIVED])
def test_what_is_harmless_changes_nothing(world: World, moment: Moment) -> None:
    """All of it at once, then the whole course: everything holds, and the same bid wins."""
    world.at(moment)
    edited = 0
    for table, column, kind in pairs():
        if isinstance(kind, Harmless) and kind.reason in HARMLESS_TOGETHER and has_row(world, table):
            edit(world, table, column)
            edited += 1
    assert edited > 40
    assert everybody(world).found == []
    assert world.awarded() == world.winner.bid


@pytest.mark.parametrize("moment", [Moment.DRAFTED, Moment.EVALUATED])
def test_what_is_open_is_still_open(world: World, moment: Moment) -> None:
    """All of it at once; whoever closes one of these may say so in tables.py."""
    world.at(moment)
    edited = []
    for table, column, kind in pairs():
        if isinstance(kind, Open) and has_row(world, table):
            edit(world, table, column)
            edited.append(f"{table}.{column}")
    found = everybody(world).found
    assert edited and found == [], f"one of {', '.join(edited)} is found now, say so in tables.py: {found}"
