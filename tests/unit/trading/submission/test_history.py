"""Which of a supplier's bids is current, from rows alone."""

from __future__ import annotations

from datetime import UTC, datetime

from bids.ledger import Leaf
from trading.submission.history import History
from trading.submission.models import Bid

OLD, NEW = "1" * 64, "2" * 64
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def bid(id: str, policy: str = NEW, replaces: str | None = None) -> Bid:
    return Bid(
        id=id * 32, tender_id="a" * 32, supplier_id="b" * 32, policy_digest=policy,
        replaces=replaces * 32 if replaces else None, received_at=NOW,
    )  # fmt: skip


def history(*bids: Bid, withdrawn: str = "") -> History:
    leaves = [Leaf(b"", "acceptance", each.id, each.supplier_id, "", "", "") for each in bids]
    leaves += [Leaf(b"", "withdrawal", id * 32, "b" * 32, "", "", "") for id in withdrawn]
    return History(tuple(leaves), {each.id: each for each in bids})


def test_nothing_is_current_before_the_first_bid() -> None:
    assert history().current(NEW) is None
    assert history().states(NEW) == {}


def test_the_end_of_the_chain_is_current() -> None:
    found = history(bid("1"), bid("2", replaces="1"), bid("3", replaces="2"))
    current = found.current(NEW)
    assert current is not None and current.id == "3" * 32
    assert list(found.states(NEW).values()) == ["replaced", "replaced", "current"]


def test_a_withdrawn_end_leaves_nothing_current() -> None:
    found = history(bid("1"), bid("2", replaces="1"), withdrawn="2")
    assert found.current(NEW) is None
    assert list(found.states(NEW).values()) == ["replaced", "withdrawn"]


def test_a_bid_of_an_earlier_policy_is_void_until_replaced() -> None:
    assert history(bid("1", OLD)).current(NEW) is None
    assert list(history(bid("1", OLD)).states(NEW).values()) == ["void"]
    afresh = history(bid("1", OLD), bid("2"))
    current = afresh.current(NEW)
    assert current is not None and current.id == "2" * 32
    assert list(afresh.states(NEW).values()) == ["void", "current"]
    naming = history(bid("1", OLD), bid("2", replaces="1"))
    assert list(naming.states(NEW).values()) == ["replaced", "current"]


def test_a_bid_of_somebody_else_is_known_by_its_id_and_nothing_more() -> None:
    stranger = bid("9")
    found = History((), {}, stranger)
    assert found.known("9" * 32) is stranger
    assert found.known("8" * 32) is None
    assert found.current(NEW) is None and found.states(NEW) == {}
