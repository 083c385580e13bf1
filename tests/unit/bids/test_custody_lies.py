"""Custody against a platform that lies: whatever it hands out, the custodian refuses and says why.

The lying platform here has its own keys for statements, receipts and log, and signs its lies with them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bids.custody import BidFiles, ClosedTender, check_closed
from bids.entries import build_entry
from bids.errors import BidError
from bids.ledger import ledger_origin
from signing import canonical, cms
from signing.notes import Checkpoint, NoteSigner, format_checkpoint
from signing.statements import sign_statement
from tests.bids_factory import HOUR, Tender, World, strangers
from tests.package_factory import bid_files, closed_tender


@pytest.fixture
def world() -> World:
    return World(seed=31)


@pytest.fixture
def tender(world: World) -> Tender:
    """Three bids; not closed yet."""
    tender = world.tender()
    for supplier in world.suppliers:
        tender.submit(supplier)
    return tender


def refusal(closed: ClosedTender, tender: Tender, **facts: Any) -> BidError:
    """How a custodian that accepted the tender's policy refuses."""
    arguments = {"accepted_policy": None, "now": tender.notice.deadline, "trust": tender.trust(), **facts}
    with pytest.raises(BidError) as caught:
        check_closed(closed, **arguments)
    assert caught.value.text("zh") and caught.value.text("en")
    return caught.value


def closing_with(tender: Tender, **changes: Any) -> ClosedTender:
    """Close with a lying statement, properly signed and logged."""
    tender.close(file=tender.world.state(tender.closing_statement(**changes), tender.notice.deadline))
    return closed_tender(tender)


# --- time and policy


def test_before_the_policys_own_time_nothing_helps(tender: Tender) -> None:
    tender.close()
    early = tender.notice.deadline - timedelta(milliseconds=1)
    error = refusal(closed_tender(tender), tender, now=early)
    assert error.code == "opening-early"
    assert error.params["opens_at"] == "2026-06-01T02:00:00.000Z"


def test_another_deadline_in_the_closing_is_refused(tender: Tender) -> None:
    closed = closing_with(tender, deadline=tender.notice.deadline - HOUR, at=tender.notice.deadline)
    assert refusal(closed, tender).code == "closing-other-deadline"


def test_a_notice_with_an_earlier_deadline_is_not_the_one_accepted(world: World, tender: Tender) -> None:
    accepted = tender.notice.policy.digest
    tender.amend(deadline=tender.notice.deadline - timedelta(minutes=30))
    tender.close()
    error = refusal(closed_tender(tender), tender, accepted_policy=accepted)
    assert error.code == "policy-not-accepted"


def test_a_policy_with_other_custodians_is_not_the_one_accepted(world: World, tender: Tender) -> None:
    accepted = tender.notice.policy.digest
    two = [tender.custodian_member(n) for n in range(2)]
    tender.amend(policy=tender.policy(custodians=two))
    tender.close()
    assert refusal(closed_tender(tender), tender, accepted_policy=accepted).code == "policy-not-accepted"


def test_a_policy_made_void_by_a_later_notice_opens_nothing(world: World, tender: Tender) -> None:
    # Given: a postponement is in the log, but the platform closes by the old notice
    old, signature = tender.notice, tender.signature
    tender.amend(deadline=tender.notice.deadline + HOUR)
    tender.old_notices.clear()
    tender.notice, tender.signature = old, signature
    tender.close()
    # When, then
    assert refusal(closed_tender(tender), tender).code == "notice-not-last"


def test_a_cancelled_or_suspended_tender_opens_nothing(tender: Tender) -> None:
    tender.close()
    for act in ("tender.cancelled", "tender.suspended"):
        entry = build_entry(at=tender.notice.deadline, act=act, tender=tender.id)
        entries = (*tender.world.log_entries, entry)
        assert refusal(closed_tender(tender, entries=entries), tender).code == "tender-ended"


