"""Receiving bids, as suppliers send them and as attackers try it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bids.ledger import parse_leaf
from bids.receipts import Receipt, check_receipt
from signing.certificates import Party, issue, new_issuing_authority, new_root
from signing.encoding import b64encode, format_time
from signing.keys import Signer
from signing.statements import sign_statement
from tests.functional.bidding import (
    HOUR,
    bids_path,
    ledger,
    refused_bid,
    resigned,
    stored,
    withdrawal,
    withdrawals,
)
from tests.functional.house import House, Tendering, Who, receipt_of, signed
from trading.audit.models import PrivateAct
from trading.submission.models import Bid


def test_a_bid_is_received_at_once_with_a_receipt_anybody_can_check(
    house: House, supplier: Who, tender: Tendering
) -> None:
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    before = house.now()
    answer = house.submit(supplier, tender, sealed)
    assert answer["bid"] == sealed.bid
    receipt = check_receipt(
        receipt_of(answer), sealed.manifest.raw, sealed.signature, house.platform.keys.roots
    )
    assert before <= receipt.received_at <= house.now()
    assert (receipt.tender, receipt.policy) == (tender.id, tender.notice.policy.digest)
    assert house.call("GET", f"/crls/{receipt.crl}").body
    (leaf,) = map(parse_leaf, ledger(house, tender))
    assert (leaf.bid, leaf.supplier, leaf.document) == (sealed.bid, supplier.id, sealed.manifest.digest)
    assert leaf.receipt == receipt.digest
    assert house.own_bids(supplier, tender) == {sealed.bid: "current"}
    stored_receipt = house.call("GET", f"{bids_path(tender)}/{sealed.bid}/receipt", supplier).json["file"]
    assert stored_receipt == answer["receipt"]


def test_a_clock_that_is_set_back_makes_no_ledger_look_back_dated(
    house: House, supplier: Who, tender: Tendering
) -> None:
    first, second = house.seal(supplier, tender), house.seal(supplier, tender)
    for sealed in (first, second):
        house.upload(supplier, tender, sealed)
    house.clock.ahead(timedelta(minutes=3))
    answers = [house.submit(supplier, tender, first)]
    house.clock.ahead(timedelta(minutes=2))
    body = signed(*withdrawal(house, supplier, tender, first.bid))
    answers.append(house.call("POST", withdrawals(tender), supplier, body, 201).json)
    house.clock.ahead(timedelta(minutes=1))
    answers.append(house.submit(supplier, tender, second))
    received = [Receipt.parse(receipt_of(answer)).received_at for answer in answers]
    house.clock.ahead(timedelta(0))
    assert len(set(received)) == 1


def test_the_very_same_bid_again_gets_the_same_receipt_even_late(
    house: House, supplier: Who, tender: Tendering
) -> None:
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    first = house.submit(supplier, tender, sealed)
    assert house.submit(supplier, tender, sealed, status=200) == first
    with house.later(HOUR):
        assert house.submit(supplier, tender, sealed, status=200) == first
    assert len(ledger(house, tender)) == 1


def test_a_bid_is_refused_from_the_very_instant_of_the_deadline(
    house: House, supplier: Who, tender: Tendering
) -> None:
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    left = tender.notice.deadline - house.now()
    with house.later(left):
        problem = refused_bid(house, supplier, tender, sealed, "bid-late", "late-bid")
    assert format_time(tender.notice.deadline) in problem["detail"]
    house.submit(supplier, tender, sealed)


def test_a_refused_attempt_is_kept_apart(house: House, supplier: Who, tender: Tendering) -> None:
    refused_bid(house, supplier, tender, house.seal(supplier, tender), "bid-object-missing", "incomplete-bid")
    with house.platform.database.reading() as session:
        query = select(PrivateAct.act).where(PrivateAct.tender_id == tender.id)
        acts = set(session.scalars(query))
    assert "refused.bid-object-missing" in acts


def test_every_act_of_a_supplier_is_kept_with_its_person(
    house: House, supplier: Who, tender: Tendering
) -> None:
    sealed = house.bid(supplier, tender)
    body = signed(*withdrawal(house, supplier, tender, sealed.bid))
    house.call("POST", withdrawals(tender), supplier, body, 201)
    with house.platform.database.reading() as session:
        of_supplier = (PrivateAct.tender_id == tender.id, PrivateAct.organisation_id == supplier.id)
        acts = list(session.scalars(select(PrivateAct).where(*of_supplier)))
    counted = {act: sum(each.act == act for each in acts) for act in {each.act for each in acts}}
    uploads = len(sealed.objects)
    assert counted == {
        "upload.started": uploads, "upload.completed": uploads, "bid.received": 1, "bid.withdrawn": 1,
    }  # fmt: skip
    for act in acts:
        assert (act.organisation_id, act.role) == (supplier.id, "supplier")
        assert act.person_id and act.address


def test_works_bids_are_refused_with_the_statutes_article(
    house: House, agency: Who, custodians: tuple[Who, ...], supplier: Who
) -> None:
    tender = house.tender(agency, custodians, rules="cn-works", sandbox=True)
    sealed = house.seal(supplier, tender)
    problem = refused_bid(house, supplier, tender, sealed, "bid-object-missing", "incomplete-bid")
    assert "20号令）第27条" in problem["article"] and "Order 20 art. 27" in problem["article"]
    naked = house.call("POST", bids_path(tender), supplier, signed(b'{"price":"1"}', b"x"), 422).json
    assert naked["rule"] in ("unsigned-bid", "unencrypted-bid")
    with house.later(HOUR):
        problem = refused_bid(house, supplier, tender, sealed, "bid-late", "late-bid")
    assert "招标投标法第28条" in problem["article"]


# --- refusals: signatures


def test_unsigned_and_wrongly_signed_bids_are_refused(house: House, supplier: Who, tender: Tendering) -> None:
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    unsigned = dataclasses.replace(sealed, signature=b"")
    refused_bid(house, supplier, tender, unsigned, "signature-missing", "unsigned-bid")
    flipped = sealed.signature[:-1] + bytes([sealed.signature[-1] ^ 1])
    for wrong in (b"rubbish", flipped, sealed.signature + b"\0", house.sign(supplier, b"other")):
        refused_bid(
            house,
            supplier,
            tender,
            dataclasses.replace(sealed, signature=wrong),
            "signature-invalid",
            "unsigned-bid",
        )
    house.submit(supplier, tender, sealed)


def test_certificates_of_others_roles_and_authorities_are_refused(
    house: House, agency: Who, supplier: Who, tender: Tendering
) -> None:
    sealed = house.seal(supplier, tender)
    other = house.enrol("supplier")
    as_agency = house.another_person(agency)
    strangers = dataclasses.replace(supplier, signer=foreign_signer(house, supplier))
    for who in (other, as_agency, strangers):
        body = signed(sealed.manifest.raw, house.sign(who, sealed.manifest.raw))
        problem = house.call("POST", bids_path(tender), supplier, body, 422).json
        assert problem["rule"] == "unsigned-bid" and problem["article"]
    assert stored(house, Bid, tender) == 0


def foreign_signer(house: House, supplier: Who) -> Any:
    """The same names, certified by an authority of somebody else's root."""
    at = house.now() - timedelta(days=1)
    authority = new_issuing_authority(new_root("Sunseal Root", at), "parties", at)
    party = Party(supplier.id, supplier.reference, "supplier", supplier.name, supplier.name)
    certificate = issue(authority, supplier.key.public_key(), party, at, 100)
    return Signer(supplier.key, certificate, (authority.certificate,))


