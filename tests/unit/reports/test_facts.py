import dataclasses

import pytest

from reports.errors import ReportError
from tests.unit.reports.make_facts import award_facts, opening_facts


def test_prices_of_other_items_are_refused() -> None:
    facts = opening_facts(2, 4)
    bid = facts.bids[0]
    swapped = dataclasses.replace(bid, prices=bid.prices[::-1])
    with pytest.raises(ReportError, match="not those of the tender's items"):
        dataclasses.replace(facts, bids=(swapped,))


def test_a_bid_that_did_not_open_has_no_prices() -> None:
    facts = opening_facts(2, 4)
    with pytest.raises(ReportError, match="can have no prices"):
        dataclasses.replace(facts, bids=(dataclasses.replace(facts.bids[0], opened=False),))


@pytest.mark.parametrize("winner", ["0" * 32, "the rejected one"])
def test_only_a_responsive_bid_of_the_ranking_can_win(winner: str) -> None:
    facts = award_facts(3, 4, rejected=1)
    chosen = facts.ranking[-1].bid_id if winner == "the rejected one" else winner
    with pytest.raises(ReportError, match="is not a responsive bid"):
        dataclasses.replace(facts, winner=chosen)