def test_other_tenders_entries_change_nothing(tender: Tender) -> None:
    tender.close()
    entry = build_entry(at=tender.notice.deadline, act="tender.cancelled", tender="f" * 32)
    closed = closed_tender(tender, entries=(*tender.world.log_entries, entry))
    assert check_closed(closed, tender.trust(), None, None).suppliers == 3


def test_a_notice_the_log_never_published_is_refused(tender: Tender) -> None:
    tender.close()
    assert refusal(closed_tender(tender, entries=()), tender).code == "notice-not-logged"


# --- the notice


def test_a_notice_signed_by_another_agency_is_refused(world: World, tender: Tender) -> None:
    other = world.actor("agency", "另一机构")
    tender.close()
    forged = other.sign(tender.notice.raw, tender.notice.at)
    error = refusal(closed_tender(tender, notice_signature=forged), tender)
    assert (error.code, error.params["file"]) == ("signer-not-buyer", "notice.json")


def test_a_notice_signed_by_the_platform_or_a_stranger_is_refused(world: World, tender: Tender) -> None:
    tender.close()
    platform = cms.sign(tender.notice.raw, world.statement_signer, tender.notice.at)
    error = refusal(closed_tender(tender, notice_signature=platform), tender)
    assert error.code == "certificate-wrong-authority"
    stranger = strangers().agency.sign(tender.notice.raw, tender.notice.at)
    error = refusal(closed_tender(tender, notice_signature=stranger), tender)
    assert error.code == "certificate-untrusted"


def test_a_buyer_whose_enrolment_is_missing_or_says_otherwise_is_refused(
    world: World, tender: Tender
) -> None:
    tender.close()
    known = tender.enrolments()
    mine = world.agency.fingerprint
    without = {print_: one for print_, one in known.items() if print_ != mine}
    error = refusal(closed_tender(tender), tender, trust=tender.trust(enrolments=without))
    assert error.code == "not-enrolled"
    other = {**known, mine: replace(known[mine], role="supplier")}
    error = refusal(closed_tender(tender), tender, trust=tender.trust(enrolments=other))
    assert error.code == "enrolment-disagrees"


def test_a_notice_under_a_revoked_certificate_is_refused(world: World, tender: Tender) -> None:
    tender.close()
    serial = world.agency.signer.certificate.serial_number
    crl = world.make_crl([(serial, world.now - HOUR, "keyCompromise")])
    digest = canonical.digest(crl.public_bytes(Encoding.DER))
    trust = tender.trust(crls={tender.crl_digest: world.crl, digest: crl})
    error = refusal(closed_tender(tender), tender, trust=trust)
    assert (error.code, error.params["file"]) == ("certificate-revoked", "notice.json")


def test_another_notice_of_the_same_agency_is_refused(world: World, tender: Tender) -> None:
    tender.close()
    other = world.tender()
    closed = closed_tender(tender, notice=other.notice.raw, notice_signature=other.signature, entries=None)
    assert refusal(closed, tender).code == "closing-other-tender"


# --- the closing


def test_a_closing_for_another_policy_is_refused(tender: Tender) -> None:
    assert refusal(closing_with(tender, policy="0" * 64), tender).code == "closing-other-policy"


def test_a_closing_for_another_log_is_refused(world: World, tender: Tender) -> None:
    origin = "other.example/log"
    ledger = ledger_origin(origin, tender.id)
    size = len(tender.tree)
    note = format_checkpoint(
        Checkpoint(ledger, size, tender.tree.root(size)), NoteSigner(ledger, world.log_key)
    )
    assert refusal(closing_with(tender, log=origin, checkpoint=note), tender).code == "closing-other-log"


def test_a_closing_not_signed_by_the_platform_is_refused(world: World, tender: Tender) -> None:
    tender.close(file=world.agency.statement(tender.closing_statement(), tender.notice.deadline))
    assert refusal(closed_tender(tender), tender).code == "certificate-wrong-authority"


