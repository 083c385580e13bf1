"""Pages of the ledger: bounded by number and by bytes, never empty while there is more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from signing.encoding import b64decode, new_id
from trading.custody.ledger import LedgerPages
from trading.db import Base
from trading.opening.models import Closing
from trading.submission.models import Bid, LedgerLeaf, Withdrawal

AT = datetime(2026, 6, 1, tzinfo=UTC)
TENDER = "1" * 32
MIB = 1024 * 1024


@pytest.fixture
def session() -> Iterator[Session]:
    # Foreign keys are not enforced here: only the ledger's own rows are of interest.
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def ledger(session: Session, sizes: list[int]) -> LedgerPages:
    """A closed ledger whose manifests have these sizes; 0 stands for a withdrawal of the bid before."""
    bid = ""
    for position, size in enumerate(sizes):
        bid = new_id() if size else bid
        received = {"tender_id": TENDER, "supplier_id": "2" * 32, "person_id": "3" * 32, "received_at": AT}
        signed = {"signature": b"signature", "receipt": b"receipt %d" % position, "crl_sha256": "c" * 64}
        if size:
            session.add(
                Bid(
                    id=bid, policy_digest="p" * 64, replaces=None, manifest=b"m" * size, certificate="f" * 64,
                    **received, **signed,
                )
            )
        else:
            session.add(Withdrawal(bid_id=bid, raw=b"withdrawal", **received, **signed))
        session.add(
            LedgerLeaf(
                tender_id=TENDER, position=position, bid_id=bid, raw=b"leaf %d" % position,
                kind="acceptance" if size else "withdrawal-leaf",
            )
        )
    session.flush()
    closing = Closing(
        tender_id=TENDER, raw=b"", digest="d" * 64, ledger_size=len(sizes), log_position=0, at=AT
    )
    return LedgerPages(session, closing)


def test_a_page_ends_before_it_grows_beyond_four_mebibytes(session: Session) -> None:
    pages = ledger(session, [MIB] * 6)
    first = pages.page(0, 200)
    assert (len(first["items"]), first["next"], first["size"]) == (4, 4, 6)
    second = pages.page(4, 200)
    assert (len(second["items"]), second["next"]) == (2, None)


def test_one_leaf_is_served_however_large_it_is(session: Session) -> None:
    pages = ledger(session, [5 * MIB, 10])
    first = pages.page(0, 200)
    assert (len(first["items"]), first["next"]) == (1, 1)
    assert len(b64decode(first["items"][0]["manifest"])) == 5 * MIB


def test_leaves_come_in_order_with_their_own_files(session: Session) -> None:
    pages = ledger(session, [10, 0, 20])
    served = pages.page(0, 2)
    assert served["next"] == 2
    items = served["items"] + pages.page(2, 2)["items"]
    assert [b64decode(item["leaf"]) for item in items] == [b"leaf 0", b"leaf 1", b"leaf 2"]
    assert [b64decode(item["receipt"]) for item in items] == [b"receipt 0", b"receipt 1", b"receipt 2"]
    assert [sorted(item.keys() - {"leaf", "receipt"}) for item in items] == [
        ["manifest", "signature"], ["withdrawal", "withdrawal_signature"], ["manifest", "signature"],
    ]


def test_past_the_end_there_is_nothing(session: Session) -> None:
    assert ledger(session, [10]).page(1, 5) == {"size": 1, "items": [], "next": None}
    assert ledger(session, []).page(0, 5)["items"] == []
