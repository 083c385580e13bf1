"""The ledger, whatever suppliers do in whatever order: one current bid each at most, and the right one."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from bids.errors import BidError
from bids.ledger import Leaf, acceptance_leaf, check_replaces, current_bids, parse_leaf, withdrawal_leaf

D = "d" * 64
SUPPLIERS = [f"{n:032x}" for n in range(3)]
POLICIES = ["0" * 64, "1" * 64, "2" * 64]


@dataclass(frozen=True)
class Row:
    supplier: str
    policy: str
    replaces: str | None


ACT = st.tuples(st.sampled_from(["bid", "bid", "stale", "withdraw", "amend"]), st.sampled_from([0, 1, 2]))


@settings(max_examples=150)
@given(st.lists(ACT, max_size=25), st.randoms(use_true_random=False))
def test_compare_and_swap_leads_to_the_model(acts: list[tuple[str, int]], chance: random.Random) -> None:
    leaves: list[Leaf] = []
    links: dict[str, Row] = {}
    model: dict[str, tuple[str, str]] = {}  # supplier -> (bid, policy)
    policy = 0
    for number, (act, who) in enumerate(acts):
        supplier = SUPPLIERS[who]
        mine = [leaf for leaf in leaves if leaf.supplier == supplier]
        held = model.get(supplier)
        if act == "amend":
            policy = min(policy + 1, 2)
        elif act == "withdraw":
            if held:
                leaves.append(parse_leaf(withdrawal_leaf(held[0], supplier, D, D, D)))
                # A void bid before it, left behind by a fresh start, does not come back to life.
                model.pop(supplier)
        else:
            wanted = held[0] if held else _last_void(mine, links)
            replaces = "f" * 32 if act == "stale" else wanted
            try:
                check_replaces(replaces, mine, links, POLICIES[policy])
            except BidError as error:
                assert act == "stale" and error.code == "replaces-stale"
                continue
            assert act == "bid"
            bid = f"{number + 100:032x}"
            leaves.append(parse_leaf(acceptance_leaf(bid, supplier, D, D, D)))
            links[bid] = Row(supplier, POLICIES[policy], replaces)
            model[supplier] = (bid, POLICIES[policy])
    expected = {bid for bid, under in model.values() if under == POLICIES[policy]}
    shuffled = list(leaves)
    chance.shuffle(shuffled)
    for order in (leaves, shuffled):
        found = current_bids(order, links, POLICIES[policy])
        assert {leaf.bid for leaf in found} == expected
        assert [leaf.bid for leaf in found] == [
            leaf.bid for leaf in order if leaf.bid in expected and leaf in found
        ]


def _last_void(mine: list[Leaf], links: dict[str, Row]) -> str | None:
    gone = {links[leaf.bid].replaces for leaf in mine if leaf.kind == "acceptance"}
    gone |= {leaf.bid for leaf in mine if leaf.kind == "withdrawal"}
    left = [leaf.bid for leaf in mine if leaf.kind == "acceptance" and leaf.bid not in gone]
    return left[-1] if left else None


LEAF = st.tuples(
    st.booleans(), st.integers(0, 3), st.integers(0, 1), st.none() | st.integers(0, 3), st.integers(0, 1)
)


@settings(max_examples=200)
@given(st.lists(LEAF, max_size=5), st.randoms(use_true_random=False))
def test_any_ledger_is_judged_without_regard_to_its_order(
    rows: list[tuple[bool, int, int, int | None, int]], chance: random.Random
) -> None:
    leaves, links = [], {}
    for accepted, bid, supplier, replaces, policy in rows:
        bid_id = f"{bid:032x}"
        make = acceptance_leaf if accepted else withdrawal_leaf
        leaves.append(parse_leaf(make(bid_id, SUPPLIERS[supplier], D, D, D)))
        if accepted:
            replaced = None if replaces is None else f"{replaces:032x}"
            links[bid_id] = Row(SUPPLIERS[supplier], POLICIES[policy], replaced)
    shuffled = list(leaves)
    chance.shuffle(shuffled)
    found = [_judged(order, links) for order in (leaves, shuffled)]
    assert (found[0] is None) == (found[1] is None)
    if found[0] is not None:
        assert found[0] == found[1]
        suppliers = [links[bid].supplier for bid in found[0]]
        assert len(set(suppliers)) == len(suppliers)


def _judged(leaves: list[Leaf], links: dict[str, Row]) -> set[str] | None:
    try:
        return {leaf.bid for leaf in current_bids(leaves, links, POLICIES[0])}
    except BidError:
        return None
