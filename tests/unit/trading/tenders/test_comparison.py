"""What an amendment changes, and whether bids sealed before stay good: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bids.notice import Document, Item
from trading.tenders.amendments import publication_facts
from trading.tenders.comparison import compare
from trading.tenders.rules import amendment_refusals, pack_named
from trading.tenders.terms import Terms

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
ONE = Item("1", "0301", "路基", "m3", Decimal("120.5"))
TWO = Item("2", "", "沥青面层", "m2", Decimal("3000"))
OLD = Document("招标文件.pdf", "a" * 64, 1)
TERMS = Terms("标段", "CNY", Decimal("100.00"), None, NOW + timedelta(days=30), 3, 10, (ONE, TWO), (OLD,))
BARELY = {"deadline": TERMS.deadline + timedelta(milliseconds=1)}
LATER, SOONER = ({"deadline": TERMS.deadline + timedelta(days=days)} for days in (1, -1))


@pytest.mark.parametrize(
    ("changes", "voids", "spoils", "affects"),
    [
        ({}, False, "", False),
        ({"title": "另一标段"}, False, "", False),
        ({"estimate": None}, False, "", False),
        ({"ceiling": Decimal("90.00")}, False, "", True),
        ({"documents": ()}, False, "", True),
        (LATER, True, "", False),
        (SOONER, True, "", True),
        ({"minimum_bidders": 4}, True, "", False),
        ({"grace_seconds": 11}, True, "", False),
        ({"currency": "USD"}, False, "currency", True),
        ({"items": (TWO, ONE)}, False, "items", True),
        ({"items": (ONE,)}, False, "items", True),
        ({"items": (ONE,), **LATER}, True, "", True),
        ({"items": (ONE, replace(TWO, quantity=Decimal("3000.0")))}, False, "", False),
    ],
)
def test_what_a_change_means(changes: dict[str, Any], voids: bool, spoils: str, affects: bool) -> None:
    found = compare(TERMS, replace(TERMS, **changes))
    assert (found.voids, found.spoils, found.affects_bids) == (voids, spoils, affects)
    assert bool(found) == (replace(TERMS, **changes) != TERMS)


def test_lines_and_documents_are_told_apart() -> None:
    more, new = replace(TWO, quantity=Decimal("3500")), Document("答疑.pdf", "b" * 64, 1)
    three = Item("3", "", "路缘石", "m", Decimal("40"))
    found = compare(TERMS, replace(TERMS, items=(more, three), documents=(new,)))
    assert [(each.number, each.old, each.new) for each in found.items] == [
        ("2", TWO, more), ("3", None, three), ("1", ONE, None),
    ]  # fmt: skip
    assert {(each.old, each.new) for each in found.documents} == {(OLD, None), (None, new)}
    assert not found.reordered and not found.fields


@pytest.mark.parametrize(
    ("days", "affects", "sandbox", "broken"),
    [(16, True, False, []), (14, True, False, ["rule-amendment-to-deadline"]), (14, False, False, []),
     (14, True, True, [])],
)  # fmt: skip
def test_what_affects_bids_leaves_time(days: int, affects: bool, sandbox: bool, broken: list[str]) -> None:
    facts = publication_facts(TERMS, NOW, sandbox)
    at = TERMS.deadline - timedelta(days=days)
    found = list(amendment_refusals(pack_named("cn-works"), facts, at, affects, False))
    assert [each.code for each in found] == broken
    assert all("第21条" in each.article for each in found)
    assert not list(amendment_refusals(pack_named("generic"), facts, at, affects, False))


@pytest.mark.parametrize(
    ("changes", "left", "sandbox", "broken"),
    [
        ({"grace_seconds": 11}, timedelta(hours=24), False, []),
        ({"grace_seconds": 11}, timedelta(hours=23, minutes=59), False, ["rule-reseal-hours"]),
        ({"minimum_bidders": 4}, timedelta(seconds=5), False, ["rule-reseal-hours"]),
        ({"minimum_bidders": 4}, timedelta(seconds=5), True, []),
        (BARELY, timedelta(seconds=5), False, ["rule-reseal-hours"]),
        (LATER, timedelta(seconds=5), False, []),
        ({"title": "另一标段"}, timedelta(seconds=5), False, []),
    ],
)
def test_what_voids_bids_leaves_everybody_time_to_seal_again(
    changes: dict[str, Any], left: timedelta, sandbox: bool, broken: list[str]
) -> None:
    new = replace(TERMS, **changes)
    found = compare(TERMS, new)
    assert not found.affects_bids, "the days of bids made from something else hold besides"
    judged = (publication_facts(new, NOW, sandbox), TERMS.deadline - left, found.affects_bids, found.voids)
    refusals = list(amendment_refusals(pack_named("cn-works"), *judged))
    assert [each.code for each in refusals] == broken
    for each in refusals:
        assert each.rule == "reseal-hours" and "第23条" in each.article and "art. 21" in each.article
        assert each.params["hours"] == "24"
    assert not list(amendment_refusals(pack_named("generic"), *judged))
