"""Why a tender ends without enough bidders, as its failure statement says it."""

from __future__ import annotations

from bids.objects import build_statement
from trading.opening.closing import too_few


def test_the_reason_counts_in_both_languages() -> None:
    closed, opened = too_few(2, 3, "bid"), too_few(0, 1, "opened")
    assert "2 家" in closed and "不足 3 家" in closed
    assert "2 supplier(s) have a current bid; 3 are needed." in closed
    assert "0 supplier(s) have a bid that opened; 1 are needed." in opened


def test_the_reason_fits_a_failure_statement() -> None:
    members = {"at": "2026-06-01T00:00:00.000Z", "tender": "1" * 32, "reason": too_few(2, 3, "bid")}
    assert build_statement("failure", dict(members))["reason"] == members["reason"]
