"""Custody against a platform that lies: whatever it hands out, the custodian refuses and says why.

The lying platform here has its own keys for statements, receipts and log, and signs its lies with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bids.custody import BidFiles, ClosedTender, check_closed
from bids.entries import build_entry
from bids.errors import BidError
from bids.ledger import acceptance_leaf, ledger_origin, withdrawal_leaf
from bids.manifest import Manifest
from bids.receipts import Receipt, build_receipt, build_withdrawal
from signing import canonical, cms
from signing.certificates import issue
from signing.encoding import b64encode
from signing.keys import Signer
from signing.notes import Checkpoint, NoteSigner, format_checkpoint
from signing.statements import sign_statement
from tests.bids_factory import HOUR, Bid, Tender, World, strangers
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
    error = refusal(closed_tender(tender, closing=second), tender)
    assert (error.code, error.params["file"]) == ("closing-not-logged", "log/entries.jsonl")


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
        Checkpoint(tender.origin, size, tender.tree.root(size)), NoteSigner(tender.origin, strangers().log_key)
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


# --- receipts and signatures


def test_a_late_bid_let_in_is_refused(world: World) -> None:
    tender = world.tender()
    tender.submit(world.suppliers[0], received_at=tender.notice.deadline + timedelta(milliseconds=1))
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == ("receipt-late", f"bids/{tender.bids[0].id}/receipt.json")


def test_a_bid_in_the_last_millisecond_counts(world: World) -> None:
    tender = world.tender()
    tender.submit(world.suppliers[0], received_at=tender.notice.deadline)
    tender.close()
    assert check_closed(closed_tender(tender), tender.trust(), None, None).suppliers == 1


def receipt_of(tender: Tender, bid: Bid, /, **changes: Any) -> dict[str, Any]:
    """The receipt statement of a bid, changed."""
    at = tender.notice.at + timedelta(minutes=5)
    facts: dict[str, Any] = {
        "at": at,
        "tender": tender.id,
        "policy": bid.manifest.policy,
        "bid": bid.id,
        "manifest": bid.manifest.digest,
        "signature": canonical.digest(bid.signature),
        "crl": tender.crl_digest,
        "received_at": at,
    }
    return dict(build_receipt(**{**facts, **changes}))


def with_receipt(tender: Tender, bid: Bid, receipt: bytes, supplier: str | None = None) -> None:
    """Take a bid into the ledger with that receipt, whatever it says."""
    digest = Receipt.parse(receipt).digest
    leaf = acceptance_leaf(
        bid.id,
        supplier or bid.supplier.id,
        bid.manifest.digest,
        canonical.digest(bid.signature),
        digest,
    )
    tender.bids.append(replace(bid, receipt=receipt, leaf=leaf))
    tender.add_leaf(leaf)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tender": "f" * 32}, "receipt-mismatch"),
        ({"policy": "0" * 64}, "receipt-mismatch"),
        ({"bid": "f" * 32}, "receipt-mismatch"),
        ({"manifest": "0" * 64}, "receipt-mismatch"),
        ({"manifest": None, "withdrawal": "0" * 64}, "receipt-mismatch"),
        ({"signature": "0" * 64}, "receipt-mismatch"),
        ({"crl": "0" * 64}, "crl-unknown"),
    ],
)
def test_a_receipt_that_says_something_else_is_refused(
    world: World, changes: dict[str, Any], code: str
) -> None:
    tender = world.tender()
    bid = tender.seal(world.suppliers[0])
    at = tender.notice.at + timedelta(minutes=5)
    with_receipt(tender, bid, sign_statement(receipt_of(tender, bid, **changes), world.receipt_signer, at))
    tender.close()
    assert refusal(closed_tender(tender), tender).code == code


def test_a_forged_receipt_is_refused(world: World) -> None:
    for signer, code in (
        (strangers().receipt_signer, "certificate-untrusted"),
        (world.statement_signer, "certificate-wrong-authority"),
        (world.suppliers[0].signer, "certificate-wrong-authority"),
    ):
        tender = world.tender()
        bid = tender.seal(world.suppliers[0])
        at = tender.notice.at + timedelta(minutes=5)
        with_receipt(tender, bid, sign_statement(receipt_of(tender, bid), signer, at))
        tender.close()
        error = refusal(closed_tender(tender), tender)
        assert (error.code, error.params["file"]) == (code, f"bids/{bid.id}/receipt.json")


def test_another_receipt_manifest_or_signature_than_the_leafs_is_refused(tender: Tender) -> None:
    tender.close()
    honest = bid_files(tender)
    one, two = tender.bids[0].id, tender.bids[1].id
    again = tender.bids[0].supplier.sign(tender.bids[0].manifest.raw, tender.notice.at)
    for name, value, code in (
        ("receipt", honest[two].receipt, "leaf-mismatch"),
        ("manifest", honest[two].manifest, "leaf-mismatch"),
        ("signature", again, "leaf-mismatch"),
    ):
        files = {**honest, one: replace(honest[one], **{name: value})}
        error = refusal(closed_tender(tender, bids=files), tender)
        assert error.code == code and error.params["file"].startswith(f"bids/{one}/")


def test_a_supplier_who_signs_as_another_is_refused(world: World) -> None:
    # Given: the second supplier signs a manifest in the first one's name
    tender = world.tender()
    bid = tender.seal(world.suppliers[0])
    forged = replace(bid, signature=world.suppliers[1].sign(bid.manifest.raw, tender.notice.at))
    tender.receive(forged)
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == ("signer-not-supplier", f"bids/{bid.id}/manifest.p7s")


def test_an_agency_cannot_bid(world: World) -> None:
    tender = world.tender()
    tender.submit(world.agency)
    tender.close()
    assert refusal(closed_tender(tender), tender).code == "signer-role"


def test_a_supplier_revoked_by_the_receipts_own_list_is_refused(world: World) -> None:
    serial = world.suppliers[0].signer.certificate.serial_number
    tender = world.tender()
    world.crl = world.make_crl([(serial, tender.notice.at, "keyCompromise")])
    tender.submit(world.suppliers[0])
    tender.close()
    assert refusal(closed_tender(tender), tender).code == "certificate-revoked"


def test_a_supplier_revoked_after_the_receipt_stays_valid_for_ever(world: World) -> None:
    tender = world.tender()
    tender.submit(world.suppliers[0])
    tender.close()
    serial = world.suppliers[0].signer.certificate.serial_number
    later = world.make_crl([(serial, tender.notice.deadline, "cessationOfOperation")])
    digest = canonical.digest(later.public_bytes(Encoding.DER))
    trust = tender.trust(crls={tender.crl_digest: world.crl, digest: later})
    assert check_closed(closed_tender(tender), trust, None, None).suppliers == 1


def test_a_list_by_another_authority_is_no_list(world: World) -> None:
    tender = world.tender()
    foreign = strangers().make_crl()
    tender.submit(world.suppliers[0])
    tender.close()
    trust = tender.trust(crls={tender.crl_digest: foreign})
    assert refusal(closed_tender(tender), tender, trust=trust).code == "certificate-crl-missing"


# --- manifests


def lied(tender: Tender, change: Callable[[dict[str, Any]], None], leaf_supplier: str | None = None) -> Bid:
    """A bid whose own supplier signed a manifest that was changed; the platform took it in."""
    bid = tender.seal(tender.world.suppliers[0])
    members = canonical.loads(bid.manifest.raw)
    change(members)
    raw = canonical.dumps(members)
    signed = replace(bid, manifest=Manifest.parse(raw), signature=bid.supplier.sign(raw, tender.notice.at))
    receipt = receipt_of(tender, signed, tender=tender.id, bid=bid.id)
    at = tender.notice.at + timedelta(minutes=5)
    file = sign_statement(receipt, tender.world.receipt_signer, at)
    leaf = acceptance_leaf(
        bid.id,
        leaf_supplier or bid.supplier.id,
        signed.manifest.digest,
        canonical.digest(signed.signature),
        Receipt.parse(file).digest,
    )
    tender.bids.append(replace(signed, receipt=file, leaf=leaf))
    tender.add_leaf(leaf)
    tender.close()
    return bid


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("tender", "f" * 32, "manifest-other-tender"),
        ("suite", "sunseal-2", "manifest-other-suite"),
        ("supplier", "f" * 32, "manifest-other-supplier"),
        ("notice", "0" * 64, "manifest-other-notice"),
        ("lock", "0" * 64, "lock-unsupported"),
        ("replaces", "f" * 32, "ledger-replaces-unknown"),
    ],
)
def test_a_manifest_for_something_else_is_refused(world: World, member: str, value: str, code: str) -> None:
    tender = world.tender()
    lied(tender, lambda manifest: manifest.update({member: value}))
    assert refusal(closed_tender(tender), tender).code == code


def test_a_manifest_of_another_bid_behind_a_leaf_is_refused(world: World) -> None:
    tender = world.tender()
    bid = tender.seal(world.suppliers[0])
    members = {**canonical.loads(bid.manifest.raw), "bid": "f" * 32}
    raw = canonical.dumps(members)
    other = replace(bid, manifest=Manifest.parse(raw), signature=bid.supplier.sign(raw, tender.notice.at))
    at = tender.notice.at + timedelta(minutes=5)
    receipt = sign_statement(receipt_of(tender, other, bid=bid.id), world.receipt_signer, at)
    digest = Receipt.parse(receipt).digest
    signature = canonical.digest(other.signature)
    leaf = acceptance_leaf(bid.id, bid.supplier.id, other.manifest.digest, signature, digest)
    tender.add_leaf(leaf)
    tender.close()
    files = {bid.id: BidFiles(raw, other.signature, receipt)}
    assert refusal(closed_tender(tender, bids=files), tender).code == "manifest-other-bid"


def test_a_manifest_with_too_few_shares_is_refused(world: World) -> None:
    tender = world.tender()

    def shorten(manifest: dict[str, Any]) -> None:
        for part in manifest["parts"]:
            part["sealed_shares"] = [b64encode(bytes(1169))] * 2
            part["share_digests"] = part["share_digests"][:2]

    lied(tender, shorten)
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == ("manifest-shares", f"bids/{tender.bids[0].id}/manifest.json")


def test_a_replacement_under_another_key_is_refused(world: World) -> None:
    tender = world.tender()
    first = tender.submit(world.suppliers[0])
    old = world.suppliers[0].party
    key_label = world.new_id()  # another label, another key
    thief = World(seed=77).p256(key_label)
    certificate = issue(world.parties, thief.public_key(), old, world.issued, 365)
    signer = Signer(thief, certificate, world.parties.chain)
    actor = replace(world.suppliers[0], signer=signer, enrolment=world.enrolment(certificate, old))
    world.suppliers.append(actor)
    tender.submit(actor, replaces=first.id)
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["bid"]) == ("other-key", first.id)


# --- withdrawals


def test_a_withdrawal_signed_by_another_supplier_is_refused(world: World, tender: Tender) -> None:
    tender.withdraw(tender.bids[0], supplier=world.suppliers[1])
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == (
        "signer-not-supplier",
        f"bids/{tender.bids[0].id}/withdrawal.p7s",
    )


def test_a_withdrawal_after_the_deadline_is_refused(tender: Tender) -> None:
    tender.withdraw(tender.bids[0], at=tender.notice.deadline + timedelta(seconds=1))
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == (
        "receipt-late",
        f"bids/{tender.bids[0].id}/withdrawal-receipt.json",
    )


def test_another_withdrawal_than_the_leafs_is_refused(tender: Tender) -> None:
    tender.withdraw(tender.bids[0])
    tender.withdraw(tender.bids[1])
    tender.close()
    files = bid_files(tender)
    one, two = tender.bids[0].id, tender.bids[1].id
    files[one] = replace(files[one], withdrawal=files[two].withdrawal)
    error = refusal(closed_tender(tender, bids=files), tender)
    assert (error.code, error.params["file"]) == ("leaf-mismatch", f"bids/{one}/withdrawal.json")


def test_a_withdrawal_naming_another_bid_is_refused(world: World, tender: Tender) -> None:
    # Given: a withdrawal of the second bid stands behind a leaf for the first
    bid = tender.bids[0]
    at = tender.notice.at + timedelta(minutes=9)
    raw = build_withdrawal(tender.id, tender.notice.policy.digest, bid.supplier.id, "f" * 32, "x")
    signature = bid.supplier.sign(raw, at)
    statement = build_receipt(
        at=at,
        tender=tender.id,
        policy=tender.notice.policy.digest,
        bid=bid.id,
        withdrawal=canonical.digest(raw),
        signature=canonical.digest(signature),
        crl=tender.crl_digest,
        received_at=at,
    )
    receipt = sign_statement(statement, world.receipt_signer, at)
    digests = (canonical.digest(raw), canonical.digest(signature), Receipt.parse(receipt).digest)
    tender.add_leaf(withdrawal_leaf(bid.id, bid.supplier.id, *digests))
    tender.close()
    files = bid_files(tender)
    files[bid.id] = replace(
        files[bid.id], withdrawal=raw, withdrawal_signature=signature, withdrawal_receipt=receipt
    )
    assert refusal(closed_tender(tender, bids=files), tender).code == "withdrawal-other"


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
    assert check_closed(closed_tender(tender), tender.trust(), None, None).closing_digest == second.digest
