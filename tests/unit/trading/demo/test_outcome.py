"""Comparing with the official results, and the summaries."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from trading.demo.compare import Difference, Row, compare, expected_status, rejection_reason
from trading.demo.replay import Plan
from trading.demo.source import Contract, Source, SourceBid, SourceItem
from trading.demo.summary import summary_json, summary_lines
from trading.demo.tender import Outcome

ITEM = SourceItem("1", "", "Asphalt", "t", "10")


def a_bid(rank: int, bidder: str, price: str, total: str, note: str | None = None) -> SourceBid:
    return SourceBid(rank, bidder, total, note is None, note, {"1": price})


CONTRACT = Contract(
    "A-1", "Road", "", "USD", "60.00", (ITEM,),
    (a_bid(1, "A", "5", "50.00"), a_bid(2, "B", "7", "70.00"), a_bid(3, "C", "4", "40.00", "LATE BOND")),
)  # fmt: skip
ROWS = (
    Row(1, "A", "50.00", True, None), Row(2, "B", "70.00", True, None),
    Row(3, "C", "40.00", False, "LATE BOND"),
)  # fmt: skip


def differences(
    rows: tuple[Row, ...] = ROWS, status: str = "awarded", winner: str | None = "A"
) -> list[Difference]:
    return compare(CONTRACT, 1, status, rows, winner)


def test_as_it_should_be() -> None:
    assert differences() == []


@pytest.mark.parametrize(
    ("position", "change", "what"),
    [
        (0, {"total": "50.01"}, "total"),
        (1, {"rank": 3}, "rank"),
        (2, {"responsive": True}, "responsive"),
        (2, {"reason": "another"}, "reason"),
    ],
)
def test_each_difference_names_tender_and_bidder(position: int, change: dict[str, object], what: str) -> None:
    rows = list(ROWS)
    rows[position] = replace(rows[position], **change)  # type: ignore[arg-type]
    (found,) = differences(tuple(rows))
    assert (found.contract, found.bidder, found.what) == ("A-1", rows[position].bidder, what)
    for text in (found.text("zh"), found.text("en")):
        assert "A-1" in text and rows[position].bidder in text


def test_bids_missing_and_added() -> None:
    missing = differences(ROWS[:2])
    assert [(each.bidder, each.what) for each in missing] == [("", "ranking"), ("C", "rank")]
    added = differences((*ROWS, Row(4, "D", "1.00", True, None)))
    assert [(each.bidder, each.what) for each in added] == [("", "ranking"), ("D", "rank")]


def test_status_and_winner() -> None:
    assert [each.what for each in differences(status="failed")] == ["status"]
    assert [each.what for each in differences(winner="B")] == ["winner"]
    assert [each.what for each in differences(winner=None)] == ["winner"]


def test_a_total_that_its_unit_prices_do_not_give() -> None:
    changed = replace(CONTRACT, bids=(a_bid(1, "A", "5.01", "50.00"), *CONTRACT.bids[1:]))
    rows = (Row(1, "A", "50.10", True, None), *ROWS[1:])
    found = compare(changed, 1, "awarded", rows, "A")
    assert {(each.bidder, each.what) for each in found} == {("A", "total by unit prices"), ("A", "total")}


def test_too_few_bidders_must_fail_unopened() -> None:
    assert expected_status(CONTRACT, 4) == "failed"
    assert compare(CONTRACT, 4, "failed", (), None) == []
    assert [each.what for each in compare(CONTRACT, 4, "failed", ROWS, None)] == ["ranking"]
    assert [each.what for each in compare(CONTRACT, 4, "awarded", (), None)] == ["status"]


def test_without_a_responsive_bid_it_fails_after_opening() -> None:
    bids = tuple(replace(each, responsive=False, note="no bond") for each in CONTRACT.bids[2:])
    contract = replace(CONTRACT, bids=(replace(bids[0], rank=1),))
    assert expected_status(contract, 1) == "failed"
    assert compare(contract, 1, "failed", (Row(1, "C", "40.00", False, "no bond"),), None) == []
    assert rejection_reason(None) == "not responsive"


def outcome(tmp_path: Path) -> Outcome:
    folder = tmp_path / "A-1"
    files = {
        "evidence": folder / "evidence.zip", "opening_record": folder / "opening-record.pdf",
        "award_report": folder / "award-report.pdf",
    }  # fmt: skip
    return Outcome(
        CONTRACT,
        "ab" * 16,
        "awarded",
        ROWS,
        ROWS[0],
        files,
        attachments=3,
        began_after=0.31,
        opened_after=1.5,
    )


def test_summary_json(tmp_path: Path) -> None:
    failed = Outcome(
        replace(CONTRACT, number="B-2"), "cd" * 16, "failed", files={"evidence": tmp_path / "B-2/e.zip"}
    )
    members = json.loads(summary_json([outcome(tmp_path), failed], tmp_path))
    assert members["tenders"][0] == {
        "contract_number": "A-1", "tender_id": "ab" * 16, "status": "awarded",
        "ranking": [
            {"rank": 1, "bidder": "A", "total": "50.00", "responsive": True, "reason": None},
            {"rank": 2, "bidder": "B", "total": "70.00", "responsive": True, "reason": None},
            {"rank": 3, "bidder": "C", "total": "40.00", "responsive": False, "reason": "LATE BOND"},
        ],
        "award": {"bidder": "A", "total": "50.00"}, "evidence": "A-1/evidence.zip",
        "opening_record": "A-1/opening-record.pdf", "award_report": "A-1/award-report.pdf",
    }  # fmt: skip
    assert members["tenders"][1] == {
        "contract_number": "B-2", "tender_id": "cd" * 16, "status": "failed", "ranking": [], "award": None,
        "evidence": "B-2/e.zip", "opening_record": None, "award_report": None,
    }  # fmt: skip


def test_summary_in_words(tmp_path: Path) -> None:
    plan = Plan(Source("x", (CONTRACT,)), "generic", 1, None)
    text = "\n".join(summary_lines(plan, [outcome(tmp_path)], tmp_path, "en"))
    for words in (
        "16.7 % under the estimate",
        "rejected C (LATE BOND)",
        "within 0.3 s",
        "Every rank",
        str(tmp_path),
    ):
        assert words in text
    bad = outcome(tmp_path)
    bad.differences.append(Difference("A-1", "B", "total", "70.00", "70.01"))
    text = "\n".join(summary_lines(plan, [bad], tmp_path, "en"))
    assert "✗ A-1 · B: total should be 70.00 and is 70.01" in text and "Every rank" not in text
    text = "\n".join(summary_lines(plan, [bad], tmp_path, "zh"))
    assert "A-1 · B：总价应为 70.00，结果为 70.01" in text and "低于估价 16.7 %" in text
    failed = Outcome(CONTRACT, "cd" * 16, "failed", began_after=0.1)
    assert "keys are erased" in "\n".join(summary_lines(plan, [failed], tmp_path, "en"))
