"""Hostile packages before both verifiers: whatever is in them, both say the same to the word."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bids.errors import BidError
from tests.bids_factory import World
from tests.package_checks import check, failures, rewrite
from tests.package_factory import Case, unzipped
from tests.property.test_package_bytes import award, failed
from tests.typescript import agreement

MAKERS = st.sampled_from([award, failed])
ODD = "’\"'\\\n\t\x7f\u200b\u3000é\U0001f512 {bid} {0}"


def judged(data: bytes, world: World | None) -> None:
    """Check, which compares; a refusal is compared too."""
    with suppress(BidError):
        check(data, world)


@settings(max_examples=60)
@given(st.data())
def test_any_file_changed_anyhow(data: st.DataObject) -> None:
    world, package = data.draw(MAKERS)()
    files = unzipped(package)
    name = data.draw(st.sampled_from(sorted(files)))
    content = files[name]
    at = data.draw(st.integers(0, len(content)))
    gone = data.draw(st.sampled_from([0, 1, 1, 2, 40]))
    put = data.draw(st.binary(max_size=2))
    changed = content[:at] + put + content[at + gone :]
    judged(rewrite(package, {name: changed}), data.draw(st.sampled_from([world, None])))


@settings(max_examples=100)
@given(st.data())
def test_the_zip_itself_changed_anyhow(data: st.DataObject) -> None:
    world, package = data.draw(MAKERS)()
    directory = package.index(b"PK\x01\x02")
    start = data.draw(st.sampled_from([0, directory, package.rindex(b"PK\x05\x06")]))
    at = data.draw(st.integers(start, len(package)))
    gone = data.draw(st.sampled_from([0, 1, 1, 4]))
    put = data.draw(st.binary(max_size=2))
    judged(package[:at] + put + package[at + gone :], world)


def whole_course(seed: int, **changes: Any) -> Case:
    case = Case(World(seed=seed))
    case.close()
    case.release()
    case.open(**changes)
    case.evaluate()
    return case


@pytest.mark.parametrize("tie", [None, True, 7, ODD, [1, ODD, None], {"b": [False], "a": {"x": ODD}}])
def test_a_rule_that_is_any_json_is_quoted_alike(tie: object) -> None:
    case = whole_course(91)
    case.award(change=lambda award: award["working"].update(tie=tie))
    judged(case.package(), case.world)


def test_names_that_look_like_numbers_keep_the_order_of_the_bytes() -> None:
    case = whole_course(92)
    names = {"10": "0" * 64, "9": "0" * 64, "100": "0" * 64, "a": "0" * 64}
    case.award(change=lambda award: award["working"].update(names))
    judged(case.package(evidence=lambda statement: statement["files"].update(names)), case.world)


@pytest.mark.parametrize(
    "at", [ODD, "2026-02-30T00:00:00Z", "x" * 200, "\U0001f512" * 70, "0001-01-01T00:00:00Z"]
)
def test_times_that_are_none_are_quoted_alike(at: str) -> None:
    case = whole_course(93)
    case.award(change=lambda award: award.update(at=at))
    judged(case.package(), case.world)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC), "entry-back"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "verify-broke-off"),
    ],
)
def test_times_at_the_ends_of_the_calendar(at: datetime, reason: str) -> None:
    case = whole_course(94)
    case.award()
    case.at = at
    case.log("tender.suspended", {})
    data = case.package()
    judged(data, case.world)
    assert reason in failures(check(data, case.world))["verify-times"]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["bids"][0].update(reason=ODD),
        lambda record: record["bids"].append(record["bids"][0]),
        lambda record: record.update(unknown=1),
        lambda record: record["bids"][0]["announced"].update(delivery_days=True),
        lambda record: record["bids"][0]["announced"].update(quality=ODD),
    ],
)
def test_records_that_say_odd_things(change: Callable[[dict[str, Any]], None]) -> None:
    case = whole_course(95, change=change)
    case.award()
    judged(case.package(), case.world)


def test_the_comparison_itself_would_show_a_difference() -> None:
    """Were the two to differ in one sentence, or one file, the tests above would fail."""
    world, data = failed()
    report = check(data, world)
    mine, theirs = agreement.whole(report), agreement.whole(report)
    assert agreement.differences(mine, theirs) == []
    theirs["findings"][3]["zh"] += "。"
    assert len(agreement.differences(mine, theirs)) == 1
    del theirs["findings"][-1]
    with pytest.raises(AssertionError):
        agreement.agree(data + b"x", report)
