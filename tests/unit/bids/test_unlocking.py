"""A bidder's own lock: without the secret nobody opens a bid; who stays silent is judged by the record."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bids.custody import check_release
from bids.envelope import open_files, prepare
from bids.errors import BidError
from bids.manifest import Manifest, check_manifest
from bids.opening import open_bid, reason_text
from bids.unlock_receipts import build_unlock_receipt, check_unlock_receipt
from bids.unlocking import (
    Outage,
    Unlock,
    Unlocking,
    check_frozen,
    read_unlock_decision,
    verdict_of,
)
from signing import statements
from signing.errors import SigningError
from signing.suite import SUNSEAL_1
from tests.bids_factory import NOW, World, refused
from tests.package_checks import caught, check, failures, honest
from tests.package_factory import Case, unchanged
from tests.unlocking_factory import decide, unlock


def locked(seed: int, bidders: int = 3) -> Case:
    """Closed, and released by all custodians."""
    case = Case(World(seed=seed), bidders, lock=True)
    case.close()
    case.release()
    return case


@pytest.fixture(scope="module")
def case() -> Case:
    case = locked(60)
    unlock(case)
    return case


def opened(case: Case, number: int, secret: bytes | None) -> Any:
    checked = case.checked
    releases = [check_release(file, checked, case.tender.trust()) for file in case.releases]
    bid = checked.current[number]
    row = None if secret is None else Unlock(bid.bid, secret, NOW)
    return open_bid(bid, checked.policy, checked.notice, releases, case.ciphertext(bid.bid), row)


# --- the platform with every custodian's share


def test_all_custodians_together_open_nothing_without_the_secret(case: Case) -> None:
    mine = case.tender.bids[0]
    outcome = opened(case, 0, None)
    assert (outcome.opened, outcome.fault, outcome.reason) == (False, "unknown", "unlock-unknown")
    # Nor does the key that they recover decrypt anything: it is not the content key.
    checked = case.checked
    shares = [check_release(file, checked, case.tender.trust()).shares[mine.id] for file in case.releases]
    part, context = mine.manifest.part("bid", "public"), mine.manifest.context("bid", "public")
    dealt = SUNSEAL_1.recover(shares, 2, 3, context, part.share_digests)
    for key in (dealt, SUNSEAL_1.bind_lock(dealt, bytes(32), context)):
        with pytest.raises(SigningError):
            SUNSEAL_1.decrypt(mine.ciphertext("public"), key, context, 0, True)


def test_the_secret_opens_its_own_bid_and_no_other(case: Case) -> None:
    first, second = case.tender.bids[:2]
    assert opened(case, 0, first.secret).offer_raw == first.offer
    assert opened(case, 1, first.secret).reason == "unlock-unknown"
    assert opened(case, 0, second.secret).reason == "unlock-unknown"


def test_the_secret_is_nowhere_in_what_is_handed_in(case: Case) -> None:
    for bid in case.tender.bids:
        assert bid.secret is not None and bid.manifest.is_secret(bid.secret)
        for data in (bid.manifest.raw, bid.signature, *bid.objects.values()):
            assert bid.secret not in data


def test_files_open_with_the_secret_alone(case: Case) -> None:
    tender, bid = case.tender, case.tender.bids[0]
    context = bid.manifest.context("bid", "files")
    shares = [
        SUNSEAL_1.open_share(key, context, n, bid.manifest.part("bid", "files").sealed_shares[n - 1])
        for n, key in enumerate(tender.sealing_keys, 1)
    ]

    def files(secret: bytes | None) -> Any:
        return open_files(
            bid.manifest,
            shares[:2],
            lambda j: io.BytesIO(bid.ciphertext("files", j)),
            tender.notice,
            lambda name: nullcontext(io.BytesIO()),
            secret,
        )

    (file,) = files(bid.secret)
    assert file.problem is None and file.name in bid.attachments
    with refused("lock-secret-missing"):
        files(None)
    with refused("lock-secret-other"):
        files(bytes(32))


def test_sealing_asks_for_the_secret_and_the_manifest_for_the_lock(case: Case) -> None:
    tender, bid = case.tender, case.tender.bids[0]
    with refused("lock-secret-missing"):
        prepare(tender.notice.raw, bid.offer, [], bid.supplier.signer, io.BytesIO(), NOW)
    with refused("manifest-lock-missing"):
        check_manifest(replace(bid.manifest, lock=None), tender.notice, bid.supplier.id)
    plain = World(seed=61).tender()
    other = plain.seal(plain.world.suppliers[0])
    with refused("manifest-lock-unasked"):
        check_manifest(replace(other.manifest, lock="0" * 64), plain.notice, other.supplier.id)
    assert not other.manifest.is_secret(bytes(32))


# --- what the record shows of who stayed silent

SINCE, UNTIL = NOW, NOW + timedelta(minutes=30)


def down(*minutes: tuple[int, int]) -> list[Outage]:
    return [Outage(NOW + timedelta(minutes=one), NOW + timedelta(minutes=two)) for one, two in minutes]


@pytest.mark.parametrize(
    ("fetched", "attempts", "outages", "verdict"),
    [
        (False, 0, down(), "revoked"),
        (True, 0, down(), "unknown"),
        (False, 2, down(), "unknown"),
        (False, 0, down((3, 5)), "unknown"),
        (True, 1, down((0, 10), (20, 25)), "withdrawn"),
        (False, 0, down((0, 30)), "withdrawn"),
    ],
)
def test_the_verdict_follows_from_the_record(
    fetched: bool, attempts: int, outages: list[Outage], verdict: str
) -> None:
    assert verdict_of(fetched, attempts, outages, SINCE, UNTIL) == verdict


def locked_of(manifest: Manifest) -> dict[str, str]:
    return {name: getattr(manifest, name) for name in ("tender", "policy", "bid", "lock")}


def test_a_receipt_for_unlocking_binds_the_bids_lock(case: Case) -> None:
    first, second = case.tender.bids[:2]
    at = case.frozen_at
    file = statements.sign_statement(build_unlock_receipt(first.manifest, at), case.world.receipt_signer, at)
    assert check_unlock_receipt(file, case.world.roots, **locked_of(first.manifest)).received_at == at
    with refused("receipt-mismatch"):
        check_unlock_receipt(file, case.world.roots, **locked_of(second.manifest))
    forged = statements.sign_statement(build_unlock_receipt(first.manifest, at), case.world.agency.signer, at)
    with pytest.raises(BidError):
        check_unlock_receipt(forged, case.world.roots, **locked_of(first.manifest))


# --- the evidence


def test_all_unlocked_and_the_package_holds() -> None:
    case = locked(62)
    unlock(case)
    case.open()
    case.evaluate()
    case.award()
    report = check(honest(case), case.world)
    assert {finding.code: finding.ok for finding in report.findings}["verify-unlocked"] is True
    assert all(outcome.opened for outcome in case.outcomes)


def judged() -> Case:
    """One unlocked; one silent, one whose attempts failed, whom the agency has to decide."""
    case = locked(63)
    second, third = case.checked.current[1:]
    unlock(case, {second.bid: (False, 0), third.bid: (True, 2)})
    case.open()
    return case


def test_who_stayed_silent_is_in_the_record_and_the_others_go_on() -> None:
    case = judged()
    third = case.checked.current[2].bid
    assert [one.reason for one in case.outcomes] == [None, "unlock-revoked", "unlock-unknown"]
    assert [one.fault for one in case.outcomes] == [None, "bidder", "unknown"]
    assert "撤销" in reason_text("unlock-revoked", "zh")
    decide(case, {third: ("withdrawn", "平台页面出错")})
    case.evaluate()
    case.award()
    honest(case)


def test_an_outage_of_half_the_window_is_nobodys_fault_but_the_platforms() -> None:
    case = locked(64, 2)
    unlock(case, {case.checked.current[0].bid: (False, 0)}, down=[(0, 15)])
    case.open()
    assert (case.outcomes[0].fault, case.outcomes[0].reason) == ("platform", "unlock-withdrawn")
    case.evaluate()
    case.award()
    honest(case)


def test_no_award_before_the_agency_decided() -> None:
    case = judged()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-unlock-decisions", "unlock-undecided", "log/entries.jsonl")


def test_without_an_award_what_is_undecided_is_said_to_be_so() -> None:
    case = judged()
    case.cancel()
    report = check(case.package(), case.world)
    assert report.ok
    assert {finding.code: finding.ok for finding in report.findings}["verify-unlock-decisions"] is None


def lie(code: str, reason: str, change: Callable[[Case, dict[str, Any]], None], silent: bool = True) -> None:
    case = locked(65)
    quiet = {case.checked.current[2].bid: (False, 0)} if silent else {}
    unlock(case, quiet, change=lambda statement: change(case, statement))
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), code, reason, "unlocking.json")


def _other_verdict(case: Case, statement: dict[str, Any]) -> None:
    statement["bids"][2]["verdict"] = "withdrawn"


def _silenced(case: Case, statement: dict[str, Any]) -> None:
    # The platform says of a bidder who unlocked that it had tried in vain, to keep its bid out at leisure.
    bid = statement["bids"][0]["bid"]
    statement["bids"][0] = {"bid": bid, "fetched": False, "attempts": 0, "verdict": "unknown"}


def _wrong_secret(case: Case, statement: dict[str, Any]) -> None:
    statement["bids"][0]["secret"] = statement["bids"][1]["secret"]


def _left_out(case: Case, statement: dict[str, Any]) -> None:
    del statement["bids"][2]


def _early(case: Case, statement: dict[str, Any]) -> None:
    statement["until"] = "2027-01-01T00:00:00.000Z"


def _back_dated(case: Case, statement: dict[str, Any]) -> None:
    statement["bids"][0]["received_at"] = "2020-01-01T00:00:00.000Z"


def _backwards(case: Case, statement: dict[str, Any]) -> None:
    statement["outages"] = [{"since": statement["until"], "until": statement["opened_at"]}]


def _other_closing(case: Case, statement: dict[str, Any]) -> None:
    statement["closing"] = "0" * 64


def _no_window(case: Case, statement: dict[str, Any]) -> None:
    statement["until"] = statement["opened_at"]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("unlocking-verdict", _other_verdict),
        ("unlocking-verdict", _silenced),
        ("unlocking-secret", _wrong_secret),
        ("unlocking-other-bids", _left_out),
        ("unlocking-early", _early),
        ("unlocking-time", _back_dated),
        ("unlocking-outages", _backwards),
        ("unlocking-other-closing", _other_closing),
        ("unlocking-window", _no_window),
    ],
)
def test_a_platform_that_lies_about_unlocking_is_caught(
    reason: str, change: Callable[[Case, dict[str, Any]], None]
) -> None:
    lie("verify-unlocked", reason, change)


def test_an_unlocked_bid_called_silent_with_the_right_words_still_shows_in_the_receipt() -> None:
    """What the package cannot show, the bidder's own receipt does: it names the lock and the time."""
    case = locked(66, 2)
    mine = case.tender.bids[0]
    at = case.later()
    receipt = statements.sign_statement(
        build_unlock_receipt(mine.manifest, at), case.world.receipt_signer, at
    )
    unlock(case, {mine.id: (False, 0)})
    assert case.unlocking is not None and case.unlocking.of(mine.id).verdict == "revoked"  # type: ignore[union-attr]
    held = check_unlock_receipt(receipt, case.world.roots, **locked_of(mine.manifest))
    assert case.unlocking.opened_at < held.received_at < case.unlocking.until


