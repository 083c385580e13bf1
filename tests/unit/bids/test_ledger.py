"""The ledger: leaves, chains of replaces, withdrawals, void bids, and a platform that lies about them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

import pytest

from bids.ledger import (
    Leaf,
    acceptance_leaf,
    check_replaces,
    current_bids,
    ledger_origin,
    next_replaces,
    parse_leaf,
    withdrawal_leaf,
)
from signing import canonical
from tests.bids_factory import HOUR, World, refused

D = "d" * 64
OLD, NEW = "0" * 64, "1" * 64


@dataclass(frozen=True)
class Row:
    supplier: str
    policy: str
    replaces: str | None


def id_(name: str) -> str:
    return canonical.digest(name.encode())[:32]


class Ledger:
    """Leaves and links by short names: `accept("a1", "A")`."""

    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self.links: dict[str, Row] = {}

    def accept(self, bid: str, supplier: str, replaces: str | None = None, policy: str = NEW) -> Ledger:
        self.leaves.append(parse_leaf(acceptance_leaf(id_(bid), id_(supplier), D, D, D)))
        self.links[id_(bid)] = Row(id_(supplier), policy, replaces and id_(replaces))
        return self

    def withdraw(self, bid: str, supplier: str) -> Ledger:
        self.leaves.append(parse_leaf(withdrawal_leaf(id_(bid), id_(supplier), D, D, D)))
        return self

    def current(self, *names: str) -> None:
        """Whatever the order of the leaves, exactly these bids are current."""
        for leaves in itertools.islice(itertools.permutations(self.leaves), 120):
            found = {leaf.bid for leaf in current_bids(leaves, self.links, NEW)}
            assert found == {id_(name) for name in names}

    def refused(self, code: str) -> None:
        for leaves in itertools.islice(itertools.permutations(self.leaves), 24):
            with refused(code):
                current_bids(leaves, self.links, NEW)


def test_leaves() -> None:
    raw = acceptance_leaf("a" * 32, "b" * 32, "c" * 64, "d" * 64, "e" * 64)
    assert raw == canonical.dumps(
        {
            "type": "sunseal/acceptance/v1",
            "bid": "a" * 32,
            "supplier": "b" * 32,
            "manifest": "c" * 64,
            "signature": "d" * 64,
            "receipt": "e" * 64,
        }
    )
    assert parse_leaf(raw) == Leaf(raw, "acceptance", "a" * 32, "b" * 32, "c" * 64, "d" * 64, "e" * 64)
    raw = withdrawal_leaf("a" * 32, "b" * 32, "c" * 64, "d" * 64, "e" * 64)
    assert json.loads(raw)["type"] == "sunseal/withdrawal-leaf/v1"
    assert parse_leaf(raw).kind == "withdrawal"
    assert parse_leaf(raw).document == "c" * 64


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{}", "wrong-type"),
        (b"[]", "wrong-type"),
        (b'{"type":"sunseal/withdrawal/v1"}', "wrong-type"),
        (b'{"type":{}}', "wrong-type"),
        (b'{"type":"sunseal/acceptance/v1"}', "member-missing"),
        (b"{", "not-canonical"),
        (b" " * 5000, "too-large"),
        (acceptance_leaf("a" * 32, "b" * 32, D, D, D) + b"\n", "not-canonical"),
        (acceptance_leaf("a" * 32, "b" * 32, D, D, D).replace(b'"bid"', b'"Bid"'), "member-missing"),
    ],
)
def test_what_is_no_leaf(raw: bytes, code: str) -> None:
    with refused(code):
        parse_leaf(raw)


def test_leaves_are_built_of_digests_and_ids_only() -> None:
    with refused("form-digest", path="receipt"):
        acceptance_leaf("a" * 32, "b" * 32, D, D, "e")
    with refused("form-id", path="supplier"):
        withdrawal_leaf("a" * 32, "me", D, D, D)


def test_origin() -> None:
    assert ledger_origin("log.example.org", "a" * 32) == "log.example.org/tender/" + "a" * 32
    for tender in ("", "../x", "A" * 32, "a" * 33):
        with refused("form-id"):
            ledger_origin("log.example.org", tender)


def test_one_bid_each() -> None:
    Ledger().current()
    Ledger().accept("a", "A").accept("b", "B").current("a", "b")


def test_the_end_of_a_chain_is_current_whatever_the_order_of_leaves() -> None:
    Ledger().accept("a1", "A").accept("a2", "A", "a1").accept("a3", "A", "a2").accept("b", "B").current(
        "a3", "b"
    )


def test_the_order_of_the_result_is_the_ledgers() -> None:
    ledger = Ledger().accept("b", "B").accept("a1", "A").accept("c", "C").accept("a2", "A", "a1")
    assert [one.bid for one in current_bids(ledger.leaves, ledger.links, NEW)] == [
        id_("b"),
        id_("c"),
        id_("a2"),
    ]


def test_withdrawn_bids_are_not_current_and_bidding_again_is_allowed() -> None:
    Ledger().accept("a", "A").withdraw("a", "A").current()
    Ledger().accept("a1", "A").accept("a2", "A", "a1").withdraw("a2", "A").current()
    Ledger().accept("a1", "A").withdraw("a1", "A").accept("a2", "A").current("a2")


def test_bids_under_another_policy_are_void() -> None:
    Ledger().accept("a", "A", policy=OLD).accept("b", "B").current("b")
    Ledger().accept("a1", "A", policy=OLD).accept("a2", "A", "a1").current("a2")
    Ledger().accept("a1", "A", policy=OLD).accept("a2", "A").current("a2")
    Ledger().accept("a1", "A", policy=OLD).accept("a2", "A").withdraw("a2", "A").current()
    # Replacing leaves nothing behind that could be current again.
    Ledger().accept("a1", "A").accept("a2", "A", "a1", policy=OLD).current()


def test_a_platform_that_lies() -> None:
    Ledger().accept("a", "A").accept("a", "A").refused("ledger-bid-twice")
    Ledger().accept("a", "A").accept("a", "B").refused("ledger-bid-twice")
    Ledger().accept("a", "A").withdraw("a", "A").withdraw("a", "A").refused("ledger-bid-twice")
    Ledger().accept("a1", "A").accept("a2", "A").refused("ledger-two-current")
    Ledger().accept("a2", "A", "a1").refused("ledger-replaces-unknown")
    Ledger().accept("a", "A").accept("b", "B", "a").refused("ledger-replaces-unknown")
    Ledger().accept("a1", "A").accept("a2", "A", "a1").accept("a3", "A", "a1").refused(
        "ledger-replaced-twice"
    )
    Ledger().withdraw("a", "A").refused("ledger-withdrawn-unknown")
    Ledger().accept("a", "A").withdraw("a", "B").refused("ledger-withdrawn-unknown")
    Ledger().accept("a1", "A").accept("a2", "A", "a1").withdraw("a1", "A").refused(
        "ledger-withdrawn-replaced"
    )
    Ledger().accept("a1", "A", "a2").accept("a2", "A", "a1").refused("ledger-cycle")
    Ledger().accept("a", "A", "a").refused("ledger-cycle")
    Ledger().accept("a0", "A").accept("a1", "A", "a2").accept("a2", "A", "a1").refused("ledger-cycle")


def test_manifests_must_be_there_and_of_the_leafs_supplier() -> None:
    ledger = Ledger().accept("a", "A").accept("b", "B")
    ledger.links[id_("a")] = Row(id_("B"), NEW, None)
    ledger.refused("ledger-supplier")
    del ledger.links[id_("a")]
    ledger.refused("ledger-manifest-missing")


def test_what_the_next_bid_replaces() -> None:
    ledger = Ledger()
    assert next_replaces(ledger.leaves, ledger.links) is None
    ledger.accept("a1", "A")
    assert next_replaces(ledger.leaves, ledger.links) == id_("a1")
    ledger.accept("a2", "A", "a1")
    assert next_replaces(ledger.leaves, ledger.links) == id_("a2")
    ledger.withdraw("a2", "A")
    assert next_replaces(ledger.leaves, ledger.links) is None


def test_compare_before_swap() -> None:
    ledger = Ledger().accept("a1", "A").accept("a2", "A", "a1")
    check_replaces(id_("a2"), ledger.leaves, ledger.links, NEW)
    for stale in (None, id_("a1"), id_("zzz")):
        with refused("replaces-stale", wanted=id_("a2")):
            check_replaces(stale, ledger.leaves, ledger.links, NEW)
    ledger.withdraw("a2", "A")
    check_replaces(None, ledger.leaves, ledger.links, NEW)
    with refused("replaces-stale", wanted="null", replaces=id_("a2")):
        check_replaces(id_("a2"), ledger.leaves, ledger.links, NEW)


def test_a_void_bid_may_be_replaced_or_left_behind() -> None:
    ledger = Ledger().accept("a1", "A", policy=OLD)
    check_replaces(None, ledger.leaves, ledger.links, NEW)
    check_replaces(id_("a1"), ledger.leaves, ledger.links, NEW)
    with refused("replaces-stale"):
        check_replaces(id_("x"), ledger.leaves, ledger.links, NEW)
    ledger.accept("a2", "A")
    with refused("replaces-stale", wanted=id_("a2")):
        check_replaces(None, ledger.leaves, ledger.links, NEW)


def test_real_bids() -> None:
    world = World(7)
    tender = world.tender()
    a, b, c = world.suppliers
    first = tender.submit(a)
    gone = tender.submit(b)
    tender.withdraw(gone)
    second = tender.submit(a, replaces=first.id)
    third = tender.submit(c)
    links = {bid.id: bid.manifest for bid in tender.bids}
    leaves = [parse_leaf(leaf) for leaf in tender.leaves]
    policy = tender.notice.policy.digest
    assert [one.bid for one in current_bids(leaves, links, policy)] == [second.id, third.id]
    tender.amend(deadline=tender.notice.deadline + HOUR)
    assert current_bids(leaves, links, tender.notice.policy.digest) == ()
