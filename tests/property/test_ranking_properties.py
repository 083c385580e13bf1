"""Ranking for any bids: a permutation, ordered, ranks that count, the same whatever order bids come in."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from bids.offer import Offer, build_offer
from bids.ranking import Ranked, rank
from tests.bids_factory import World

NOTICE = World(seed=12).tender(items=3).notice
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)

PRICES = st.tuples(*[st.integers(0, 3000).map(lambda mills: f"{mills // 1000}.{mills % 1000:03d}")] * 3)
BIDS = st.lists(
    st.tuples(PRICES, st.integers(0, 2), st.sampled_from([None, None, None, "不响应"])), max_size=7
)


def made(facts: list[tuple[tuple[str, ...], int, str | None]]) -> list[Ranked]:
    bids = []
    for number, (prices, seconds, reason) in enumerate(facts):
        offer = Offer.parse(build_offer(NOTICE, dict(zip("123", prices, strict=True))), NOTICE)
        bids.append(Ranked(f"{number:032x}", "a" * 32, offer, AT + timedelta(seconds=seconds), reason))
    return bids


def total(ranked: Ranked) -> Fraction:
    """In cents, by rational arithmetic: nothing of the code under test."""
    cents = 0
    for item, line in zip(NOTICE.items, ranked.offer.lines, strict=True):
        cents += floor(Fraction(item.quantity) * Fraction(line.unit_price) * 100 + Fraction(1, 2))
    return Fraction(cents, 100)


@settings(max_examples=60, deadline=None)
@given(BIDS, st.sampled_from(["earlier-receipt", "order"]), st.randoms(use_true_random=False))
def test_ranking_is_ordered_counted_and_does_not_depend_on_the_order_given(
    facts: list[tuple[tuple[str, ...], int, str | None]], tie: str, chance: random.Random
) -> None:
    bids = made(facts)
    by_id = {one.bid: one for one in bids}
    ranking = rank(bids, NOTICE, tie=tie)
    shuffled = bids[:]
    chance.shuffle(shuffled)
    assert rank(shuffled, NOTICE, tie=tie) == ranking
    assert sorted(row.bid for row in ranking.rows) == sorted(by_id)

    def merit(bid: str) -> tuple[object, ...]:
        one = by_id[bid]
        earlier = (one.received_at,) if tie == "earlier-receipt" else ()
        return (one.rejected_reason is not None, total(one), *earlier)

    merits = [merit(row.bid) for row in ranking.rows]
    assert merits == sorted(merits)
    for row in ranking.rows:
        better = sum(merit(other) < merit(row.bid) for other in by_id)
        assert row.rank == better + 1
        assert Fraction(row.total) == total(by_id[row.bid])
        assert row.responsive == (by_id[row.bid].rejected_reason is None)
    assert ranking.tied == (len(set(merits)) < len(merits))
    firsts = [row for row in ranking.rows if row.rank == 1 and row.responsive]
    assert ranking.winner == (firsts[0].bid if len(firsts) == 1 else None)


@settings(max_examples=40, deadline=None)
@given(BIDS, st.randoms(use_true_random=False))
def test_an_order_naming_everybody_leaves_no_tie_and_parts_nothing_else(
    facts: list[tuple[tuple[str, ...], int, str | None]], chance: random.Random
) -> None:
    bids = made(facts)
    order = [one.bid for one in bids]
    chance.shuffle(order)
    ranking = rank(bids, NOTICE, tie="order", order=order)
    assert not ranking.tied
    assert [row.rank for row in ranking.rows] == list(range(1, len(bids) + 1))
    by_id = {one.bid: one for one in bids}
    keys = [
        (by_id[row.bid].rejected_reason is not None, row.total, order.index(row.bid)) for row in ranking.rows
    ]
    assert keys == sorted(keys)