def test_the_record_may_not_stand_before_the_window_ended() -> None:
    case = locked(67)
    silent = {case.checked.current[2].bid: (False, 0)}
    unlock(case, silent, change=lambda statement: statement.update(opened_at=statement["until"]))
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-unlocking-signed", "unlocking-window", "unlocking.json")


def test_a_package_without_the_unlocking_statement_fails() -> None:
    case = locked(68)
    unlock(case)
    case.open()
    case.evaluate()
    case.award()
    data = case.package(lambda files: files.__delitem__("unlocking.json"))
    assert "file-missing" in failures(check(data, case.world))["verify-unlocking-signed"]


def test_rows_are_of_one_kind() -> None:
    case = locked(69)
    with refused("unlocking-row"):
        unlock(case, change=lambda statement: statement["bids"][0].update(fetched=True))


@pytest.mark.parametrize("twist", ["unknown-bid", "twice", "again", "other-statement", "supplier"])
def test_decisions_are_the_agencys_on_what_is_open(twist: str) -> None:
    case = judged()
    first, _, third = (bid.bid for bid in case.checked.current)
    reason = ("revoked", "无正当理由")

    def change(statement: dict[str, Any]) -> None:
        if twist == "twice":
            statement["decisions"] *= 2
        if twist == "other-statement":
            statement["unlocking"] = "0" * 64

    chosen = first if twist == "unknown-bid" else third
    signer = case.world.suppliers[0] if twist == "supplier" else None
    decide(case, {chosen: reason}, change, signer)
    if twist == "again":
        decide(case, {third: ("withdrawn", "改变主意")})
    case.evaluate()
    case.award()
    wanted = "signer-role" if twist == "supplier" else "unlock-decision-other"
    caught(case, case.package(), "verify-unlock-decisions", wanted, "log/entries.jsonl")


