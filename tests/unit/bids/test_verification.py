"""The verifier against a dishonest platform that holds every statement key, and against everybody else.

Each forgery here is consistent in itself: signed, logged and listed anew by the platform. What gives it away
is named in the test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bids import package as names
from bids.package import lines
from bids.verification import Finding
from bids.verification.anchors import load_crls
from signing import canonical
from signing.certificates import dump_pem
from signing.statements import read_statement
from tests.bids_factory import HOUR, Tender, World, strangers
from tests.package_factory import Case, check, failures, rewrite, texts, unzipped

Package = dict[str, bytes]


@pytest.fixture
def case() -> Case:
    return Case(World(seed=61))


def honest(case: Case) -> bytes:
    data = case.package()
    report = check(data, case.world)
    assert report.ok, list(texts(report))
    assert report.anchored
    return data


def caught(case: Case, data: bytes, code: str, reason: str, *files: str) -> None:
    """The forged package fails in the finding `code` for `reason`, and names `files`."""
    report = check(data, case.world)
    assert not report.ok
    found = failures(report)
    assert reason in found.get(code, []), found
    named = {name for finding in report.findings if finding.code == code for name in finding.files}
    assert named.issuperset(files), named
    assert all(texts(report))


# --- honest packages of every kind


def test_an_award_passes_every_check_in_words(case: Case) -> None:
    case.run()
    report = check(honest(case), case.world)
    assert [finding.number for finding in report.findings] == list(range(1, len(report.findings) + 1))
    assert {finding.ok for finding in report.findings} == {True, None}
    assert [finding.code for finding in report.findings if finding.ok is None] == ["verify-sandbox"]
    assert all(texts(report))
    assert report.failed_files == frozenset()


def test_without_anchors_of_ones_own_it_says_unanchored(case: Case) -> None:
    report = check(case.run().package())
    assert report.ok and not report.anchored
    unknown = [finding.code for finding in report.findings if finding.ok is None]
    assert unknown[:2] == ["verify-roots-package", "verify-key-package"]
    assert unknown[-1] == "verify-unanchored"


def test_replacements_withdrawals_and_earlier_notices_pass() -> None:
    world = World(seed=62, suppliers=4)

    def before(tender: Tender) -> None:
        void = tender.submit(world.suppliers[0])
        tender.amend(deadline=tender.notice.deadline + HOUR)
        tender.amend(title="第二次更正")
        first = tender.submit(world.suppliers[0], replaces=void.id)
        tender.submit(world.suppliers[0], replaces=first.id)
        tender.withdraw(tender.submit(world.suppliers[1]))
        tender.submit(world.suppliers[1])
        tender.submit(world.suppliers[2])

    case = Case(world, bidders=0, prepare=before)
    files = unzipped(honest(case.run()))
    assert sum(name.startswith("notices/") for name in files) == 4
    assert sum(name.endswith("withdrawal.json") for name in files) == 1
    assert sum(name.endswith("public.sealed") for name in files) == 3


def test_two_of_three_custodians_after_the_grace_pass(case: Case) -> None:
    case.close()
    case.release((0, 2), wait=20)
    case.open()
    case.evaluate()
    case.award()
    honest(case)


def test_bids_that_do_not_open_pass_with_their_reasons(case: Case) -> None:
    case.close()
    lost = case.checked.current[0].bid
    altered = case.checked.current[1].bid
    case.ciphertexts = {lost: None, altered: b"x" * 70000}
    case.release()
    case.open()
    case.evaluate()
    case.award()
    files = unzipped(honest(case))
    assert names.sealed_name(lost, "bid") not in files
    assert names.sealed_name(altered, "bid") in files and names.offer_name(altered, "bid") not in files


def test_rejected_bids_and_parted_ties_pass() -> None:
    world = World(seed=63)
    prices = {"1": "5", "2": "6", "3": "7"}

    def alike(tender: Tender) -> None:
        for supplier in world.suppliers:
            tender.submit(supplier, prices=prices, received_at=tender.notice.at + HOUR / 2)

    case = Case(world, bidders=0, prepare=alike, changes={"ceiling": "10.00"})
    case.close()
    case.release()
    case.open()
    bids = [bid.id for bid in case.tender.bids]
    case.evaluate({bids[0]: "未签字"}, order=[bids[2], bids[1]])
    case.award()
    assert case.ranking is not None and case.ranking.winner == bids[2]
    report = check(honest(case), world)
    unknown = [finding.code for finding in report.findings if finding.ok is None]
    assert unknown == ["verify-sandbox", "verify-tie-rule", "verify-above-ceiling"]


def test_custodians_that_are_not_independent_are_said_to_be_so() -> None:
    case = Case(World(seed=64), independent=False).run()
    report = check(honest(case), case.world)
    assert "verify-not-independent" in [finding.code for finding in report.findings]


def too_few(seed: int = 65) -> Case:
    case = Case(World(seed=seed), bidders=2, minimum_bidders=3)
    case.close()
    return case


def test_a_tender_that_failed_unopened_passes() -> None:
    case = too_few()
    case.fail()
    files = unzipped(honest(case))
    assert not any("shares/" in name or name.endswith(".sealed") for name in files)


def test_a_tender_cancelled_between_closing_and_opening_passes(case: Case) -> None:
    case.close()
    case.cancel()
    report = check(honest(case), case.world)
    assert "verify-unopened" in [finding.code for finding in report.findings]


def test_a_tender_without_any_bid_passes() -> None:
    case = Case(World(seed=66), bidders=0)
    case.close()
    case.fail()
    honest(case)


def test_a_tender_whose_bids_were_all_rejected_passes(case: Case) -> None:
    case.close()
    case.release()
    case.open()
    case.evaluate({bid.bid: "不响应" for bid in case.checked.current})
    case.fail("none-responsive")
    report = check(honest(case), case.world)
    assert {finding.code: finding.ok for finding in report.findings}["verify-none-responsive"] is True


def test_a_tender_failed_after_opening_for_another_reason_is_said_to_be_unproven(case: Case) -> None:
    case.close()
    case.release()
    case.open()
    case.fail("minimum after admission")
    report = check(honest(case), case.world)
    assert {finding.code: finding.ok for finding in report.findings}["verify-not-evaluated"] is None
    other = Case(World(seed=67))
    other.close()
    other.release()
    other.open()
    other.evaluate()
    other.cancel()
    report = check(honest(other), other.world)
    assert {finding.code: finding.ok for finding in report.findings}["verify-none-responsive"] is None


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


def opened(case: Case) -> Case:
    case.close()
    case.release()
    case.open()
    return case


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


# --- the dishonest platform: opening record


def forged_record(case: Case, change: Callable[[dict[str, Any]], None]) -> bytes:
    case.close()
    case.release()
    case.open(change)
    case.evaluate()
    case.award()
    return case.package()


def leave_out_a_bid(record: dict[str, Any]) -> None:
    record["bids"].pop(0)


def invent_a_bid(record: dict[str, Any]) -> None:
    record["bids"].append({**record["bids"][0], "bid": "f" * 32})


def other_total(record: dict[str, Any]) -> None:
    record["bids"][0]["total"] = "1.00"


def other_announcement(record: dict[str, Any]) -> None:
    record["bids"][0]["announced"]["delivery_days"] = 29


def false_would_not_open(record: dict[str, Any]) -> None:
    row = record["bids"][0]
    del row["total"], row["announced"]
    row.update(opened=False, fault="bidder", reason="dealing-dishonest")


def swapped_rows(record: dict[str, Any]) -> None:
    record["bids"].reverse()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (leave_out_a_bid, "record-bid-missing"),
        (invent_a_bid, "record-bid-unknown"),
        (other_total, "record-differs"),
        (other_announcement, "record-differs"),
        (false_would_not_open, "record-differs"),
        (swapped_rows, "record-order"),
    ],
)
def test_a_record_that_does_not_follow_is_caught(
    case: Case, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    caught(case, forged_record(case, change), "verify-record-rows", reason, "opening-record.json")


def test_a_false_would_not_open_is_caught_also_without_the_offer(case: Case) -> None:
    case.close()
    case.release()
    case.open(false_would_not_open)
    case.evaluate({}, change=lambda evaluation: None)
    case.award()
    offer = names.offer_name(case.outcomes[0].bid, "bid")
    data = case.package(change=lambda files: files.pop(offer))
    caught(case, data, "verify-record-rows", "record-differs", "opening-record.json")
    caught(case, data, "verify-opened-again", "file-missing", offer)


def test_hiding_the_ciphertext_only_blames_the_platform(case: Case) -> None:
    case.close()
    case.release()
    case.open(false_would_not_open)
    case.evaluate()
    case.award()
    hidden = {names.offer_name(case.outcomes[0].bid, "bid"), names.sealed_name(case.outcomes[0].bid, "bid")}

    def hide(files: Package) -> None:
        for name in hidden:
            del files[name]

    caught(case, case.package(change=hide), "verify-record-rows", "record-differs")


def test_an_offer_other_than_the_sealed_one_is_caught(case: Case) -> None:
    case.run()
    name = names.offer_name(case.tender.bids[0].id, "bid")

    def change(files: Package) -> None:
        files[name] = files[name].replace(b'"delivery_days":30', b'"delivery_days":31')

    caught(case, case.package(change=change), "verify-opened-again", "offer-differs", name)


def test_an_offer_of_a_bid_that_does_not_open_is_caught(case: Case) -> None:
    case.close()
    lost = case.checked.current[0].bid
    case.ciphertexts = {lost: None}
    case.release()
    case.open()
    case.evaluate()
    case.award()
    name = names.offer_name(lost, "bid")
    offer = case.tender.bids[0].offer
    data = case.package(change=lambda files: files.update({name: offer}))
    caught(case, data, "verify-opened-again", "offer-not-opened", name)


def test_a_record_for_another_closing_is_caught(case: Case) -> None:
    data = forged_record(case, lambda record: record.update(closing="0" * 64))
    caught(case, data, "verify-record-signed", "record-other-closing", "opening-record.json")


def test_a_record_other_than_the_logged_one_is_caught(case: Case) -> None:
    case.run()
    statement = read_statement(case.record, "sunseal/opening-record/v1").statement
    second = case.world.state({**statement, "at": "2026-06-01T02:30:00.000Z"}, case.at)
    data = case.package(change=lambda files: files.update({"opening-record.json": second}))
    caught(case, data, "verify-record-logged", "entry-digest", "opening-record.json")


def test_a_record_from_before_the_freezing_is_caught(case: Case) -> None:
    case.close()
    case.release()
    frozen = case.world.log_entries[-1]
    case.open()
    case.evaluate()
    case.award()
    # Given: the platform logs the freezing again, in an order of its own
    del case.world.log_entries[case.world.log_entries.index(frozen)]
    rebuilt = case.world.log_entries[:]
    case.world.log_entries.clear()
    case.world.log_tree = type(case.world.log_tree)()
    for entry in [*rebuilt, frozen]:
        case.world.log(entry)
    caught(case, case.package(), "verify-record-logged", "entry-order", "log/entries.jsonl")


# --- the dishonest platform: releases


def test_a_release_dropped_from_the_frozen_set_is_caught(case: Case) -> None:
    case.close()
    case.release((0, 1, 2), keep=(0, 1))
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-releases-all", "release-left-out", "log/entries.jsonl")


def one_twice(frozen: dict[str, Any]) -> None:
    frozen["releases"][1] = frozen["releases"][0]


def only_one(frozen: dict[str, Any]) -> None:
    del frozen["releases"][1:]


def other_closing(frozen: dict[str, Any]) -> None:
    frozen["closing"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (one_twice, "release-set-twice"),
        (only_one, "release-set-early"),
        (other_closing, "release-set-other"),
    ],
)
def test_a_frozen_set_that_cannot_be_is_caught(
    case: Case, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    case.close()
    case.release(frozen=change)
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", reason, "log/entries.jsonl")


def test_a_set_frozen_before_the_grace_has_passed_is_caught(case: Case) -> None:
    case.close()
    case.release((0, 1), wait=1)
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", "release-set-early", "log/entries.jsonl")


def test_a_set_frozen_twice_or_never_is_caught(case: Case) -> None:
    case.close()
    case.release()
    case.release()
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", "entry-twice", "log/entries.jsonl")
    never = Case(World(seed=69))
    never.close()
    caught(never, never.package(), "verify-frozen-set", "entry-missing", "log/entries.jsonl")


def test_a_frozen_entry_without_its_statement_is_caught(case: Case) -> None:
    case.close()
    case.log("opening.frozen", {})
    caught(case, case.package(), "verify-frozen-set", "entry-statement", "log/entries.jsonl")


def test_another_release_than_the_frozen_one_is_caught(case: Case) -> None:
    case.run()
    name = names.share_name("bid", case.world.custodians[0].id)
    second = case.signed_release(0)
    data = case.package(change=lambda files: files.update({name: second}))
    caught(case, data, "verify-releases", "release-not-frozen", name)


def test_a_release_that_the_platform_signed_itself_is_caught(case: Case) -> None:
    case.close()
    case.release()
    statement = read_statement(case.releases[0], "sunseal/release/v1").statement
    case.releases[0] = case.world.state(statement, case.at)
    name = names.share_name("bid", case.world.custodians[0].id)
    data = case.package()
    caught(case, data, "verify-releases", "certificate-wrong-authority", name)


# --- the dishonest platform: closing, ledger, notices


def test_a_bid_left_out_of_the_ledger_file_is_caught(case: Case) -> None:
    case.run()
    data = case.package(change=lambda files: files.update({"ledger.jsonl": lines(case.tender.leaves[1:])}))
    caught(case, data, "verify-ledger-root", "ledger-size", "ledger.jsonl")


def test_a_closing_other_than_the_logged_one_is_caught(case: Case) -> None:
    case.run()
    later = case.tender.closing.at + timedelta(seconds=1)
    second = case.world.state(case.tender.closing_statement(at=later), later)
    data = case.package(change=lambda files: files.update({"closing.json": second}))
    caught(case, data, "verify-closing-logged", "entry-digest", "closing.json")


def test_two_closings_in_the_log_are_caught(case: Case) -> None:
    case.run()
    case.tender.close(at=case.tender.closing.at + timedelta(seconds=5))
    caught(case, case.package(), "verify-closing-logged", "entry-twice", "log/entries.jsonl")


def test_a_closing_signed_by_a_party_is_caught(case: Case) -> None:
    case.run()
    forged = case.world.agency.statement(case.tender.closing_statement(), case.tender.closing.at)
    data = case.package(change=lambda files: files.update({"closing.json": forged}))
    caught(case, data, "verify-closing-signed", "certificate-wrong-authority", "closing.json")


@pytest.mark.parametrize("name", ["manifest.json", "manifest.p7s", "receipt.json"])
def test_another_suppliers_file_behind_a_bid_is_caught(case: Case, name: str) -> None:
    case.run()
    one, two = (names.bid_name(bid.id, name) for bid in case.tender.bids[:2])
    data = case.package(change=lambda files: files.update({one: files[two]}))
    caught(case, data, "verify-bids", "leaf-mismatch", one)


def test_missing_files_of_a_bid_are_all_named(case: Case) -> None:
    case.run()
    gone = [names.bid_name(bid.id, "manifest.p7s") for bid in case.tender.bids]

    def drop(files: Package) -> None:
        for name in gone:
            del files[name]

    caught(case, case.package(change=drop), "verify-bids", "file-missing", *gone)


def test_contradicting_ledgers_are_caught(case: Case) -> None:
    world = case.world

    def lie(tender: Tender) -> None:
        tender.submit(world.suppliers[0])
        tender.submit(world.suppliers[0])

    liar = Case(world, bidders=0, prepare=lie)
    liar.tender.close()
    liar.at = liar.tender.closing.at
    caught(liar, liar.package(), "verify-current", "ledger-two-current", "ledger.jsonl")


def test_a_bid_in_the_ledger_twice_and_a_withdrawal_of_nothing_are_caught(case: Case) -> None:
    world = case.world

    def lie(tender: Tender) -> None:
        tender.withdraw(replace(tender.seal(world.suppliers[1])))
        tender.submit(world.suppliers[0])
        tender.add_leaf(tender.leaves[1])

    liar = Case(world, bidders=0, prepare=lie)
    liar.tender.close()
    liar.at = liar.tender.closing.at
    data = liar.package()
    caught(liar, data, "verify-bids", "ledger-bid-twice", "ledger.jsonl")
    caught(liar, data, "verify-bids", "ledger-withdrawn-unknown", "ledger.jsonl")


def test_a_notice_by_another_buyer_is_caught(case: Case) -> None:
    case.run()
    other = case.world.actor("agency", "另一机构")
    forged = other.sign(case.tender.notice.raw, case.tender.notice.at)
    data = case.package(change=lambda files: files.update({"notice.p7s": forged}))
    caught(case, data, "verify-notice-signed", "signer-not-buyer", "notice.json")


def test_a_notice_of_another_tender_is_caught(case: Case) -> None:
    case.run()
    other = case.world.tender()

    def change(files: Package) -> None:
        files.update({"notice.json": other.notice.raw, "notice.p7s": other.signature})

    caught(case, case.package(change=change), "verify-notice-signed", "notice-other-tender", "notice.json")


def amended(seed: int = 70) -> Case:
    return Case(World(seed=seed), prepare=lambda tender: tender.amend(title="更正"))  # type: ignore[arg-type, return-value]


def test_an_earlier_notice_that_is_missing_or_another_one_is_caught() -> None:
    case = amended().run()
    name, signature = names.notice_names(case.tender.old_notices[0][0].digest)
    data = case.package(change=lambda files: files.pop(name))
    caught(case, data, "verify-notices-earlier", "file-missing", name)
    other = case.world.tender()
    change = {name: other.notice.raw, signature: other.signature}
    data = case.package(change=lambda files: files.update(change))
    caught(case, data, "verify-notices-earlier", "package-digest", name)


def test_an_earlier_notice_of_another_tender_is_caught() -> None:
    world = World(seed=71)
    other = world.tender()

    def lie(tender: Tender) -> None:
        raw = tender.notice_bytes(at=tender.notice.at + timedelta(minutes=1), replaces=other.notice.digest)
        tender.publish(raw)
        tender.old_notices[:] = [(other.notice, other.signature)]

    case = Case(world, prepare=lie)
    case.close()
    case.fail()
    name, _ = names.notice_names(other.notice.digest)
    caught(case, case.package(), "verify-notices-earlier", "notice-other-tender", name)


def test_a_publication_that_the_log_does_not_have_is_caught(case: Case) -> None:
    case.run()
    case.log("tender.amended", {"notice": "0" * 64, "policy": "1" * 64})
    caught(case, case.package(), "verify-notices-logged", "notices-logged", "log/entries.jsonl")


def test_another_digest_or_act_or_place_in_the_log_is_caught() -> None:
    for act, policy, reason in (
        ("tender.amended", None, "entry-order"),
        ("tender.published", "0" * 64, "entry-digest"),
    ):
        case = Case(World(seed=72))
        tender = case.tender
        case.world.log_entries.clear()
        case.world.log_tree = type(case.world.log_tree)()
        digests = {"notice": tender.notice.digest, "policy": policy or tender.notice.policy.digest}
        tender.log(act, tender.notice.at, digests)
        case.tender.close()
        case.at = tender.closing.at
        caught(case, case.package(), "verify-notices-logged", reason, "log/entries.jsonl")
    late = Case(World(seed=73))
    late.world.log_entries.clear()
    late.world.log_tree = type(late.world.log_tree)()
    late.tender.close()
    late.at = late.tender.closing.at
    notice = late.tender.notice
    late.log("tender.published", {"notice": notice.digest, "policy": notice.policy.digest})
    caught(late, late.package(), "verify-notices-logged", "entry-order", "log/entries.jsonl")


# --- the dishonest platform: failed tenders


def test_a_tender_below_the_minimum_that_was_opened_all_the_same_is_caught() -> None:
    case = Case(World(seed=74), bidders=2, minimum_bidders=3)
    case.close()
    case.checked = replace(case.checked, minimum_reached=True)
    case.release()
    case.open()
    case.evaluate()
    case.award()
    data = case.package()
    shares = [name for name in unzipped(data) if name.startswith("shares/")]
    assert len(shares) == 3
    caught(case, data, "verify-unopened-minimum", "entry-unopened", "log/entries.jsonl")
    caught(case, data, "verify-ending", "entry-missing", "log/entries.jsonl")
    caught(case, data, "verify-complete", "file-unexpected", *shares, "opening-record.json", "award.json")


def test_shares_in_a_failed_tenders_package_are_caught() -> None:
    case = too_few(75)
    case.fail()
    case.checked = replace(case.checked, minimum_reached=True)
    name = names.share_name("bid", case.world.custodians[0].id)
    case.extra[name] = case.signed_release(0)
    caught(case, case.package(), "verify-complete", "file-unexpected", name)


def test_a_failure_that_is_not_logged_or_logged_twice_is_caught() -> None:
    case = too_few(76)
    caught(case, case.package(), "verify-ending", "entry-missing", "log/entries.jsonl")
    twice = too_few(77)
    twice.fail()
    twice.cancel()
    caught(twice, twice.package(), "verify-ending", "entry-twice", "log/entries.jsonl")


@pytest.mark.parametrize(
    ("members", "reason"),
    [({"tender": "f" * 32}, "entry-other-tender"), ({"closing": "0" * 64}, "ending-other-closing")],
)
def test_a_failure_of_something_else_is_caught(members: dict[str, str], reason: str) -> None:
    case = too_few(78)
    case.fail(change=lambda failure: failure.update(members))
    caught(case, case.package(), "verify-ending", reason, "log/entries.jsonl")


def test_a_cancellation_by_the_platform_is_caught(case: Case) -> None:
    case.close()
    case.cancel(signer=case.world.custodians[0])
    caught(case, case.package(), "verify-ending", "signer-role", "log/entries.jsonl")


def test_an_award_in_a_failed_tender_is_caught(case: Case) -> None:
    case.run()
    case.fail()
    data = case.package()
    caught(case, data, "verify-not-awarded", "entry-unopened", "log/entries.jsonl")
    caught(case, data, "verify-complete", "file-unexpected", "award.json", "award-report.pdf")


def test_a_tender_neither_awarded_nor_ended_is_caught(case: Case) -> None:
    opened(case)
    caught(case, case.package(), "verify-award-signed", "file-missing", "award.json")


# --- evidence and log


def test_an_entry_left_out_is_caught_by_the_evidences_own(case: Case) -> None:
    # Given: somebody takes the entry of a release, with its proof, out of a true package
    data = case.run().package()
    files = unzipped(data)
    leaves = files["log/entries.jsonl"].splitlines(keepends=True)
    at = next(index for index, leaf in enumerate(leaves) if b"custody.released" in leaf)
    proof = names.proof_name(case.positions()[at])
    forged = rewrite(data, {"log/entries.jsonl": b"".join(leaves[:at] + leaves[at + 1 :]), proof: None})
    caught(case, forged, "verify-evidence-logged", "entry-digest", "log/entries.jsonl")


def test_evidence_that_is_not_logged_or_not_last_is_caught(case: Case) -> None:
    case.run()
    data = case.package(digests=lambda found: found.update(evidence_file="0" * 64))
    caught(case, data, "verify-evidence-logged", "entry-digest", "evidence.json")
    late = Case(World(seed=79)).run()
    late.log("custody.erased", {})
    last = Case.package(late)
    late.log("custody.erased", {})
    files = unzipped(last)
    files |= late.log_files(late.positions())
    caught(late, rewrite(last, files), "verify-evidence-logged", "entry-not-last", "log/entries.jsonl")


def test_evidence_without_its_entry_is_caught(case: Case) -> None:
    case.run()
    data = case.package(log=lambda files: files.update(case.log_files(case.positions()[:-1])))
    last = names.proof_name(case.positions()[-1])
    caught(case, rewrite(data, {last: None}), "verify-evidence-logged", "entry-missing", "log/entries.jsonl")


def test_another_tenders_entry_among_ours_is_caught(case: Case) -> None:
    case.run()
    case.world.tender()  # logs its own publication
    foreign = len(case.world.log_entries) - 1
    own = case.positions
    case.positions = lambda: sorted([*own(), foreign])  # type: ignore[method-assign]
    caught(case, case.package(), "verify-entries-tender", "entry-other-tender", "log/entries.jsonl")


def test_a_file_that_evidence_does_not_list_or_lists_otherwise_is_caught(case: Case) -> None:
    case.run()
    data = case.package(evidence=lambda evidence: evidence["files"].pop("opening-record.pdf"))
    caught(case, data, "verify-evidence-files", "file-unlisted", "opening-record.pdf")
    pdf = rewrite(case.package(), {"award-report.pdf": b"%PDF another"})
    caught(case, pdf, "verify-evidence-files", "package-digest", "award-report.pdf")


def test_evidence_by_a_party_is_caught(case: Case) -> None:
    data = case.run().package()
    statement = read_statement(unzipped(data)["evidence.json"], "sunseal/evidence/v1").statement
    forged = case.world.agency.statement(statement, case.at)
    data = rewrite(data, {"evidence.json": forged})
    caught(case, data, "verify-evidence-signed", "certificate-wrong-authority", "evidence.json")


def test_the_key_in_the_package_matters_only_to_those_without_their_own(case: Case) -> None:
    data = case.run().package()
    key = strangers().log_signer.vkey.encode() + b"\n"
    assert check(rewrite(data, {"log/key": key}), case.world).ok
    assert "log/key" in check(rewrite(data, {"log/key": key})).failed_files


def test_ones_own_key_of_another_log_refuses_the_checkpoint(case: Case) -> None:
    data = case.run().package()
    case.world.log_signer = strangers().log_signer
    report = check(data, case.world)
    assert failures(report)["verify-log-checkpoint"] == ["note-invalid"]
    assert "log/checkpoint" in report.failed_files


def test_a_whole_package_by_strangers_is_only_caught_with_ones_own_anchors(case: Case) -> None:
    stranger = Case(World(seed=96)).run()
    data = stranger.package()
    assert check(data).ok
    report = check(data, case.world)
    assert not report.ok
    assert "evidence.json" in report.failed_files


# --- anchors


def test_unreadable_anchors_end_the_verification(case: Case) -> None:
    data = case.run().package()
    report = check(rewrite(data, {"certificates/roots.pem": b"nothing"}))
    assert not report.ok and "certificates/roots.pem" in report.failed_files
    report = check(rewrite(data, {"log/key": b"nothing"}))
    assert not report.ok and "log/key" in report.failed_files


def test_revocation_lists_must_be_such_and_their_absence_is_told(case: Case) -> None:
    data = case.run().package()
    report = check(rewrite(data, {"certificates/crl.pem": b""}), case.world)
    assert "verify-no-crls" in [finding.code for finding in report.findings]
    assert not report.ok
    report = check(rewrite(data, {"certificates/crl.pem": b"rubbish"}), case.world)
    assert "certificates/crl.pem" in report.failed_files
    broken = b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
    report = check(rewrite(data, {"certificates/crl.pem": broken}), case.world)
    assert failures(report)["verify-crls"] == ["crl-malformed"]


def test_several_lists_are_read_from_one_file() -> None:
    world = World(seed=95)
    lists = [world.make_crl(at=world.now - n * HOUR) for n in range(3)]
    found = load_crls(b"".join(crl.public_bytes(Encoding.PEM) for crl in lists))
    assert set(found) == {canonical.digest(crl.public_bytes(Encoding.DER)) for crl in lists}


def test_enrolments_by_a_stranger_are_caught(case: Case) -> None:
    data = case.run().package()
    forged = canonical.dumps([canonical.loads(one.enrolment) for one in strangers().suppliers])
    report = check(rewrite(data, {"certificates/enrolments.json": forged}), case.world)
    assert "certificates/enrolments.json" in report.failed_files
    assert "verify-enrolments" in failures(report)


def test_ones_own_roots_are_used_and_not_the_packages(case: Case) -> None:
    data = case.run().package()
    poisoned = rewrite(data, {"certificates/roots.pem": dump_pem(strangers().roots)})
    found = failures(check(poisoned, case.world))
    assert found == {"verify-evidence-files": ["package-digest"]}


# --- what findings say


def test_a_finding_shows_five_reasons_and_counts_the_rest(case: Case) -> None:
    world = World(seed=94, suppliers=8)
    many = Case(world, bidders=8).run()
    gone = {names.bid_name(bid.id, "receipt.json"): None for bid in many.tender.bids}
    report = check(rewrite(many.package(), gone), world)
    finding = next(one for one in report.findings if one.code == "verify-bids")
    assert set(finding.files) == set(gone)
    assert finding.text("en").endswith("and 3 more")
    assert finding.text("zh").endswith("另有 3 处")
    assert finding.text("en").count("is missing") == 5


def test_a_finding_names_the_file_of_a_reason_that_does_not(case: Case) -> None:
    data = case.run().package()
    name = names.bid_name(case.tender.bids[0].id, "receipt.json")
    finding: Finding = next(
        one
        for one in check(rewrite(data, {name: b"{}"}), case.world).findings
        if one.code == "verify-bids"
    )
    assert f"{name}: " in finding.text("en")
