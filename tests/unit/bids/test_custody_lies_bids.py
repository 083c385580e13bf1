"""Custody against a platform that lies about bids: receipts, manifests, signatures, withdrawals.

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
from bids.errors import BidError
from bids.ledger import acceptance_leaf, withdrawal_leaf
from bids.manifest import Manifest
from bids.receipts import Receipt, build_receipt, build_withdrawal
from bids.trust import enrolments_of
from signing import canonical, merkle
from signing.certificates import issue
from signing.encoding import b64encode, format_time
from signing.keys import Signer
from signing.statements import read_statement, sign_statement
from tests.bids_factory import Bid, Tender, World, strangers
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


# --- times


def test_nothing_is_received_before_what_stands_before_it(tender: Tender, world: World) -> None:
    first = Receipt.parse(tender.bids[-1].receipt).received_at
    bid = tender.receive(tender.seal(world.actor("supplier", "后来者")), first - timedelta(seconds=1))
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["bid"]) == ("receipt-order", bid.id)


def test_no_withdrawal_is_received_before_its_bid(tender: Tender) -> None:
    last = Receipt.parse(tender.bids[-1].receipt).received_at
    tender.withdraw(tender.bids[-1], last - timedelta(seconds=1))
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == (
        "receipt-order", f"bids/{tender.bids[-1].id}/withdrawal-receipt.json",
    )  # fmt: skip


def test_no_receipt_is_from_after_the_closing(tender: Tender) -> None:
    bid = tender.bids[-1]
    statement = dict(read_statement(bid.receipt, "sunseal/receipt/v1", with_token=True).statement)
    at = tender.notice.deadline + timedelta(days=2)
    statement["at"] = format_time(at)
    receipt = sign_statement(statement, tender.world.receipt_signer, at)
    leaf = acceptance_leaf(
        bid.id, bid.supplier.id, bid.manifest.digest, canonical.digest(bid.signature),
        Receipt.parse(receipt).digest,
    )  # fmt: skip
    tender.leaves[-1] = leaf
    tender.tree = merkle.MemoryTree()
    for each in tender.leaves:
        tender.tree.append(merkle.leaf_hash(each))
    tender.bids[-1] = replace(bid, receipt=receipt, leaf=leaf)
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["bid"]) == ("receipt-after-closing", bid.id)


def test_no_bid_is_received_before_the_notice_it_is_for(world: World) -> None:
    tender = world.tender()
    bid = tender.submit(world.suppliers[0], received_at=tender.notice.at - timedelta(minutes=6))
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["bid"]) == ("receipt-before-notice", bid.id)


def test_a_bid_under_a_policy_that_never_was_is_not_just_void(tender: Tender) -> None:
    """Leaving a bid out by calling its policy an old one."""
    bid = tender.bids[-1]
    members = {**canonical.loads(bid.manifest.raw), "policy": "0" * 64}  # type: ignore[dict-item]
    raw = canonical.dumps(members)
    void = replace(bid, manifest=Manifest.parse(raw), signature=bid.supplier.sign(raw, tender.notice.at))
    del tender.bids[-1], tender.leaves[-1]
    tender.tree = merkle.MemoryTree()
    for each in tender.leaves:
        tender.tree.append(merkle.leaf_hash(each))
    tender.receive(void)
    tender.close()
    error = refusal(closed_tender(tender), tender)
    assert (error.code, error.params["file"]) == ("manifest-other-notice", f"bids/{bid.id}/manifest.json")


def test_one_organisation_is_one_supplier(world: World, tender: Tender) -> None:
    """Two party ids for one organisation would make up the minimum with one bidder."""
    organisation = world.suppliers[0].party.organisation
    double = world.actor("supplier", "同一家", organisation=organisation)
    tender.submit(double)
    tender.close()
    trust = tender.trust(enrolments={**tender.enrolments(), **enrolments_of([double.enrolment], world.roots)})
    error = refusal(closed_tender(tender), tender, trust=trust)
    assert (error.code, error.params["organisation"]) == ("organisation-twice", organisation)


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
        ("lock", "0" * 64, "manifest-lock-unasked"),
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
    assert (error.code, error.params["file"]) == (
        "manifest-shares",
        f"bids/{tender.bids[0].id}/manifest.json",
    )


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