def test_expired_and_revoked_certificates_are_refused(house: House, supplier: Who) -> None:
    # The custodians' certificates outlast the tender, as they must; the supplier's is older.
    with house.later(timedelta(days=300)):
        agency, custodians = house.enrol("agency"), tuple(house.enrol("custodian") for _ in range(3))
        tender = house.tender(agency, custodians, deadline=format_time(house.now() + timedelta(days=600)))
        sealed = house.seal(supplier, tender)
        fresh = house.another_person(supplier)
        revocation = f"/certificates/{fresh.fingerprint}/revocation"
        house.call("POST", revocation, house.operator, {"reason": "keyCompromise"}, 200)
        revoked = dataclasses.replace(sealed, signature=house.sign(fresh, sealed.manifest.raw))
        refused_bid(house, supplier, tender, revoked, "certificate-revoked-now", "unsigned-bid")
    body = signed(sealed.manifest.raw, sealed.signature)
    with house.later(timedelta(days=800)):
        token = house.call(
            "POST", f"/organisations/{supplier.id}/tokens", house.operator,
            {"person": "later", "role": "supplier", "days": 5},
        ).json["token"]  # fmt: skip
        expired = house.call("POST", bids_path(tender), token, body, 422).json
    assert (expired["code"], expired["rule"]) == ("certificate-expired", "unsigned-bid")


