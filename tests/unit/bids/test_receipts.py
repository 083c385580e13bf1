"""Receipts and withdrawals: each for exactly one document and signature, by the platform's receipt key."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bids.receipts import Receipt, Withdrawal, build_receipt, build_withdrawal
from signing import canonical, statements
from tests.bids_factory import NOW, World, refused, strangers
from tests.typescript.agreement import check_receipt

WORLD = World(1)
TENDER = WORLD.tender()
BID = TENDER.submit(WORLD.suppliers[0])
OTHER = TENDER.submit(WORLD.suppliers[1])
WITHDRAWN = TENDER.withdraw(OTHER)
STATEMENT: dict[str, Any] = json.loads(BID.receipt)["statement"]


def receipt(edit: Callable[[dict[str, Any]], object] = lambda s: None, signer: Any = None) -> bytes:
    statement = dict(STATEMENT)
    edit(statement)
    return statements.sign_statement(statement, signer or WORLD.receipt_signer, NOW)


def test_members() -> None:
    got = Receipt.parse(BID.receipt)
    assert got.raw == BID.receipt
    assert got.digest == canonical.digest(canonical.dumps(STATEMENT))
    assert (got.kind, got.document, got.bid) == ("manifest", BID.manifest.digest, BID.id)
    assert got.signature == canonical.digest(BID.signature)
    assert got.crl == TENDER.crl_digest
    assert got.received_at == got.at == NOW + timedelta(minutes=5)
    assert Receipt.parse(statements.read_statement(BID.receipt, "sunseal/receipt/v1", with_token=True)) == got


def test_a_true_receipt() -> None:
    assert check_receipt(BID.receipt, BID.manifest.raw, BID.signature, WORLD.roots).bid == BID.id


def test_a_receipt_for_a_withdrawal() -> None:
    got = check_receipt(WITHDRAWN.receipt, WITHDRAWN.withdrawal.raw, WITHDRAWN.signature, WORLD.roots)
    assert (got.kind, got.document, got.bid) == ("withdrawal", WITHDRAWN.withdrawal.digest, OTHER.id)


def test_a_receipt_is_for_one_document_and_signature() -> None:
    for document, signature, member in (
        (BID.manifest.raw, OTHER.signature, "signature"),
        (OTHER.manifest.raw, BID.signature, "bid"),
        (TENDER.seal(WORLD.suppliers[0], bid=BID.id).manifest.raw, BID.signature, "manifest"),
    ):
        with refused("receipt-mismatch", member=member, bid=BID.id):
            check_receipt(BID.receipt, document, signature, WORLD.roots)
    with refused("wrong-type"):
        check_receipt(BID.receipt, WITHDRAWN.withdrawal.raw, WITHDRAWN.signature, WORLD.roots)


def test_a_receipt_of_another_tender_or_policy() -> None:
    for member in ("tender", "policy"):
        other = "0" * len(STATEMENT[member])
        with refused("receipt-mismatch", member=member):
            forged = receipt(lambda s, m=member, o=other: s.update({m: o}))  # type: ignore[misc]
            check_receipt(forged, BID.manifest.raw, BID.signature, WORLD.roots)


def test_only_the_receipt_key_gives_receipts() -> None:
    for signer, code in (
        (WORLD.statement_signer, "certificate-wrong-authority"),
        (WORLD.agency.signer, "certificate-wrong-authority"),
        (strangers().receipt_signer, "certificate-untrusted"),
    ):
        with refused(code, what="receipt"):
            check_receipt(receipt(signer=signer), BID.manifest.raw, BID.signature, WORLD.roots)


def test_a_changed_receipt() -> None:
    forged = BID.receipt.replace(b'"received_at":"2026-06-01T01:05:00', b'"received_at":"2026-06-01T01:04:00')
    assert forged != BID.receipt
    with refused("signature-invalid"):
        check_receipt(forged, BID.manifest.raw, BID.signature, WORLD.roots)
    with refused("not-canonical"):
        check_receipt(BID.receipt + b"\n", BID.manifest.raw, BID.signature, WORLD.roots)


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda s: s.pop("crl"), "member-missing"),
        (lambda s: s.pop("manifest"), "receipt-kind"),
        (lambda s: s.update(withdrawal="0" * 64), "receipt-kind"),
        (lambda s: s.update(received_at="yesterday"), "form-time"),
        (lambda s: s.update(received_at="2026-06-01T01:06:00.000Z"), "receipt-before-receiving"),
        (lambda s: s.update(note="x"), "member-unknown"),
    ],
)
def test_malformed(edit: Callable[[dict[str, Any]], object], code: str) -> None:
    with refused(code):
        Receipt.parse(receipt(edit))


@pytest.mark.parametrize("documents", [{}, {"manifest": "0" * 64, "withdrawal": "0" * 64}])
def test_a_receipt_is_built_for_exactly_one_document(documents: dict[str, str]) -> None:
    with refused("receipt-kind"):
        build_receipt(
            at=NOW,
            tender=TENDER.id,
            policy="0" * 64,
            bid=BID.id,
            signature="0" * 64,
            crl="0" * 64,
            received_at=NOW,
            **documents,
        )


def test_withdrawals() -> None:
    raw = build_withdrawal(TENDER.id, TENDER.notice.policy.digest, BID.supplier.id, BID.id, "第一行\n第二行")
    got = Withdrawal.parse(raw)
    assert got.raw == raw and got.digest == canonical.digest(raw)
    assert (got.tender, got.policy) == (TENDER.id, TENDER.notice.policy.digest)
    assert (got.supplier, got.bid, got.reason) == (BID.supplier.id, BID.id, "第一行\n第二行")
    with refused("form-text", path="reason"):
        build_withdrawal(TENDER.id, "0" * 64, BID.supplier.id, BID.id, "")
    with refused("form-id", path="bid"):
        build_withdrawal(TENDER.id, "0" * 64, BID.supplier.id, "../x", "x")
    with refused("not-canonical"):
        Withdrawal.parse(raw + b" ")
