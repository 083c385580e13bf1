"""Ranking: lowest total first, rejected bids last, ties by the rule, totals computed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bids.awards import Award, build_award
from bids.errors import BidError
from bids.notice import Notice
from bids.objects import write_object
from bids.offer import Offer, build_offer
from bids.ranking import Ranked, Ranking, rank
from signing import canonical
from signing.statements import read_statement, sign_statement
from tests.bids_factory import Tender, World

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def tender() -> Tender:
    return World(seed=11).tender(items=2)  # quantities 2.5 and 88


@pytest.fixture(scope="module")
def notice(tender: Tender) -> Notice:
    return tender.notice


def bid(
    notice: Notice, number: int, price: str, seconds: int = 0, reason: str | None = None, **changes: str
) -> Ranked:
    """A bid with one price for the first item and 1.00 for the second."""
    raw = build_offer(notice, {"1": price, "2": "1"})
    if changes:
        members = {**canonical.loads(raw), **changes}
        members.pop("type")
        raw = write_object("offer", members)
    offer = Offer.parse(raw, notice)
    return Ranked(f"{number:032x}", f"{number + 100:032x}", offer, AT + timedelta(seconds=seconds), reason)


def places(ranking: Ranking) -> list[tuple[int, int]]:
    """(bid number, rank) in order."""
    return [(int(row.bid, 16), row.rank) for row in ranking.rows]


def test_lowest_total_comes_first_whatever_the_order_given(notice: Notice) -> None:
    bids = [bid(notice, 1, "30"), bid(notice, 2, "10"), bid(notice, 3, "20.01")]
    for given in (bids, bids[::-1]):
        ranking = rank(given, notice)
        assert places(ranking) == [(2, 1), (3, 2), (1, 3)]
        assert ranking.winner == f"{2:032x}"
        assert not ranking.tied
    assert [row.total for row in ranking.rows] == [Decimal("113.00"), Decimal("138.03"), Decimal("163.00")]


def test_rejected_bids_come_last_by_total_and_ranks_go_on(notice: Notice) -> None:
    bids = [
        bid(notice, 1, "1", reason="no signature page"),
        bid(notice, 2, "50"),
        bid(notice, 3, "0.5", reason="late bond"),
        bid(notice, 4, "40"),
    ]
    ranking = rank(bids, notice)
    assert places(ranking) == [(4, 1), (2, 2), (3, 3), (1, 4)]
    assert [row.responsive for row in ranking.rows] == [True, True, False, False]
    assert ranking.rows[2].reason == "late bond"
    assert ranking.winner == f"{4:032x}"


def test_nobody_wins_where_all_are_rejected_or_none_bid(notice: Notice) -> None:
    assert rank([bid(notice, 1, "1", reason="x")], notice).winner is None
    empty = rank([], notice)
    assert empty.rows == () and empty.winner is None and not empty.tied


def test_equal_totals_go_to_the_earlier_receipt(notice: Notice) -> None:
    bids = [bid(notice, 1, "7", seconds=5), bid(notice, 2, "7", seconds=3), bid(notice, 3, "8")]
    ranking = rank(bids, notice)
    assert places(ranking) == [(2, 1), (1, 2), (3, 3)]
    assert ranking.winner == f"{2:032x}"


def test_equal_in_everything_share_a_rank_until_the_agency_parts_them(notice: Notice) -> None:
    bids = [bid(notice, 1, "7"), bid(notice, 2, "7"), bid(notice, 3, "8")]
    shared = rank(bids, notice)
    assert places(shared) == [(1, 1), (2, 1), (3, 3)]
    assert shared.winner is None and shared.tied
    parted = rank(bids, notice, order=[f"{2:032x}", f"{1:032x}"])
    assert places(parted) == [(2, 1), (1, 2), (3, 3)]
    assert parted.winner == f"{2:032x}" and not parted.tied
    assert parted.working["order"] == [f"{2:032x}", f"{1:032x}"]


def test_the_order_rule_leaves_ties_to_the_agency_alone(notice: Notice) -> None:
    bids = [bid(notice, 1, "7", seconds=5), bid(notice, 2, "7", seconds=3)]
    assert rank(bids, notice, tie="order").winner is None
    ranking = rank(bids, notice, tie="order", order=[f"{1:032x}", f"{2:032x}"])
    assert ranking.winner == f"{1:032x}"


def test_an_order_never_lifts_a_dearer_bid(notice: Notice) -> None:
    bids = [bid(notice, 1, "7"), bid(notice, 2, "8")]
    ranking = rank(bids, notice, order=[f"{2:032x}", f"{1:032x}"])
    assert places(ranking) == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"rule": "highest-price"}, "rule-unknown"),
        ({"tie": "coin"}, "rule-unknown"),
        ({"order": ["f" * 32]}, "order-unknown-bid"),
        ({"order": [f"{1:032x}", f"{1:032x}"]}, "order-unknown-bid"),
        ({"order": [f"{1:032x}"]}, "order-incomplete"),
    ],
)
def test_unknown_rules_and_orders_are_refused(notice: Notice, facts: Mapping[str, object], code: str) -> None:
    bids = [bid(notice, 1, "7"), bid(notice, 2, "7")]
    with pytest.raises(BidError) as refused:
        rank(bids, notice, **facts)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert str(refused.value)


def test_a_bid_twice_is_refused(notice: Notice) -> None:
    with pytest.raises(BidError, match="twice"):
        rank([bid(notice, 1, "7"), bid(notice, 1, "8")], notice)


def test_the_stated_total_counts_for_nothing_and_its_correction_is_in_the_working(notice: Notice) -> None:
    liar = bid(notice, 1, "100", total="1.00")
    honest = bid(notice, 2, "50")
    ranking = rank([liar, honest], notice)
    assert ranking.winner == honest.bid
    working = ranking.working["bids"][1]
    assert working["stated_total"] == "1.00"
    assert working["total"] == "338.00"
    assert working["corrections"] == [{"field": "total", "stated": "1.00", "corrected": "338.00"}]


def test_a_wrong_line_amount_is_corrected_too(notice: Notice) -> None:
    raw = canonical.loads(build_offer(notice, {"1": "3", "2": "1"}))
    raw["items"][0]["amount"] = "7.51"
    raw.pop("type")
    offer = Offer.parse(write_object("offer", raw), notice)
    ranking = rank([Ranked("1" * 32, "2" * 32, offer, AT)], notice)
    corrections = ranking.working["bids"][0]["corrections"]
    assert {"item": "1", "field": "amount", "stated": "7.51", "corrected": "7.50"} in corrections


def test_anybody_recomputes_totals_from_the_working_alone(notice: Notice) -> None:
    working = rank([bid(notice, 1, "3.333"), bid(notice, 2, "0.004")], notice).working
    assert (working["rule"], working["tie"], working["currency"]) == (
        "lowest-total",
        "earlier-receipt",
        "CNY",
    )
    for one in working["bids"]:
        total = Decimal(0)
        for line in one["lines"]:
            amount = Decimal(line["quantity"]) * Decimal(line["unit_price"])
            assert abs(amount - Decimal(line["amount"])) <= Decimal("0.005")
            total += Decimal(line["amount"])
        assert str(total) == one["total"]
    canonical.dumps(working)


def test_tiny_prices_are_written_without_an_exponent(notice: Notice) -> None:
    working = rank([bid(notice, 1, "0.00000001")], notice).working
    assert working["bids"][0]["lines"][0]["unit_price"] == "0.00000001"


# --- the award statement


def award(notice: Notice, ranking: Ranking) -> dict[str, object]:
    return dict(build_award(notice, ranking, "a" * 64, "b" * 64, AT))


def test_an_award_says_ranking_working_and_winner(tender: Tender, notice: Notice) -> None:
    ranking = rank([bid(notice, 1, "9", reason="附件缺失"), bid(notice, 2, "7")], notice)
    statement = award(notice, ranking)
    file = sign_statement(statement, tender.world.statement_signer, AT)  # type: ignore[arg-type]
    read = Award.parse(file)
    assert read.digest == read_statement(file, "sunseal/award/v1").digest
    assert (read.tender, read.at, read.rule, read.winner) == (notice.tender, AT, "lowest-total", f"{2:032x}")
    assert read.ranking == ranking.rows
    assert read.working == {**ranking.working, "opening": "a" * 64, "evaluation": "b" * 64}
    assert canonical.digest(read.raw) == read.digest


def test_there_is_no_award_without_a_winner(notice: Notice) -> None:
    with pytest.raises(BidError) as refused:
        award(notice, rank([], notice))
    assert refused.value.code == "no-winner"


def test_a_winner_who_was_not_ranked_is_refused(tender: Tender, notice: Notice) -> None:
    statement = {**award(notice, rank([bid(notice, 1, "9")], notice)), "winner": "f" * 32}
    file = sign_statement(statement, tender.world.statement_signer, AT)  # type: ignore[arg-type]
    with pytest.raises(BidError) as refused:
        Award.parse(file)
    assert refused.value.code == "award-winner"
