"""The verifier against a dishonest platform that holds every statement key: evaluation and award."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.bids_factory import World
from tests.package_checks import (
    caught,
    honest,
    opened,
)
from tests.package_factory import Case


@pytest.fixture
def case() -> Case:
    return Case(World(seed=61))


# --- the dishonest platform: award


def set_winner(bid: str) -> Callable[[dict[str, Any]], None]:
    def change(award: dict[str, Any]) -> None:
        award["winner"] = bid

    return change


def test_another_winner_is_caught_although_the_agency_agreed(case: Case) -> None:
    case.close()
    case.release()
    case.open()
    case.evaluate()
    assert case.ranking is not None
    case.award(set_winner(case.ranking.rows[1].bid))
    caught(case, case.package(), "verify-award-ranking", "award-other-winner", "award.json")


def forged_award(case: Case, change: Callable[[dict[str, Any]], None]) -> bytes:
    case.close()
    case.release()
    case.open()
    case.evaluate()
    case.award(change)
    return case.package()


def wrong_total(award: dict[str, Any]) -> None:
    award["ranking"][0]["total"] = "1.00"


def wrong_rank(award: dict[str, Any]) -> None:
    award["ranking"][1]["rank"] = 1


def left_out(award: dict[str, Any]) -> None:
    award["ranking"].pop()


def invented(award: dict[str, Any]) -> None:
    award["ranking"].append({**award["ranking"][0], "bid": "f" * 32})


def reordered(award: dict[str, Any]) -> None:
    award["ranking"].reverse()


def said_not_responsive(award: dict[str, Any]) -> None:
    award["ranking"][2].update(responsive=False, reason="x")


def other_price(award: dict[str, Any]) -> None:
    award["working"]["bids"][0]["lines"][0]["unit_price"] = "0.01"


def other_tie(award: dict[str, Any]) -> None:
    award["working"]["tie"] = "coin"


def no_tie(award: dict[str, Any]) -> None:
    del award["working"]["tie"]


def more_working(award: dict[str, Any]) -> None:
    award["working"]["remark"] = "x"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (wrong_total, "award-differs"),
        (wrong_rank, "award-differs"),
        (said_not_responsive, "award-differs"),
        (left_out, "award-bid-missing"),
        (invented, "award-bid-unknown"),
        (reordered, "award-order"),
        (other_price, "award-working"),
        (more_working, "award-working"),
        (other_tie, "rule-unknown"),
        (no_tie, "rule-unknown"),
    ],
)
def test_an_award_that_does_not_follow_is_caught(
    case: Case, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    caught(case, forged_award(case, change), "verify-award-ranking", reason, "award.json")


def test_an_award_of_another_tender_is_caught(case: Case) -> None:
    data = forged_award(case, lambda award: award.update(tender="f" * 32))
    caught(case, data, "verify-award-signed", "award-other-tender", "award.json")


def test_a_decision_the_buyer_did_not_sign_is_caught(case: Case) -> None:
    opened(case).evaluate()
    case.award(signer=case.world.actor("agency", "另一机构"))
    caught(case, case.package(), "verify-decision", "not-enrolled", "log/entries.jsonl")


def test_a_decision_by_another_enrolled_agency_is_caught(case: Case) -> None:
    other = case.world.actor("agency", "另一机构")
    case.world.suppliers.append(other)
    opened(case).evaluate()
    case.award(signer=other)
    caught(case, case.package(), "verify-decision", "signer-not-buyer", "log/entries.jsonl")


def test_a_decision_for_another_winner_or_tender_is_caught(case: Case) -> None:
    opened(case).evaluate()
    case.award(decide=lambda decision: decision.update(winner=case.tender.bids[0].id, opening="0" * 64))
    caught(case, case.package(), "verify-decision", "decision-differs", "log/entries.jsonl")
    other = opened(Case(World(seed=68)))
    other.evaluate()
    other.award(decide=lambda decision: decision.update(tender="f" * 32))
    caught(other, other.package(), "verify-decision", "entry-other-tender")


def test_an_evaluation_the_agency_did_not_make_is_caught(case: Case) -> None:
    opened(case).evaluate({case.tender.bids[0].id: "x"}, signer=case.world.suppliers[1])
    case.award()
    caught(case, case.package(), "verify-evaluation", "signer-role", "log/entries.jsonl")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"opening": "0" * 64}, "evaluation-other-opening"),
        ({"rejections": [{"bid": "f" * 32, "reason": "x"}]}, "evaluation-unknown-bid"),
    ],
)
def test_an_evaluation_of_something_else_is_caught(case: Case, members: dict[str, Any], reason: str) -> None:
    opened(case).evaluate(change=lambda evaluation: evaluation.update(members))
    case.award()
    caught(case, case.package(), "verify-evaluation", reason, "log/entries.jsonl")


def test_the_last_evaluation_counts(case: Case) -> None:
    opened(case).evaluate({case.tender.bids[0].id: "x"})
    case.evaluate()
    case.award()
    honest(case)


def test_an_award_without_an_evaluation_in_the_log_is_caught(case: Case) -> None:
    opened(case).evaluate()
    case.award()
    entry = next(one for one in case.world.log_entries if b'"tender.evaluated"' in one)
    position = case.world.log_entries.index(entry)
    kept = case.positions()
    kept.remove(position)
    case.positions = lambda: kept + _after(case, kept)  # type: ignore[method-assign]
    caught(case, case.package(), "verify-evaluation", "entry-missing", "log/entries.jsonl")


def _after(case: Case, kept: list[int]) -> list[int]:
    """Entries logged since."""
    return list(range(max(kept) + 1, len(case.world.log_entries)))