# --- refusals: the manifest


def test_manifests_for_something_else_are_refused(
    house: House, agency: Who, custodians: tuple[Who, ...], supplier: Who, tender: Tendering
) -> None:
    elsewhere = house.tender(agency, custodians)
    sealed = house.seal(supplier, elsewhere)
    refused_bid(house, supplier, tender, sealed, "manifest-other-tender", "unencrypted-bid")
    mine = house.seal(supplier, tender)
    for member, code in (("policy", "manifest-other-policy"), ("notice", "manifest-other-notice")):
        wrong = resigned(house, supplier, mine, **{member: "0" * 64})
        refused_bid(house, supplier, tender, wrong, code, "unencrypted-bid")
    for_other = house.seal(supplier, tender, named=house.enrol("supplier").id)
    refused_bid(house, supplier, tender, for_other, "manifest-other-supplier", "unencrypted-bid")


def test_bids_for_an_earlier_notice_or_policy_are_refused(
    house: House, supplier: Who, tender: Tendering
) -> None:
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    amended = house.amend(tender, title="Clearer")
    refused_bid(house, supplier, tender, sealed, "manifest-other-notice", "unencrypted-bid")
    again = house.seal(supplier, amended)
    house.upload(supplier, amended, again)
    postponed = house.amend(amended, deadline=amended.notice.deadline + HOUR)
    refused_bid(house, supplier, tender, again, "manifest-other-policy", "unencrypted-bid")
    house.bid(supplier, postponed)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not-canonical"),
        (b"plain text of a bid", "not-canonical"),
        (b'{"type":"sunseal/manifest/v1","type":"sunseal/manifest/v1"}', "not-canonical"),
        (b'{"type": "sunseal/manifest/v1"}', "not-canonical"),
        (b'{"a":1.5}', "not-canonical"),
        (b"\xef\xbb\xbf{}", "not-canonical"),
        (b"\xff", "not-canonical"),
        (b"[" * 17 + b"]" * 17, "not-canonical"),
        (b"{}", "wrong-type"),
        (b'{"type":"sunseal/notice/v1"}', "wrong-type"),
        (b'{"type":"sunseal/manifest/v1"}', "member-missing"),
        (b'"' + b"x" * (1 << 20) + b'"', "too-large"),
    ],
)
def test_malformed_manifests_are_refused_though_signed(
    house: House, supplier: Who, tender: Tendering, raw: bytes, code: str
) -> None:
    body = signed(raw, house.sign(supplier, raw))
    problem = house.refused("POST", bids_path(tender), supplier, body, code)
    assert problem["rule"] == "unencrypted-bid" and problem["article"]


def test_bodies_that_are_no_signed_object_are_refused(house: House, supplier: Who, tender: Tendering) -> None:
    path = bids_path(tender)
    house.refused("POST", path, supplier, {"document": "e30", "signature": "AA=="}, "encoding-invalid")
    house.refused("POST", path, supplier, {"document": "e30=\n", "signature": "AA=="}, "encoding-invalid")
    house.refused("POST", path, supplier, {"document": "e30="}, "request-invalid")
    house.refused("POST", path, supplier, {"document": 1, "signature": "AA=="}, "request-invalid")


# --- refusals: ciphertext