def test_a_decision_after_the_award_is_none() -> None:
    case = judged()
    third = case.checked.current[2].bid
    case.evaluate()
    case.award()
    decide(case, {third: ("revoked", "定标之后才决定")})
    caught(case, case.package(), "verify-unlock-decisions", "entry-order", "log/entries.jsonl")


def test_a_decision_may_name_several_and_each_once() -> None:
    case = judged()
    assert isinstance(case.unlocking, Unlocking)
    third = case.checked.current[2].bid
    assert case.unlocking.undecided == {third}
    decide(case, {third: ("revoked", "密钥丢失")})
    entry = case.world.log_entries[-1]
    from bids.entries import Entry

    read = statements.read_statement(Entry.parse(entry).statement_file or b"", "sunseal/unlock-decision/v1")
    assert read_unlock_decision(read, case.unlocking, {}) == {third: ("revoked", "密钥丢失")}


# --- when a bidder's client lets the secret go


def test_the_secret_goes_only_when_the_releases_are_frozen() -> None:
    case = Case(World(seed=70), 2, lock=True)
    case.close()
    closing, policy, trust = case.tender.closing, case.checked.policy, case.tender.trust()

    def ready() -> None:
        check_frozen(case.world.log_entries, closing, policy, trust)

    with refused("unlock-not-frozen"):
        ready()
    case.release()
    ready()
    other = Case(World(seed=71), 2, lock=True)
    other.close()
    other.release(change=unchanged, frozen=lambda statement: statement.update(closing="0" * 64))
    with refused("unlock-not-frozen"):
        check_frozen(
            other.world.log_entries, other.tender.closing, other.checked.policy, other.tender.trust()
        )
    alone = Case(World(seed=72), 2, lock=True)
    alone.close()
    alone.release(custodians=(0,))
    with refused("unlock-not-frozen"):
        check_frozen(
            alone.world.log_entries, alone.tender.closing, alone.checked.policy, alone.tender.trust()
        )
    forged = Case(World(seed=73), 2, lock=True)
    forged.close()
    statement = {
        "type": "sunseal/release-set/v1", "at": "2026-06-01T02:00:20.000Z", "tender": forged.tender.id,
        "closing": forged.checked.closing_digest, "segment": "bid",
        "releases": [{"custodian": one.id, "sha256": "0" * 64} for one in forged.world.custodians],
    }  # fmt: skip
    forged.log("opening.frozen", {}, forged.world.agency.statement(statement, forged.at))
    with pytest.raises(BidError):
        check_frozen(
            forged.world.log_entries, forged.tender.closing, forged.checked.policy, forged.tender.trust()
        )
