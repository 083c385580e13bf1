"""The verifier against platforms, agencies and custodians that lie about the stages of an opening."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bids import package as names
from bids.custody import CheckedStage, Release, build_release
from bids.stages import Stage
from tests.package_checks import caught, check, failures, honest, rewrite, texts
from tests.package_factory import Case, unzipped
from tests.stage_courses import LIES, THREE, TWO, finish, opened, staged
from tests.unlocking_factory import unlock

ENTRIES = "log/entries.jsonl"


@pytest.mark.parametrize("segments", [TWO, ("technical", "price"), THREE])
def test_a_tender_in_stages_verifies(segments: tuple[str, ...]) -> None:
    case = staged(20, segments)
    case.stages(**{segments[0]: {}})
    finish(case)
    data = honest(case)
    report = check(data, case.world)
    assert [finding.code for finding in report.findings].count("verify-stage") == len(segments) - 1
    assert all(texts(report))


def test_a_rejected_bid_is_never_opened_nor_awarded() -> None:
    case = staged(21, THREE)
    first, second = (bid.id for bid in case.tender.bids[:2])
    case.stages(qualification={first: "资质不符"}, technical={second: "方案不可行"})
    finish(case)
    data = honest(case)
    held = {name for name in unzipped(data) if first in name or second in name}
    assert names.sealed_name(first, "qualification") in held
    assert names.sealed_name(second, "technical") in held
    assert not {names.sealed_name(first, "technical"), names.sealed_name(second, "price")} & held
    assert case.ranking is not None and [row.bid for row in case.ranking.rows] == [case.tender.bids[2].id]


def test_a_bidders_own_lock_is_opened_once_for_all_segments() -> None:
    case = staged(19, lock=True)
    silent = case.tender.bids[0].id
    case.close()
    case.release()
    unlock(case, {silent: (False, 0)})
    case.open()
    case.admit()
    assert [bid.bid for bid in case.check_stages().bids] == [bid.id for bid in case.tender.bids[1:]]
    honest(finish(case))


def test_a_bid_that_did_not_open_needs_no_judgement() -> None:
    case = staged(22)
    case.close()
    lost = case.checked.current[0].bid
    case.ciphertexts = {lost: None}
    case.release()
    case.open()
    case.admit()
    case.ciphertexts = {}
    assert case.check_stages() is not None
    case.ciphertexts = {lost: None}
    finish(case)
    assert failures(check(case.package(), case.world)) == {"verify-ciphertexts": ["ciphertext-lost"]}


@pytest.mark.parametrize("code", sorted(LIES))
def test_the_verifier_finds_a_stage_statement_that_does_not_fit(code: str) -> None:
    case = staged(23)
    opened(case)
    case.admit(change=LIES[code])
    caught(case, case.package(), "verify-stage", code, ENTRIES)


def unlogged(case: Case) -> Callable[[], None]:
    """The agency's statement as the platform withholds it from the log; what is given logs it at last."""
    opened(case)
    log, held = case.log, []
    case.log = lambda *entry: held.append(entry) or 0  # type: ignore[method-assign,assignment,func-returns-value]
    case.admit()
    case.log = log  # type: ignore[method-assign]
    case.stage = CheckedStage(Stage.parse(held[0][2]), case.checked.current)
    return lambda: void(case.log(*held[0]))


def void(_: object) -> None:
    """Nothing."""


def test_the_price_segment_opened_without_a_stage_statement_is_caught() -> None:
    """All custodians and the platform together."""
    case = staged(24)
    unlogged(case)
    caught(case, finish(case).package(), "verify-stage", "entry-missing", ENTRIES)


def test_a_stage_statement_after_the_opening_is_caught() -> None:
    case = staged(25)
    log_it = unlogged(case)
    case.release()
    log_it()
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", "entry-order", ENTRIES)


def test_a_second_stage_statement_is_caught() -> None:
    case = staged(27)
    log_it = unlogged(case)
    log_it()
    log_it()
    caught(case, finish(case).package(), "verify-stage", "entry-twice", ENTRIES)


def test_an_entry_that_names_another_statement_is_caught() -> None:
    case = staged(28)
    opened(case)
    log = case.log
    case.log = lambda act, _, statement: log(act, {"stage": "0" * 64}, statement)  # type: ignore[method-assign]
    case.admit()
    case.log = log  # type: ignore[method-assign]
    caught(case, case.package(), "verify-stage", "entry-digest", ENTRIES)