def test_missing_altered_and_foreign_ciphertext_is_refused_and_nothing_is_lost(
    house: House, supplier: Who, tender: Tendering
) -> None:
    sealed = house.seal(supplier, tender)
    *most, last = sealed.objects
    for data in most:
        house.upload_bytes(supplier, tender.id, data)
    refused_bid(house, supplier, tender, sealed, "bid-object-missing", "incomplete-bid")
    house.upload_bytes(supplier, tender.id, last[:-1] + bytes([last[-1] ^ 1]))
    refused_bid(house, supplier, tender, sealed, "bid-object-missing", "incomplete-bid")
    other = house.enrol("supplier")
    house.upload_bytes(other, tender.id, last)  # another supplier's upload is no help
    refused_bid(house, supplier, tender, sealed, "bid-object-missing", "incomplete-bid")
    body = {"sha256": hashlib.sha256(last).hexdigest(), "size": len(last)}
    begun = house.call("POST", f"/tenders/{tender.id}/uploads", supplier, body).json["id"]
    house.call("PUT", f"/uploads/{begun}/parts/0", supplier, last, 204)
    refused_bid(house, supplier, tender, sealed, "bid-object-missing", "incomplete-bid")  # not completed
    house.call("POST", f"/uploads/{begun}/completion", supplier)
    house.submit(supplier, tender, sealed)


def test_ciphertext_uploaded_for_another_tender_does_not_count(
    house: House, agency: Who, custodians: tuple[Who, ...], supplier: Who, tender: Tendering
) -> None:
    elsewhere = house.tender(agency, custodians)
    sealed = house.seal(supplier, tender)
    house.upload(supplier, elsewhere, sealed)
    refused_bid(house, supplier, tender, sealed, "bid-object-missing", "incomplete-bid")


def test_a_manifest_that_lies_about_a_size_is_refused(house: House, supplier: Who, tender: Tendering) -> None:
    sealed, bigger = house.seal(supplier, tender), house.seal(supplier, tender, attachment=b"x" * 3_000_000)
    house.upload(supplier, tender, sealed)
    members = json.loads(sealed.manifest.raw)
    files = next(part for part in members["parts"] if part["part"] == "files")
    size = next(p for p in bigger.manifest.parts if p.part == "files").objects[1].size
    files["objects"][1]["size"] = size  # a size that padding could give, but not this object's
    lying = resigned(house, supplier, sealed, parts=members["parts"])
    refused_bid(house, supplier, tender, lying, "bid-object-size", "incomplete-bid")


# --- refusals: who, and which bid


def test_the_agency_and_custodians_of_a_tender_cannot_bid_in_it(house: House) -> None:
    agency, custodian = house.enrol("agency", "supplier"), house.enrol("custodian", "supplier")
    tender = house.tender(agency, (custodian,), threshold=1)
    for who, code in ((agency, "supplier-is-buyer"), (custodian, "supplier-is-custodian")):
        bidder = house.another_person(who, "supplier")
        sealed = house.seal(bidder, tender)
        refused_bid(house, bidder, tender, sealed, code, "entitled-supplier")
        house.refused("POST", bids_path(tender), who, signed(sealed.manifest.raw, b"x"), "forbidden")
    house.refused("POST", bids_path(tender), None, signed(b"{}", b"x"), "token-missing")


def test_a_bid_id_is_used_once(house: House, supplier: Who, tender: Tendering) -> None:
    sealed = house.bid(supplier, tender)
    other = house.enrol("supplier")
    stolen = house.seal(other, tender, bid=sealed.bid)
    house.upload(other, tender, stolen)
    refused_bid(house, other, tender, stolen, "bid-duplicate", "replacement")
    signed_again = dataclasses.replace(sealed, signature=house.sign(supplier, sealed.manifest.raw))
    refused_bid(house, supplier, tender, signed_again, "bid-duplicate", "replacement")


def test_cancelled_and_unpublished_tenders_take_no_bids(
    house: House, agency: Who, custodians: tuple[Who, ...], supplier: Who, tender: Tendering
) -> None:
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    statement = {
        "type": "sunseal/cancellation/v1", "at": format_time(house.now()), "tender": tender.id,
        "notice": tender.notice.digest, "reason": "no money",
    }  # fmt: skip
    file = b64encode(sign_statement(statement, agency.signer, house.now()))
    house.call("POST", f"/tenders/{tender.id}/cancellation", agency, {"file": file}, 200)
    problem = refused_bid(house, supplier, tender, sealed, "tender-cancelled", "cancelled-tender")
    assert "no money" in problem["detail"]
    draft = house.draft(agency, custodians)["id"]
    body = signed(sealed.manifest.raw, sealed.signature)
    house.refused("POST", f"/tenders/{draft}/bids", supplier, body, "tender-not-found")
