"""The verifier against a dishonest platform: notices, ledger, closing, failed tenders."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from bids import package as names
from bids.package import lines, read_package
from bids.verification import notices, verify
from tests.bids_factory import Tender, World
from tests.package_checks import (
    Package,
    caught,
    failures,
    opened,
    too_few,
    without,
)
from tests.package_factory import Case, unzipped


@pytest.fixture
def case() -> Case:
    return Case(World(seed=61))


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
    caught(case, case.package(change=without(*gone)), "verify-bids", "file-missing", *gone)


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
    def amend(tender: Tender) -> None:
        tender.amend(title="更正")

    return Case(World(seed=seed), prepare=amend)


def test_an_earlier_notice_that_is_missing_or_another_one_is_caught() -> None:
    case = amended().run()
    name, signature = names.notice_names(case.tender.old_notices[0][0].digest)
    data = case.package(change=without(name))
    caught(case, data, "verify-notices-earlier", "file-missing", name)
    other = case.world.tender()
    change = {name: other.notice.raw, signature: other.signature}
    data = case.package(change=lambda files: files.update(change))
    caught(case, data, "verify-notices-earlier", "package-digest", name)


def test_an_endless_chain_of_notices_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_MOST", 1)
    case = amended(69).run()
    report = verify(read_package(io.BytesIO(case.package())))
    assert failures(report)["verify-notices-earlier"] == ["notices-too-many"]


def test_an_earlier_notice_of_another_tender_is_caught() -> None:
    world = World(seed=71)
    other = world.tender()

    def lie(tender: Tender) -> None:
        raw = tender.notice_bytes(at=tender.notice.at + timedelta(minutes=1), replaces=other.notice.digest)
        tender.publish(raw)
        tender.old_notices[:] = [(other.notice, other.signature)]

    case = Case(world, prepare=lie)
    case.close(earlier=None)
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
