"""Writing a received bid: its row, its objects, its leaf; on PostgreSQL by one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, String, Table, bindparam, case, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer

from trading.audit.models import PrivateAct
from trading.submission.models import Bid, BidObject, LedgerLeaf, Withdrawal

_BID, _OBJECT, _LEAF, _ACT = (
    cast(Table, model.__table__) for model in (Bid, BidObject, LedgerLeaf, PrivateAct)
)
_OBJECT_COLUMNS = ("segment", "part", "number", "upload_id")


@dataclass(frozen=True)
class StoredObject:
    """Which upload holds which object of a bid."""

    segment: str
    part: str
    number: int
    upload_id: str


def next_position(tender_id: str | BindParameter[str]) -> ColumnElement[int]:
    """Where the tender's next leaf goes; under the tender's lock."""
    last = select(func.max(LedgerLeaf.position)).where(LedgerLeaf.tender_id == tender_id).scalar_subquery()
    return func.coalesce(last + 1, 0)


def last_received(tender_id: str | BindParameter[str]) -> ColumnElement[datetime | None]:
    """When the tender's last leaf was received; under the tender's lock."""
    last = select(func.max(LedgerLeaf.position)).where(LedgerLeaf.tender_id == tender_id).scalar_subquery()
    taken_back = LedgerLeaf.kind == "withdrawal-leaf"
    return (
        select(case((taken_back, Withdrawal.received_at), else_=Bid.received_at))
        .select_from(LedgerLeaf)
        .join(Bid, Bid.id == LedgerLeaf.bid_id)
        .outerjoin(Withdrawal, Withdrawal.bid_id == LedgerLeaf.bid_id)
        .where(LedgerLeaf.tender_id == tender_id, LedgerLeaf.position == last)
        .scalar_subquery()
    )


def write_bid(
    session: Session,
    bid: Mapping[str, Any],
    objects: Sequence[StoredObject],
    position: int,
    leaf: bytes,
    act: Mapping[str, Any],
) -> None:
    """Insert a bid (the columns of its row), its objects, its acceptance leaf and the private act of it.

    Raises IntegrityError if the id or the position is taken.
    """
    leaf_row = {
        "tender_id": bid["tender_id"],
        "position": position,
        "bid_id": bid["id"],
        "kind": "acceptance",
        "raw": leaf,
    }
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        connection.execute(insert(_BID), bid)
        connection.execute(insert(_OBJECT), [{"bid_id": bid["id"], **vars(each)} for each in objects])
        connection.execute(insert(_LEAF), leaf_row)
        connection.execute(insert(_ACT), act)
        return
    values = {f"bid_{name}": value for name, value in bid.items()}
    values |= {f"leaf_{name}": value for name, value in leaf_row.items()}
    values |= {f"act_{name}": value for name, value in act.items()}
    for name in _OBJECT_COLUMNS:
        values[f"objects_{name}"] = [getattr(each, name) for each in objects]
    connection.execute(_AT_ONCE, values)


def _at_once() -> Any:
    """The four inserts as one statement; foreign keys are checked at its end."""
    bid = insert(_BID).values({c.name: bindparam(f"bid_{c.name}") for c in _BID.columns}).cte("bid")
    arrays = [
        bindparam(f"objects_{name}", type_=ARRAY(Integer if name == "number" else String))
        for name in _OBJECT_COLUMNS
    ]
    rows = func.unnest(*arrays).table_valued(*_OBJECT_COLUMNS, name="given").render_derived()
    chosen = select(bindparam("bid_id", type_=String), *(rows.c[name] for name in _OBJECT_COLUMNS))
    objects = insert(_OBJECT).from_select(["bid_id", *_OBJECT_COLUMNS], chosen).cte("objects")
    leaf = insert(_LEAF).values({c.name: bindparam(f"leaf_{c.name}") for c in _LEAF.columns}).cte("leaf")
    act = insert(_ACT).values({c.name: bindparam(f"act_{c.name}") for c in _ACT.columns})
    return act.add_cte(bid, objects, leaf)


_AT_ONCE = _at_once()