def test_a_closing_signed_by_the_receipt_key_is_refused(world: World, tender: Tender) -> None:
    file = sign_statement(tender.closing_statement(), world.receipt_signer, tender.notice.deadline)
    tender.close(file=file)
    assert refusal(closed_tender(tender), tender).code == "certificate-wrong-authority"


def test_a_closing_that_is_not_in_the_log_is_refused(world: World, tender: Tender) -> None:
    tender.close()
    second = world.state(
        tender.closing_statement(at=tender.notice.deadline + timedelta(seconds=1)), tender.notice.deadline
    )
    for entries, code in ((None, "closing-not-logged"), (tuple(tender.world.log_entries), "closing-second")):
        error = refusal(closed_tender(tender, closing=second, entries=entries), tender)
        assert (error.code, error.params["file"]) == (code, "log/entries.jsonl")


def test_an_entry_of_another_act_or_tender_does_not_log_the_closing(tender: Tender) -> None:
    tender.close()
    digests = {"closing": tender.closing.digest}
    for act, of in (("tender.opened", tender.id), ("tender.closed", "f" * 32)):
        entry = build_entry(at=tender.notice.deadline, act=act, tender=of, digests=digests)
        position = tender.world.log(entry)
        closed = closed_tender(tender, closing_entry=entry, closing_proof=tender.world.proof(position))
        assert refusal(closed, tender).code == "closing-not-logged"


def test_a_proof_for_another_entry_or_log_is_refused(world: World, tender: Tender) -> None:
    tender.close()
    entry = build_entry(at=world.now, act="tender.closed", tender=tender.id)
    assert refusal(closed_tender(tender, closing_entry=entry), tender).code == "proof-invalid"
    other = strangers()
    index = other.log(tender.closing_entry)
    forged = closed_tender(tender, closing_proof=other.proof(index))
    assert refusal(forged, tender).code == "note-invalid"
    assert refusal(closed_tender(tender), tender, trust=tender.trust(log=None)).code == "log-key-missing"


# --- the ledger


def test_a_ledger_root_by_another_key_is_refused(world: World, tender: Tender) -> None:
    size = len(tender.tree)
    note = format_checkpoint(
        Checkpoint(tender.origin, size, tender.tree.root(size)),
        NoteSigner(tender.origin, strangers().log_key),
    )
    error = refusal(closing_with(tender, checkpoint=note), tender)
    assert (error.code, error.params["file"]) == ("note-invalid", "closing.json")


def test_a_missing_bid_shows(tender: Tender) -> None:
    tender.close()
    files = bid_files(tender)
    dropped = tender.bids[1]
    files.pop(dropped.id)
    # without its leaf
    leaves = tuple(leaf for leaf in tender.leaves if leaf != dropped.leaf)
    error = refusal(closed_tender(tender, leaves=leaves, bids=files), tender)
    assert (error.code, error.params["wanted"], error.params["found"]) == ("ledger-size", "3", "2")
    # with its leaf, but nothing behind it
    error = refusal(closed_tender(tender, bids=files), tender)
    assert (error.code, error.params["file"]) == ("file-missing", f"bids/{dropped.id}/manifest.json")


def test_a_bid_in_place_of_another_changes_the_root(world: World, tender: Tender) -> None:
    tender.close()
    honest = list(tender.leaves)
    late = tender.submit(world.suppliers[0])
    leaves = (*honest[:2], late.leaf)
    error = refusal(closed_tender(tender, leaves=leaves), tender)
    assert (error.code, error.params["file"]) == ("ledger-root", "ledger.jsonl")


def test_an_added_bid_changes_the_ledger(world: World, tender: Tender) -> None:
    tender.close()
    honest = tuple(tender.leaves)
    tender.submit(world.suppliers[0])
    assert refusal(closed_tender(tender), tender).code == "ledger-size"
    error = refusal(closed_tender(tender, leaves=honest), tender)
    assert error.code == "bid-not-in-ledger"