def test_a_release_for_a_rejected_bid_is_caught() -> None:
    """A custodian that obeys the platform: the rejected bid's price stays shut for everybody who checks."""
    case = staged(26)
    rejected = case.tender.bids[2].id
    case.stages(qualification={rejected: "资质不符"})
    assert case.stage is not None
    lenient = CheckedStage(case.stage.stage, case.checked.current)
    shares = iter(
        build_release(case.checked, actor.id, key, "price", case.at, lenient)[0]["shares"]
        for actor, key in zip(case.world.custodians, case.tender.sealing_keys, strict=True)
    )
    case.release(change=lambda statement: statement.update(shares=next(shares)))
    caught(case, case.package(), "verify-releases", "release-other-bids")


def test_a_release_kept_back_is_caught_under_any_name() -> None:
    case = staged(29)
    case.stages()
    for named in ({"stage": "0" * 64}, {} if case.stage is None else {"stage": case.stage.stage.digest}):
        case.log("custody.released", {"release": "1" * 64, **named})
    data = finish(case).package()
    report = check(data, case.world)
    assert failures(report) == {"verify-releases-all": ["release-left-out", "release-left-out"]}


def test_a_release_that_came_too_late_for_its_segment_counts_for_nothing() -> None:
    case = staged(30)
    opened(case)
    late = case.signed_release(2)
    case.log("custody.released", {"release": Release.parse(late).digest})
    case.admit()
    case.check_stages()
    honest(finish(case))


def test_grace_counts_from_the_stage_statement() -> None:
    case = staged(31)
    case.stages()
    case.release((0, 1), wait=5)
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", "release-set-early", ENTRIES)


def test_records_under_each_other_s_names_are_caught() -> None:
    case = staged(32)
    case.stages()
    finish(case)

    def swap(files: dict[str, bytes]) -> None:
        first, last = names.record_names("qualification")[0], names.OPENING_RECORD
        files[first], files[last] = files[last], files[first]

    report = check(case.package(change=swap), case.world)
    assert "verify-record-logged" in failures(report)
    assert all(texts(report))


def test_an_unreadable_record_of_a_stage_is_caught() -> None:
    case = staged(33)
    case.stages()
    finish(case)
    name = names.record_names("qualification")[0]
    report = check(rewrite(case.package(), {name: b"{}"}), case.world)
    assert name in report.failed_files


# --- ends between two segments


def test_a_tender_that_is_cancelled_between_two_segments() -> None:
    case = staged(40)
    opened(case)
    case.cancel()
    honest(case)
    case = staged(41)
    case.stages()
    case.cancel()
    honest(case)


def test_too_few_admitted_may_end_a_tender() -> None:
    case = staged(42, minimum_bidders=3)
    case.stages(qualification={case.tender.bids[0].id: "资质不符"})
    case.fail("too few admitted")
    report = check(case.package(), case.world)
    assert failures(report) == {}
    assert {finding.code: finding.ok for finding in report.findings}["verify-few-admitted"] is None
    case = staged(43)
    case.stages(qualification={bid.id: "资质不符" for bid in case.tender.bids})
    case.fail("none admitted")
    honest(case)


def test_but_no_tender_in_which_enough_were_admitted() -> None:
    case = staged(44)
    case.stages()
    case.fail("too few admitted")
    caught(case, case.package(), "verify-few-admitted", "failure-unjustified", ENTRIES)


def test_too_few_opened_may_end_it_too() -> None:
    case = staged(45, minimum_bidders=3)
    case.close()
    case.ciphertexts = {case.checked.current[0].bid: None}
    case.release()
    case.open()
    case.fail("too few opened")
    report = check(case.package(), case.world)
    assert failures(report) == {"verify-ciphertexts": ["ciphertext-lost"]}
    assert {finding.code: finding.ok for finding in report.findings}["verify-few-opened"] is None
    case = staged(46)
    opened(case)
    case.fail("too few opened")
    caught(case, case.package(), "verify-few-opened", "failure-unjustified", ENTRIES)


@pytest.mark.parametrize("act", ["tender.evaluated", "opening.frozen", "tender.opened"])
def test_nothing_goes_on_where_a_tender_ended_between_two_segments(act: str) -> None:
    case = staged(47)
    opened(case)
    case.log(act, {})
    case.cancel()
    caught(case, case.package(), "verify-not-awarded", "entry-unopened", ENTRIES)
