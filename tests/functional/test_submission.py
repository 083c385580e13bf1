"""Uploads, bids, replacements and withdrawals, as suppliers do it and as attackers try it."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bids.ledger import parse_leaf
from bids.receipts import build_withdrawal, check_receipt
from signing import canonical
from signing.encoding import b64decode, b64encode, format_time, new_id
from signing.statements import sign_statement
from tests.functional.house import House, Sealed, Tendering, Who, receipt_of, signed
from trading.audit.models import PrivateAct
from trading.storage import PART_BYTES
from trading.submission.models import Bid, LedgerLeaf, Upload
from trading.submission.uploads import storage_key

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'sunseal.db'}"
    else:
        url = request.getfixturevalue("postgres_module_url")
    house = House(folder, url)
    yield house
    house.close()


@pytest.fixture(scope="module")
def agency(house: House) -> Who:
    return house.enrol("agency")


@pytest.fixture(scope="module")
def custodians(house: House) -> tuple[Who, ...]:
    return tuple(house.enrol("custodian") for _ in range(3))


@pytest.fixture(scope="module")
def supplier(house: House) -> Who:
    return house.enrol("supplier")


@pytest.fixture
def tender(house: House, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(agency, custodians)


def stored(house: House, model: Any, tender: Tendering) -> int:
    with house.platform.database.reading() as session:
        query = select(func.count()).select_from(model).where(model.tender_id == tender.id)
        return int(session.scalar(query) or 0)


def ledger(house: House, tender: Tendering) -> list[bytes]:
    with house.platform.database.reading() as session:
        rows = select(LedgerLeaf.raw).where(LedgerLeaf.tender_id == tender.id).order_by(LedgerLeaf.position)
        return list(session.scalars(rows))


def bids_path(tender: Tendering) -> str:
    return f"/tenders/{tender.id}/bids"


def refused_bid(
    house: House, supplier: Who, tender: Tendering, sealed: Sealed, code: str, rule: str | None
) -> dict[str, Any]:
    """The bid is refused with rule and article, nothing is received and nothing uploaded is lost."""
    before = (stored(house, Bid, tender), stored(house, LedgerLeaf, tender), stored(house, Upload, tender))
    body = signed(sealed.manifest.raw, sealed.signature)
    problem = house.refused("POST", bids_path(tender), supplier, body, code)
    after = (stored(house, Bid, tender), stored(house, LedgerLeaf, tender), stored(house, Upload, tender))
    assert before == after
    if rule is not None:
        assert problem["rule"] == rule
        assert " / " in problem["article"]
    return problem


def resigned(house: House, supplier: Who, sealed: Sealed, **members: Any) -> Sealed:
    """The manifest with other members, signed again by its supplier: what a hostile client would send."""
    value = {**json.loads(sealed.manifest.raw), **members}
    raw = canonical.dumps(value)
    manifest = dataclasses.replace(sealed.manifest, raw=raw)
    return Sealed(manifest, house.sign(supplier, raw), sealed.objects)


# --- uploads


def test_an_upload_resumes_where_it_broke_off(house: House, supplier: Who, tender: Tendering) -> None:
    data = bytes(range(256)) * (PART_BYTES // 256) + b"the rest"
    body = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    path = f"/tenders/{tender.id}/uploads"
    begun = house.call("POST", path, supplier, body, 201).json
    assert begun == {"id": begun["id"], "part_bytes": PART_BYTES, "parts": 2, "have": [], "complete": False}
    address = f"/uploads/{begun['id']}"
    house.call("PUT", f"{address}/parts/1", supplier, b"the rest", 204)
    house.refused("POST", f"{address}/completion", supplier, None, "upload-incomplete")
    again = house.call("POST", path, supplier, body, 200).json
    assert again == {**begun, "have": [1]}
    house.call("PUT", f"{address}/parts/0", supplier, data[:PART_BYTES], 204)
    house.call("PUT", f"{address}/parts/0", supplier, data[:PART_BYTES], 204)
    other = b"x" + data[1:PART_BYTES]
    house.refused("PUT", f"{address}/parts/0", supplier, other, "upload-part-differs")
    assert house.call("POST", f"{address}/completion", supplier, status=200).json == body
    assert house.call("POST", f"{address}/completion", supplier, status=200).json == body
    assert house.call("GET", address, supplier).json == {**begun, "have": [0, 1], "complete": True}


def test_parts_of_the_wrong_number_or_size_are_refused(
    house: House, supplier: Who, tender: Tendering
) -> None:
    body = {"sha256": "0" * 64, "size": PART_BYTES + 5}
    address = f"/uploads/{house.call('POST', f'/tenders/{tender.id}/uploads', supplier, body).json['id']}"
    house.refused("PUT", f"{address}/parts/2", supplier, b"x", "upload-part-number")
    house.refused("PUT", f"{address}/parts/1", supplier, b"x", "upload-part-size")
    house.refused("PUT", f"{address}/parts/0", supplier, b"x" * 5, "upload-part-size")
    house.refused("PUT", f"{address}/parts/0", supplier, b"x" * (PART_BYTES + 1), "body-too-large")
    house.refused("PUT", f"{address}/parts/first", supplier, b"x", "request-invalid")
    assert house.call("GET", address, supplier).json["have"] == []


def test_an_upload_that_is_not_what_was_announced_leaves_nothing(
    house: House, supplier: Who, tender: Tendering
) -> None:
    body = {"sha256": hashlib.sha256(b"announced").hexdigest(), "size": 9}
    path = f"/tenders/{tender.id}/uploads"
    first = house.call("POST", path, supplier, body).json["id"]
    house.call("PUT", f"/uploads/{first}/parts/0", supplier, b"delivered", 204)
    answer = house.call("POST", f"/uploads/{first}/completion", supplier, status=422).json
    assert answer["code"] == "upload-digest"
    house.refused("GET", f"/uploads/{first}", supplier, None, "upload-not-found")
    with pytest.raises(FileNotFoundError):
        house.platform.storage.read_part(storage_key(first), 0)
    assert house.upload_bytes(supplier, tender.id, b"announced") != first


def test_bytes_stored_by_a_request_that_died_are_taken_if_equal(
    house: House, supplier: Who, tender: Tendering
) -> None:
    body = {"sha256": hashlib.sha256(b"equal").hexdigest(), "size": 5}
    id = house.call("POST", f"/tenders/{tender.id}/uploads", supplier, body).json["id"]
    house.platform.storage.put_part(storage_key(id), 0, b"equal")
    house.refused("PUT", f"/uploads/{id}/parts/0", supplier, b"other", "upload-part-differs")
    house.call("PUT", f"/uploads/{id}/parts/0", supplier, b"equal", 204)
    house.call("POST", f"/uploads/{id}/completion", supplier, status=200)


def test_uploads_are_their_own_suppliers(house: House, supplier: Who, agency: Who, tender: Tendering) -> None:
    id = house.upload_bytes(supplier, tender.id, b"secret size")
    house.refused("GET", f"/uploads/{id}", None, None, "token-missing")
    for who in (house.enrol("supplier"), agency):
        house.refused("GET", f"/uploads/{id}", who, None, "upload-not-found")
        house.refused("PUT", f"/uploads/{id}/parts/0", who, b"secret size", "upload-not-found")
    house.refused(
        "POST", f"/tenders/{tender.id}/uploads", agency, {"sha256": "0" * 64, "size": 1}, "forbidden"
    )


def test_no_upload_begins_or_goes_on_after_the_deadline(
    house: House, supplier: Who, tender: Tendering
) -> None:
    body = {"sha256": hashlib.sha256(b"late").hexdigest(), "size": 4}
    id = house.call("POST", f"/tenders/{tender.id}/uploads", supplier, body).json["id"]
    with house.later(HOUR):
        house.refused("POST", f"/tenders/{tender.id}/uploads", supplier, body, "bid-late")
        house.refused("PUT", f"/uploads/{id}/parts/0", supplier, b"late", "bid-late")


@pytest.mark.parametrize("size", [0, -1, 2**50 + 1, 1.5, "1"])
def test_absurd_sizes_are_refused(house: House, supplier: Who, tender: Tendering, size: Any) -> None:
    body = {"sha256": "0" * 64, "size": size}
    house.refused("POST", f"/tenders/{tender.id}/uploads", supplier, body, "request-invalid")


def test_objects_above_the_operators_limit_are_refused(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path / 'small.db'}", max_object_bytes=1000)
    custodian = (house.enrol("custodian"),)
    tender = house.tender(house.enrol("agency"), custodian, threshold=1)
    body = {"sha256": "0" * 64, "size": 1001}
    house.refused("POST", f"/tenders/{tender.id}/uploads", house.enrol("supplier"), body, "upload-size")
    house.close()


# --- receiving


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
        acts = list(session.scalars(select(PrivateAct).where(PrivateAct.tender_id == tender.id)))
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
    from signing.certificates import Party, issue, new_issuing_authority, new_root
    from signing.keys import Signer

    at = house.now() - timedelta(days=1)
    authority = new_issuing_authority(new_root("Sunseal Root", at), "parties", at)
    party = Party(supplier.id, supplier.reference, "supplier", supplier.name, supplier.name)
    certificate = issue(authority, supplier.key.public_key(), party, at, 100)
    return Signer(supplier.key, certificate, (authority.certificate,))


def test_expired_and_revoked_certificates_are_refused(
    house: House, agency: Who, custodians: tuple[Who, ...], supplier: Who
) -> None:
    tender = house.tender(agency, custodians, deadline=format_time(house.now() + timedelta(days=3000)))
    sealed = house.seal(supplier, tender)
    body = signed(sealed.manifest.raw, sealed.signature)
    fresh = house.another_person(supplier)
    with house.later(timedelta(days=2000)):
        token = house.call(
            "POST", f"/organisations/{supplier.id}/tokens", house.operator,
            {"person": "later", "role": "supplier", "days": 5},
        ).json["token"]  # fmt: skip
        expired = house.call("POST", bids_path(tender), token, body, 422).json
    assert (expired["code"], expired["rule"]) == ("certificate-expired", "unsigned-bid")
    revocation = f"/certificates/{fresh.fingerprint}/revocation"
    house.call("POST", revocation, house.operator, {"reason": "keyCompromise"}, 200)
    revoked = dataclasses.replace(sealed, signature=house.sign(fresh, sealed.manifest.raw))
    refused_bid(house, supplier, tender, revoked, "certificate-revoked-now", "unsigned-bid")


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


# --- replacing and withdrawing


def test_a_replacement_names_the_current_bid(house: House, supplier: Who, tender: Tendering) -> None:
    first = house.bid(supplier, tender)
    fresh = house.seal(supplier, tender)
    house.upload(supplier, tender, fresh)
    refused_bid(house, supplier, tender, fresh, "replaces-stale", "replacement")
    second = house.bid(supplier, tender, replaces=first.bid)
    stale = house.seal(supplier, tender, replaces=first.bid)
    house.upload(supplier, tender, stale)
    problem = refused_bid(house, supplier, tender, stale, "replaces-stale", "replacement")
    assert problem["params"]["wanted"] == second.bid
    foreign = house.seal(supplier, tender, replaces=house.bid(house.enrol("supplier"), tender).bid)
    house.upload(supplier, tender, foreign)
    refused_bid(house, supplier, tender, foreign, "replaces-stale", "replacement")
    assert house.own_bids(supplier, tender) == {first.bid: "replaced", second.bid: "current"}


def test_another_key_of_the_same_supplier_replaces_and_withdraws_nothing(
    house: House, supplier: Who, tender: Tendering
) -> None:
    first = house.bid(supplier, tender)
    colleague = house.another_person(supplier)
    usurping = house.seal(colleague, tender, replaces=first.bid)
    house.upload(colleague, tender, usurping)
    refused_bid(house, colleague, tender, usurping, "bid-key-differs", "replacement")
    raw, signature = withdrawal(house, colleague, tender, first.bid)
    problem = house.refused("POST", withdrawals(tender), colleague, signed(raw, signature), "bid-key-differs")
    assert problem["rule"] == "replacement"
    assert house.own_bids(supplier, tender) == {first.bid: "current"}


def withdrawals(tender: Tendering) -> str:
    return f"/tenders/{tender.id}/withdrawals"


def withdrawal(
    house: House, supplier: Who, tender: Tendering, bid: str, /, **members: str
) -> tuple[bytes, bytes]:
    facts = {"tender": tender.id, "policy": tender.notice.policy.digest, "supplier": supplier.id, **members}
    raw = build_withdrawal(**facts, bid=bid, reason="报价有误")
    return raw, house.sign(supplier, raw)


def test_a_withdrawal_is_a_leaf_with_a_receipt_and_bidding_again_is_allowed(
    house: House, supplier: Who, tender: Tendering
) -> None:
    first = house.bid(supplier, tender)
    raw, signature = withdrawal(house, supplier, tender, first.bid)
    body = signed(raw, signature)
    answer = house.call("POST", withdrawals(tender), supplier, body, 201).json
    check_receipt(receipt_of(answer), raw, signature, house.platform.keys.roots)
    leaves = [parse_leaf(leaf) for leaf in ledger(house, tender)]
    assert [(leaf.kind, leaf.bid) for leaf in leaves] == [
        ("acceptance", first.bid),
        ("withdrawal", first.bid),
    ]
    assert house.own_bids(supplier, tender) == {first.bid: "withdrawn"}
    assert house.call("POST", withdrawals(tender), supplier, body, 200).json == answer
    naming = house.seal(supplier, tender, replaces=first.bid)
    house.upload(supplier, tender, naming)
    refused_bid(house, supplier, tender, naming, "replaces-stale", "replacement")
    second = house.bid(supplier, tender)
    assert house.own_bids(supplier, tender) == {first.bid: "withdrawn", second.bid: "current"}
    with house.later(HOUR):
        assert house.call("POST", withdrawals(tender), supplier, body, 200).json == answer
        late = signed(*withdrawal(house, supplier, tender, second.bid))
        house.refused("POST", withdrawals(tender), supplier, late, "bid-late")


def test_withdrawals_of_what_is_not_ones_current_bid_are_refused(
    house: House, supplier: Who, tender: Tendering
) -> None:
    first = house.bid(supplier, tender)
    second = house.bid(supplier, tender, replaces=first.bid)
    path = withdrawals(tender)
    others = house.bid(house.enrol("supplier"), tender)
    for bid in (first.bid, others.bid, new_id()):
        body = signed(*withdrawal(house, supplier, tender, bid))
        house.refused("POST", path, supplier, body, "withdrawal-not-current")
    for field, wrong in (("tender", new_id()), ("policy", "0" * 64), ("supplier", new_id())):
        body = signed(*withdrawal(house, supplier, tender, second.bid, **{field: wrong}))
        problem = house.refused("POST", path, supplier, body, "withdrawal-disagrees")
        assert problem["params"] == {"field": field} and problem["article"]
    raw, _ = withdrawal(house, supplier, tender, second.bid)
    house.refused("POST", path, supplier, signed(raw, b""), "signature-missing")
    house.refused("POST", path, supplier, signed(second.manifest.raw, second.signature), "wrong-type")
    assert house.own_bids(supplier, tender)[second.bid] == "current"


def test_a_postponement_voids_bids_and_a_new_one_may_name_the_void_one(
    house: House, supplier: Who, tender: Tendering
) -> None:
    other = house.enrol("supplier")
    void, forgotten = house.bid(supplier, tender), house.bid(other, tender)
    postponed = house.amend(tender, deadline=tender.notice.deadline + HOUR)
    assert house.own_bids(supplier, tender) == {void.bid: "void"}
    body = signed(*withdrawal(house, supplier, postponed, void.bid))
    house.refused("POST", withdrawals(tender), supplier, body, "withdrawal-not-current")
    again = house.bid(supplier, postponed, replaces=void.bid)
    afresh = house.bid(other, postponed)
    assert house.own_bids(supplier, tender) == {void.bid: "replaced", again.bid: "current"}
    assert house.own_bids(other, tender) == {forgotten.bid: "void", afresh.bid: "current"}


# --- secrecy


def test_own_bids_are_nobody_elses(house: House, agency: Who, supplier: Who, tender: Tendering) -> None:
    sealed = house.bid(supplier, tender)
    other = house.enrol("supplier")
    assert house.own_bids(other, tender) == {}
    for part in ("receipt", "proofs"):
        path = f"{bids_path(tender)}/{sealed.bid}/{part}"
        house.refused("GET", path, None, None, "token-missing")
        for who in (agency, other):
            house.refused("GET", path, who, None, "bid-not-found")
    house.refused("GET", bids_path(tender), agency, None, "forbidden")
    house.refused("GET", bids_path(tender), None, None, "token-missing")
    path = f"{bids_path(tender)}/{sealed.bid}/proofs"
    house.refused("GET", path, supplier, None, "ledger-not-closed")


def every_view(house: House, tender: Tendering, known_bid: str) -> list[str]:
    """Each GET address of the API document, filled in with what an outsider may know."""
    values = {
        "tender": tender.id, "bid": known_bid, "project": tender.notice.project.id, "upload": "1" * 32,
        "name": "a.pdf", "sha256": tender.notice.digest, "organisation": tender.agency.id, "number": "0",
        "fingerprint": tender.agency.fingerprint, "custodian": tender.custodians[0].id, "token": "1" * 32,
    }  # fmt: skip
    document = house.call("GET", "/openapi.json").json
    paths = [path.format_map(values) for path, item in document["paths"].items() if "get" in item]
    return [
        *paths,
        "/log/entries?start=0&limit=100",
        f"/log/entries?tender={tender.id}",
        "/tenders?limit=200",
    ]


def test_nothing_tells_whether_anybody_has_bid(
    house: House, agency: Who, custodians: tuple[Who, ...], supplier: Who, tender: Tendering
) -> None:
    """Every view of the public, of another supplier, a custodian and the agency is the same to the byte
    before and after two suppliers upload, bid, replace and withdraw; headers and the log's size as well."""
    rival = house.enrol("supplier")
    observers = (None, rival, custodians[0], agency)
    sealed = house.seal(supplier, tender)

    def seen() -> dict[tuple[str, str], Any]:
        pages = itertools.product(every_view(house, tender, sealed.bid), observers)
        views = {}
        for path, who in pages:
            answer = house.call("GET", path, who, status="*")  # type: ignore[arg-type]
            views[path, who.role if who else "public"] = (
                answer.status, sorted(answer.headerlist), answer.body,
            )  # fmt: skip
        return views

    before = seen()
    house.upload(supplier, tender, sealed)
    house.submit(supplier, tender, sealed)
    second = house.bid(supplier, tender, replaces=sealed.bid)
    body = signed(*withdrawal(house, supplier, tender, second.bid))
    house.call("POST", withdrawals(tender), supplier, body, 201)
    house.bid(house_bidder(house), tender)
    after = seen()
    assert len(before) > 60 and before.keys() == after.keys()
    differing = [key for key in before if before[key] != after[key]]
    assert differing == []


_BIDDERS: dict[int, Who] = {}


def house_bidder(house: House) -> Who:
    """A supplier enrolled before the observation began: enrolling is another matter than bidding."""
    return _BIDDERS[id(house)]


@pytest.fixture(autouse=True, scope="module")
def _bidder(house: House) -> None:
    _BIDDERS[id(house)] = house.enrol("supplier")


def test_ids_and_receipts_do_not_count(house: House, supplier: Who, tender: Tendering) -> None:
    """What one supplier is given has the same form and length, whoever was first."""
    rival = house_bidder(house)
    answers = []
    for who in (supplier, rival):
        sealed = house.seal(who, tender)
        house.upload(who, tender, sealed)
        answers.append(house.submit(who, tender, sealed))
    statements = [json.loads(receipt_of(answer))["statement"] for answer in answers]
    assert statements[0].keys() == statements[1].keys()
    for member in ("tender", "policy", "type", "crl"):
        assert statements[0][member] == statements[1][member]
    lengths = [len(canonical.dumps(statement)) for statement in statements]
    assert lengths[0] == lengths[1]
    assert b64decode(answers[0]["receipt"]) != b64decode(answers[1]["receipt"])