def test_leaves_in_another_order_change_the_root(tender: Tender) -> None:
    tender.close()
    error = refusal(closed_tender(tender, leaves=tuple(tender.leaves[::-1])), tender)
    assert error.code == "ledger-root"


def test_a_replaced_bid_offered_as_current_is_not(world: World) -> None:
    # Given: the platform would rather open the dearer first bid, and hides the leaf of its replacement
    tender = world.tender()
    first = tender.submit(world.suppliers[0])
    second = tender.submit(world.suppliers[0], replaces=first.id)
    tender.close()
    honest = check_closed(closed_tender(tender), tender.trust(), None, None)
    assert [bid.bid for bid in honest.current] == [second.id]
    files = {first.id: bid_files(tender)[first.id]}
    lie = closed_tender(tender, leaves=(first.leaf,), bids=files)
    assert refusal(lie, tender).code == "ledger-size"


def test_a_withdrawn_bid_offered_as_current_is_not(world: World, tender: Tender) -> None:
    withdrawn = tender.withdraw(tender.bids[0])
    tender.close()
    honest = check_closed(closed_tender(tender), tender.trust(), None, None)
    assert tender.bids[0].id not in [bid.bid for bid in honest.current]
    leaves = tuple(leaf for leaf in tender.leaves if leaf != withdrawn.leaf)
    assert refusal(closed_tender(tender, leaves=leaves), tender).code == "ledger-size"
    files = bid_files(tender)
    files[tender.bids[0].id] = replace(files[tender.bids[0].id], withdrawal=None)
    error = refusal(closed_tender(tender, bids=files), tender)
    assert (error.code, error.params["file"]) == (
        "file-missing",
        f"bids/{tender.bids[0].id}/withdrawal.json",
    )


def test_the_same_bid_twice_is_refused(tender: Tender) -> None:
    tender.add_leaf(tender.leaves[0])
    tender.close()
    assert refusal(closed_tender(tender), tender).code == "ledger-bid-twice"


def test_two_bids_of_one_supplier_that_do_not_replace_each_other_are_refused(
    world: World, tender: Tender
) -> None:
    tender.submit(world.suppliers[0])
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == ("ledger-two-current", "ledger.jsonl")


def test_a_withdrawal_of_nothing_is_refused(tender: Tender) -> None:
    never = tender.seal(tender.world.suppliers[0])
    tender.withdraw(replace(never))
    tender.close()
    files = {**bid_files(tender), never.id: BidFiles(never.manifest.raw, never.signature, b"")}
    assert refusal(closed_tender(tender, bids=files), tender).code == "ledger-withdrawn-unknown"


# --- too few, and a second closing


def test_below_the_minimum_the_custodian_knows(world: World) -> None:
    tender = world.tender(minimum_bidders=3)
    tender.submit(world.suppliers[0])
    tender.submit(world.suppliers[1])
    tender.close()
    checked = check_closed(closed_tender(tender), tender.trust(), None, tender.notice.deadline)
    assert (checked.suppliers, checked.minimum_reached) == (2, False)


def test_withdrawn_bids_do_not_count_towards_the_minimum(world: World) -> None:
    tender = world.tender(minimum_bidders=3)
    for supplier in world.suppliers:
        tender.submit(supplier)
    tender.withdraw(tender.bids[0])
    tender.close()
    assert not check_closed(closed_tender(tender), tender.trust(), None, None).minimum_reached


def test_two_closings_of_one_tender_have_different_digests(world: World, tender: Tender) -> None:
    first = tender.close()
    tender.submit(world.suppliers[0], replaces=tender.bids[0].id)
    second = tender.close()
    assert first.digest != second.digest
    shown = closed_tender(tender, entries=None)
    assert check_closed(shown, tender.trust(), None, None).closing_digest == second.digest
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == ("closing-second", "log/entries.jsonl")
