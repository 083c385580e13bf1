"""Single edits of the database, by the type of the column: what an administrator with a console can do.

An edit changes one row, the most telling one of its table, past every constraint and rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Boolean, Column

from tests.adversary.world import World
from trading.db import Base, UtcTime

ROW = "(row)"  # the pseudo-column of a row that is deleted
_HEX = re.compile(r"[0-9a-f]{32,64}")
_HOUR = 3_600_000  # milliseconds, as UtcTime keeps them

Change = Callable[[World, Any], Any]


def edit(world: World, table: str, name: str, change: Change | None = None) -> None:
    """Change a column of the table's most telling row, or delete that row; fails where there is none."""
    where, values = telling_row(world, table)
    if name == ROW:
        assert world.execute(f"DELETE FROM {table} WHERE {where}", *values), f"{table} has no row to delete"
        return
    found = world.rows(f"SELECT rowid, {name} FROM {table} WHERE {where} LIMIT 1", *values)
    assert found, f"{table} has no row at {world.moment}: take another moment, or let the world have one"
    row, old = found[0]
    column = Base.metadata.tables[table].c[name]
    new = other(column, old) if change is None else change(world, old)
    assert new != old, f"{table}.{name} stays as it is"
    world.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = ?", new, row)


def has_row(world: World, table: str) -> bool:
    """Whether there is something to edit at this moment."""
    where, values = telling_row(world, table)
    return bool(world.rows(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", *values))


def other(column: Column[Any], value: Any) -> Any:
    """Another value of the same form."""
    if value is None:
        return _HOUR if isinstance(column.type, UtcTime) else "0" * 32
    if isinstance(column.type, Boolean):
        return 1 - value
    if isinstance(column.type, UtcTime):
        return value + _HOUR
    if isinstance(value, bytes):
        return _spoiled(value)
    if isinstance(value, int):
        return value + 1
    if _HEX.fullmatch(value):
        return ("1" if value[0] == "0" else "0") + value[1:]
    return f"{value}x"


def _spoiled(data: bytes) -> bytes:
    """One bit in the middle, or the first digit after it in JSON, which stays JSON."""
    middle = len(data) // 2
    if data.startswith(b"{"):
        middle = next(place for place in range(middle, len(data)) if data[place : place + 1].isdigit())
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def telling_row(world: World, table: str) -> tuple[str, tuple[Any, ...]]:
    """A condition for the row whose change means most: of the winner's bid, the closing's entry …"""
    bid = world.winner.bid
    by_bid = "bid_id = ?", (bid,)
    index = (
        "SELECT upload_id FROM bid_objects WHERE bid_id = ? AND part = 'public' AND number = 0"
    )  # of what is announced
    special: Mapping[str, tuple[str, tuple[Any, ...]]] = {
        "bids": ("id = ?", (bid,)),
        "bid_objects": ("bid_id = ? AND part = 'public'", (bid,)),
        "crls": ("authority = 'parties'", ()),
        "ledger_leaves": by_bid,
        "opened_bids": by_bid,
        "files_shares": by_bid,
        "uploads": (f"id = ({index})", (bid,)),
        "upload_parts": (f"upload_id = ({index})", (bid,)),
        # The last of them: what a custodian has read before, no edit makes it read again.
        "log_entries": (
            "position = (SELECT max(position) FROM log_entries "
            "WHERE act IN ('tender.closed', 'tender.amended'))", (),
        ),
        "log_nodes": ("level = 0 AND position = (SELECT max(log_position) FROM notices)", ()),
        "notices": ("sequence = 1", ()),
        "organisations": ("id = ?", (world.winner.manifest.supplier,)),
        "persons": ("organisation_id = ?", (world.winner.manifest.supplier,)),
        "party_certificates": ("organisation_id = ?", (world.winner.manifest.supplier,)),
        "published_files": ("kind = 'award-report'", ()),
        "sealed_documents": ("sha256 = (SELECT sha256 FROM published_files WHERE kind = 'award-report')", ()),
        "private_acts": ("act = 'bid.received'", ()),
    }
    return special.get(table, ("1", ()))
