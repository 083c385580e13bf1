"""Receipts judged by whoever holds them: kept promises, broken ones, and accusations that are forged."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from bids.errors import BidError
from bids.promise import Judgement
from bids.receipt_bundle import Kept, files_of, read_bundle, write_bundle
from bids.receipt_readme import readme
from bids.receipts import Receipt
from signing import merkle
from signing.notes import format_proof
from tests.bids_factory import Tender, World
from tests.bids_received import Bid
from tests.outside_stamper import new_stamper
from tests.typescript.agreement import judge


def scene(seed: int = 181) -> tuple[Tender, list[Bid]]:
    tender = World(seed=seed).tender()
    return tender, [tender.submit(supplier) for supplier in tender.world.suppliers]


def published(tender: Tender, bid: Bid, **changes: object) -> Kept:
    """The receipt with what the platform showed everybody after the closing."""
    entry = tender.closing_entry
    kept = Kept(
        bid.receipt,
        bid.manifest.raw,
        bid.signature,
        closing=tender.closing_file,
        ledger=tuple(tender.leaves),
        entry=entry,
        entry_proof=tender.world.proof(tender.closing_position),
    )
    return replace(kept, **changes)  # type: ignore[arg-type]


def judged(kept: Kept, tender: Tender) -> Judgement:
    found = judge(kept, tender.trust())
    assert all(one.text("zh") and one.text("en") for one in found.findings)
    return found


def failed(judgement: Judgement) -> dict[str, list[str]]:
    return {one.code: [each.code for each in one.reasons] for one in judgement.findings if one.ok is False}


def test_a_promise_that_was_kept() -> None:
    tender, bids = scene()
    taken = tender.withdraw(bids[0])
    tender.close()
    for bid in bids:
        found = judged(published(tender, bid), tender)
        assert found.verdict == "kept" and not failed(found)
        assert found.receipt is not None and found.receipt.bid == bid.id
    withdrawal = Kept(taken.receipt, taken.withdrawal.raw, taken.signature)
    kept = replace(withdrawal, closing=tender.closing_file, ledger=tuple(tender.leaves))
    assert judged(kept, tender).verdict == "kept"


def test_by_the_leafs_proof_alone() -> None:
    tender, bids = scene()
    tender.close()
    tree = merkle.MemoryTree()
    for leaf in tender.leaves:
        tree.append(merkle.leaf_hash(leaf))
    proof = format_proof(1, tree.inclusion(1), tender.closing.checkpoint)
    kept = published(tender, bids[1], ledger=None, leaf=tender.leaves[1], leaf_proof=proof)
    assert judged(kept, tender).verdict == "kept"
    # Another's leaf shows nothing of one's own; nor does a leaf that is not in the ledger.
    other = judged(replace(kept, receipt=bids[0].receipt, document=None, signature=None), tender)
    assert (other.verdict, failed(other)) == ("open", {"promise-stands": ["promise-missing"]})
    forged = judged(replace(kept, leaf=tender.leaves[0]), tender)
    assert forged.verdict == "nothing" and "promise-leaf-proof" in failed(forged)


def test_a_bid_left_out_of_the_ledger_is_proved() -> None:
    tender, bids = scene(182)
    tender.leaves.pop(1)
    tender.tree = merkle.MemoryTree()
    for leaf in tender.leaves:
        tender.tree.append(merkle.leaf_hash(leaf))
    tender.close()
    found = judged(published(tender, bids[1]), tender)
    assert (found.verdict, failed(found)) == ("broken", {"promise-stands": ["promise-missing"]})
    # The supervisor gets one file, and judges it without trusting whoever hands it in.
    sink = io.BytesIO()
    write_bundle(sink, files_of(published(tender, bids[1]), readme()))
    (again,) = read_bundle(sink)
    assert again == published(tender, bids[1])
    assert judged(again, tender).verdict == "broken"
    assert judged(published(tender, bids[0]), tender).verdict == "kept"


def test_a_bid_that_was_swapped_is_proved() -> None:
    tender, bids = scene(183)
    swapped = tender.leaves[1].replace(bids[1].manifest.digest.encode(), b"0" * 64)
    tender.leaves[1] = swapped
    tender.tree = merkle.MemoryTree()
    for leaf in tender.leaves:
        tender.tree.append(merkle.leaf_hash(leaf))
    tender.close()
    found = judged(published(tender, bids[1]), tender)
    assert (found.verdict, failed(found)) == ("broken", {"promise-stands": ["promise-differs"]})


def test_before_the_closing_nothing_can_be_told() -> None:
    tender, bids = scene(184)
    found = judged(Kept(bids[0].receipt), tender)
    assert found.verdict == "open" and not failed(found)
    codes = {one.code for one in found.findings}
    assert codes == {
        "promise-receipt", "promise-no-document", "promise-token", "promise-token-own", "promise-not-closed",
        "promise-no-lists",
    }  # fmt: skip
    tender.close()
    missing = judged(published(tender, bids[0], ledger=None, entry=None), tender)
    assert missing.verdict == "open"
    assert {one.code for one in missing.findings} >= {"promise-no-ledger", "promise-not-logged"}


def test_forged_accusations_are_recognised() -> None:
    """A supplier that never bid, or whose bid stands, and wants the platform to look guilty."""
    tender, bids = scene(185)
    stranger_tender, strangers = scene(186)
    own = tender.world.suppliers[0]
    made_up = tender.seal(own)
    tender.close()
    stranger_tender.close()
    honest = published(tender, bids[0])
    shorter = tuple(leaf for leaf in tender.leaves if bids[0].id.encode() not in leaf)
    digest = bids[0].manifest.digest.encode()
    other = tuple(leaf.replace(digest, b"0" * 64) for leaf in tender.leaves)
    edited = bids[0].receipt.replace(bids[0].id.encode(), made_up.id.encode())
    for kept, code, reason in (
        # The ledger without the leaf, or with another in its place, is not the one that was closed.
        (replace(honest, ledger=shorter), "promise-ledger", "ledger-size"),
        (replace(honest, ledger=other), "promise-ledger", "ledger-root"),
        # A receipt that was changed, or is of another platform.
        (replace(honest, receipt=edited), "promise-receipt", "signature-invalid"),
        (replace(honest, receipt=strangers[0].receipt), "promise-receipt", "certificate-untrusted"),
        # A genuine receipt beside the files of a bid that was never handed in.
        (
            replace(honest, document=made_up.manifest.raw, signature=made_up.signature),
            "promise-receipt", "receipt-mismatch",
        ),
        # A closing of another platform, or a receipt in its place.
        (replace(honest, closing=stranger_tender.closing_file), "promise-closing", "certificate-untrusted"),
        (replace(honest, closing=bids[0].receipt), "promise-closing", "signature-invalid"),
    ):  # fmt: skip
        found = judged(kept, tender)
        assert found.verdict == "nothing" and reason in failed(found)[code], (code, failed(found))


def test_a_receipt_for_another_tender_proves_nothing_and_a_false_deadline_excuses_nothing() -> None:
    world = World(seed=187)
    one, other = world.tender(), world.tender()
    bid = one.submit(world.suppliers[0])
    late = one.receive(one.seal(world.suppliers[1]), one.notice.deadline + timedelta(seconds=1))
    one.leaves.pop()
    one.tree = merkle.MemoryTree()
    one.tree.append(merkle.leaf_hash(one.leaves[0]))
    one.close()
    other.close()
    found = judged(published(one, bid, closing=other.closing_file, ledger=tuple(other.leaves)), one)
    assert found.verdict == "nothing" and failed(found) == {"promise-closing": ["closing-other-tender"]}
    # A closing that names an earlier deadline than the notice would leave out whom it likes.
    found = judged(published(one, late), one)
    assert found.verdict == "broken" and failed(found)["promise-closing"] == ["receipt-late"]


def test_a_late_receipt_that_stands_is_left_open() -> None:
    tender = World(seed=187).tender()
    late = tender.receive(
        tender.seal(tender.world.suppliers[0]), tender.notice.deadline + timedelta(seconds=1)
    )
    tender.close()
    found = judged(published(tender, late), tender)
    assert (found.verdict, failed(found)) == ("open", {"promise-closing": ["receipt-late"]})


def test_without_lists_it_is_said_that_the_receipts_key_may_be_a_revoked_one() -> None:
    tender, bids = scene(191)
    lists = (tender.world.crl, tender.world.platform_crl)
    for known, told in ((lists[:1], True), (lists, False)):
        trust = replace(tender.trust(), crls={str(at): crl for at, crl in enumerate(known)})
        codes = {one.code for one in judge(Kept(bids[0].receipt), trust).findings}
        assert ("promise-no-lists" in codes) is told


def test_a_closing_that_is_not_in_the_log_leaves_it_open() -> None:
    tender, bids = scene(188)
    tender.close()
    found = judged(published(tender, bids[0], entry=tender.world.log_entries[0]), tender)
    assert found.verdict == "open" and "promise-logged" in failed(found)
    elsewhere = replace(tender.trust(), log_origin="other.example")
    assert judge(published(tender, bids[0]), elsewhere).verdict == "nothing"


def test_time_stamps_are_told_with_what_they_leave_open() -> None:
    tender = World(seed=189).tender()
    supplier = tender.world.suppliers[0]
    outside = new_stamper(tender.world.now, "P-256")
    tender.stamp = None
    bare = judged(Kept(tender.submit(supplier).receipt), tender)
    assert "promise-no-token" in {one.code for one in bare.findings}
    tender.stamp = lambda imprint, at: outside.stamp(imprint, at + timedelta(minutes=12))
    late = Kept(tender.submit(supplier).receipt)
    said = {one.code: one.params for one in judged(late, tender).findings}
    assert said["promise-token-late"]["minutes"] == "12" and "promise-token-unrooted" in said
    rooted = judge(late, tender.trust(), [outside.root, outside.intermediate])
    codes = {one.code for one in rooted.findings}
    assert "promise-token-unrooted" not in codes and "promise-token-unlisted" in codes
    at = tender.world.now
    listed = judge(late, tender.trust(), [outside.root], [outside.crl(at)])
    assert [one.code for one in listed.findings if "listed" in one.code] == ["promise-token-listed"]
    lost = judge(late, tender.trust(), [outside.root], [outside.crl(at, at + timedelta(days=1))])
    assert failed(lost) == {"promise-token": ["certificate-revoked"]} and lost.verdict == "open"
    tender.stamp = lambda imprint, at: outside.stamp(bytes(32), at)
    wrong = judged(Kept(tender.submit(supplier).receipt), tender)
    assert failed(wrong) == {"promise-token": ["signature-invalid"]}


def test_bundles_are_read_strictly() -> None:
    tender, bids = scene(190)
    taken = tender.withdraw(bids[0])
    files = files_of(Kept(bids[0].receipt, bids[0].manifest.raw, bids[0].signature), "x")
    files |= files_of(Kept(taken.receipt, taken.withdrawal.raw, taken.signature), "x")
    sink = io.BytesIO()
    write_bundle(sink, files)
    first, second = read_bundle(sink)
    assert Receipt.parse(first.receipt).kind == "manifest"
    assert Receipt.parse(second.receipt).kind == "withdrawal" and second.document == taken.withdrawal.raw
    with pytest.raises(BidError) as caught:
        write_bundle(io.BytesIO(), {"evidence.json": b""})
    assert caught.value.code == "package-name"
    empty = io.BytesIO()
    write_bundle(empty, {"README.txt": b"nothing"})
    with pytest.raises(BidError) as caught:
        read_bundle(empty)
    assert caught.value.code == "receipt-bundle-empty"
