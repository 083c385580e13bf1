"""From project to publication, amendment and cancellation, as agencies, custodians and attackers do it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bids.errors import BidError
from bids.notice import Notice
from bids.objects import build_statement
from signing import cms
from signing.encoding import b64encode, format_time, new_id
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.functional.drafting import HOUR, public_entries, ready_draft
from tests.functional.house import House, Tendering, Who, signed
from trading.accounts.models import EnvelopeKey


@pytest.fixture(scope="module")
def published(house: House, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(agency, custodians)


# --- projects and drafts


def test_projects_are_public_and_numbers_an_agencys_own(house: House, agency: Who) -> None:
    body = {"number": "2026-01", "title": "Ring road"}
    made = house.call("POST", "/projects", agency, body, 201).json
    assert house.call("GET", f"/projects/{made['id']}").json == {**made, **body, "organisation": agency.id}
    house.refused("POST", "/projects", agency, body, "project-number-taken")
    house.call("POST", "/projects", house.enrol("agency"), body, 201)
    house.refused("GET", f"/projects/{new_id()}", None, None, "project-not-found")
    listed = [item["id"] for item in house.call("GET", "/projects?limit=200").json["items"]]
    assert made["id"] in listed


def test_only_agencies_draft(house: House, agency: Who, custodians: tuple[Who, ...]) -> None:
    facts = house.facts(agency, custodians)
    for who in (house.enrol("supplier"), custodians[0]):
        house.refused("POST", "/tenders", who, facts, "forbidden")
    house.refused("POST", "/tenders", None, facts, "token-missing")


def test_a_draft_is_there_for_its_agency_and_custodians_alone(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    draft = house.draft(agency, custodians)
    address = f"/tenders/{draft['id']}"
    assert house.call("GET", address, agency).json == draft
    assert house.call("GET", address, custodians[1]).json["id"] == draft["id"]
    outsiders = (None, house.enrol("supplier"), house.enrol("agency"), house.enrol("custodian"))
    for who in outsiders:
        for path in (address, f"{address}/sealing-policy", f"{address}/documents", f"{address}/notices"):
            house.refused("GET", path, who, None, "tender-not-found")
        listed = house.call("GET", "/tenders?state=draft&limit=200", who).json["items"]
        assert draft["id"] not in [item["id"] for item in listed]
    listed = house.call("GET", "/tenders?state=draft&limit=200", agency).json["items"]
    assert draft["id"] in [item["id"] for item in listed]
    house.refused("PUT", address, house.enrol("agency"), house.facts(agency, custodians), "tender-not-found")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"threshold": 1}, "tender-threshold"),
        ({"threshold": 4}, "tender-threshold"),
        ({"currency": "XXQ"}, "tender-currency-unknown"),
        ({"estimate": "10.5"}, "tender-amount-form"),
        ({"estimate": "0.00"}, "tender-amount-form"),
        ({"ceiling": "10.00"}, "rule-no-ceiling"),
        ({"rules": "no-such-pack"}, "pack-unknown"),
        ({"rules": "cn-works", "minimum_bidders": 2}, "rule-minimum-bidders"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "tender-deadline-past"),
        ({"project": "0" * 32}, "project-not-found"),
        (
            {
                "custodians": [{"organisation": "0" * 32, "role": "notary"}], "threshold": 1,
                "sandbox": True, "independent": False,
            },
            "tender-custodian",
        ),
        (
            {
                "items": [
                    {"number": "1", "code": "", "description": "x", "unit": "m", "quantity": "1"},
                    {"number": "1", "code": "", "description": "y", "unit": "m", "quantity": "2"},
                ]
            },
            "tender-items-duplicate",
        ),
        ({"items": []}, "request-invalid"),
        ({"title": "a\u0007b"}, "request-invalid"),
        ({"price_floor": "1.00"}, "request-invalid"),
    ],
)
def test_drafts_that_do_not_fit_together_are_refused(
    house: House, agency: Who, custodians: tuple[Who, ...], changes: dict[str, Any], code: str
) -> None:
    problem = house.refused("POST", "/tenders", agency, house.facts(agency, custodians, **changes), code)
    if code.startswith("rule-"):
        assert problem["rule"] and " / " in problem["article"]


def test_a_custodian_twice_or_no_custodian_at_all_is_refused(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    twice = (custodians[0], custodians[0], custodians[1])
    house.refused("POST", "/tenders", agency, house.facts(agency, twice), "tender-custodian")
    supplier = (house.enrol("supplier"),)
    house.refused("POST", "/tenders", agency, house.facts(agency, supplier, threshold=1), "tender-custodian")


def test_a_draft_changes_until_it_is_published_and_custodians_that_stay_keep_their_keys(
    house: House, agency: Who, custodians: tuple[Who, ...], published: Tendering
) -> None:
    id = ready_draft(house, agency, custodians)
    newcomer = house.enrol("custodian")
    facts = house.facts(agency, (newcomer, custodians[0], custodians[1]), title="New title")
    changed = house.call("PUT", f"/tenders/{id}", agency, facts).json
    assert changed["title"] == "New title"
    policy = house.call("GET", f"/tenders/{id}/sealing-policy", agency).json
    assert [("sealing_key" in each) for each in policy["custodians"]] == [False, True, True]
    assert not policy["ready"]
    house.refused("PUT", f"/tenders/{published.id}", agency, facts, "tender-not-draft")


# --- documents


def test_documents_are_stored_once_and_public_with_the_notice(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians)
    address = f"/tenders/{id}/documents/招标文件.pdf"
    stored = house.call("PUT", address, agency, b"%PDF first", 201).json
    assert house.call("PUT", address, agency, b"%PDF first", 201).json == stored
    house.refused("PUT", address, agency, b"%PDF second", "document-exists")
    house.refused("PUT", f"/tenders/{id}/documents/.hidden", agency, b"x", "document-name")
    house.refused("PUT", f"/tenders/{id}/documents/con", agency, b"x", "document-name")
    empty = house.call("PUT", f"/tenders/{id}/documents/empty.txt", agency, b"", 201).json
    assert empty["size"] == 0
    house.refused("GET", address, None, None, "tender-not-found")
    house.publish(agency, id, *house.notice(agency, id))
    assert house.call("GET", address).body == b"%PDF first"
    assert house.call("GET", f"/tenders/{id}/documents/empty.txt").body == b""
    assert house.call("GET", f"/tenders/{id}/documents").json["items"] == [empty, stored]
    house.call("PUT", f"/tenders/{id}/documents/clarification.pdf", agency, b"later", 201)
    house.refused("GET", f"/tenders/{id}/documents/clarification.pdf", None, None, "document-not-found")
    assert house.call("GET", f"/tenders/{id}/documents").json["items"] == [empty, stored]
    assert len(house.call("GET", f"/tenders/{id}/documents", agency).json["items"]) == 3


def test_one_custodian_alone_is_a_rehearsal_and_never_independent(house: House) -> None:
    agency, custodian = house.enrol("agency"), (house.enrol("custodian"),)
    for changes, code in (
        ({"sandbox": False, "independent": False}, "tender-threshold-rehearsal"),
        ({"sandbox": True, "independent": True}, "tender-independent-alone"),
    ):
        facts = house.facts(agency, custodian, threshold=1, **changes)
        house.refused("POST", "/tenders", agency, facts, code)


def test_who_runs_the_custodians_itself_calls_none_independent(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path / 'own.db'}", custodians_dir=tmp_path / "custodians")
    agency, custodians = house.enrol("agency"), tuple(house.enrol("custodian") for _ in range(3))
    facts = house.facts(agency, custodians)
    house.refused("POST", "/tenders", agency, facts, "tender-independent-embedded")
    house.call("POST", "/tenders", agency, {**facts, "independent": False}, 201)
    house.close()


def test_a_document_above_the_limit_is_refused_unread(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path / 'small.db'}", max_document_bytes=100)
    agency = house.enrol("agency")
    custodian = (house.enrol("custodian"),)
    id = house.draft(agency, custodian, threshold=1)["id"]
    house.call("PUT", f"/tenders/{id}/documents/a.pdf", agency, b"x" * 100, 201)
    house.refused("PUT", f"/tenders/{id}/documents/b.pdf", agency, b"x" * 101, "body-too-large")
    house.close()


# --- custodians' keys


def test_keys_are_taken_from_the_tenders_custodians_alone(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = house.draft(agency, custodians)["id"]
    house.hand_in_key(house.enrol("custodian"), id, 404)
    stranger = house.another_person(custodians[0])
    key_of_stranger = dataclasses.replace(custodians[1], signer=stranger.signer)
    house.hand_in_key(key_of_stranger, id, 422)  # signed by a key that is not that organisation's
    assert not house.call("GET", f"/tenders/{id}/sealing-policy", agency).json["ready"]
    for custodian in custodians:
        house.hand_in_key(custodian, id)
    assert house.call("GET", f"/tenders/{id}/sealing-policy", agency).json["ready"]


def test_after_publication_a_key_stays(
    house: House, custodians: tuple[Who, ...], published: Tendering
) -> None:
    house.hand_in_key(custodians[0], published.id)
    other = dataclasses.replace(custodians[0], sealing_seed=b"\x01" * 32)
    house.hand_in_key(other, published.id, 409)


# --- publication


def test_the_published_notice_is_there_to_the_byte_and_logged(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians)
    raw, signature = house.notice(agency, id)
    done = house.publish(agency, id, raw, signature)
    notice = Notice.parse(raw)
    assert (done["notice"], done["policy"], done["waived"]) == (notice.digest, notice.policy.digest, [])
    assert house.call("GET", f"/tenders/{id}/notice.json").body == raw
    assert house.call("GET", f"/tenders/{id}/notice.p7s").body == signature
    assert house.call("GET", f"/tenders/{id}/notices/{notice.digest}/notice.json").body == raw
    cms.verify_with_chain(raw, signature, house.platform.keys.roots, house.now(), "parties", "party")
    tender = house.call("GET", f"/tenders/{id}").json
    assert (tender["state"], tender["notice"], tender["policy"]) == (
        "published",
        notice.digest,
        notice.policy.digest,
    )
    (entry,) = public_entries(house, id)
    assert entry["act"] == "tender.published"
    assert entry["digests"] == {"notice": notice.digest, "policy": notice.policy.digest}
    assert entry["who"]["organisation"] and entry["address"]
    again = house.publish(agency, id, raw, signature)
    assert again == done
    assert len(public_entries(house, id)) == 1


def test_not_before_all_keys_are_here(house: House, agency: Who, custodians: tuple[Who, ...]) -> None:
    other = ready_draft(house, agency, custodians)
    id = house.draft(agency, custodians)["id"]
    known = house.call("GET", f"/tenders/{other}/sealing-policy", agency).json["custodians"]
    house.hand_in_key(custodians[0], id)
    with pytest.raises(BidError):  # the keys of another tender are not signed for this one
        house.notice(agency, id, policy_custodians=known)
    ready = ready_draft(house, agency, custodians)
    raw, signature = house.notice(agency, ready)
    facts = house.facts(agency, (*custodians[:2], house.enrol("custodian")))
    house.call("PUT", f"/tenders/{ready}", agency, facts)
    body = signed(raw, signature)
    house.refused("POST", f"/tenders/{ready}/publication", agency, body, "notice-keys-missing")


DISAGREEMENTS: dict[str, Callable[[House, Who], dict[str, Any]]] = {
    "title": lambda house, agency: {"title": "Another road"},
    "category": lambda house, agency: {"category": "goods"},
    "estimate": lambda house, agency: {"estimate": "1.00"},
    "currency": lambda house, agency: {"currency": "USD"},
    "deadline": lambda house, agency: {"deadline": house.now() + timedelta(days=2)},
    "sandbox": lambda house, agency: {"sandbox": True},
    "rules": lambda house, agency: {"rules": {"pack": "cn-works", "version": "1"}},
    "project": lambda house, agency: {"project": {"id": new_id(), "number": "1", "title": "x"}},
    "buyer": lambda house, agency: {"buyer": {"id": agency.id, "organisation": "CN-USCC:1", "name": "x"}},
    "items": lambda house, agency: {
        "items": [{"number": "1", "code": "", "description": "x", "unit": "m", "quantity": "1"}]
    },
    "documents": lambda house, agency: {"documents": [{"name": "a.pdf", "sha256": "0" * 64, "size": 1}]},
    "policy.minimum_bidders": lambda house, agency: {"policy_minimum_bidders": 2},
    "policy.grace_seconds": lambda house, agency: {"policy_grace_seconds": 11},
    "policy.threshold": lambda house, agency: {"policy_threshold": 3},
    "policy.independent": lambda house, agency: {"policy_independent": False},
}


@pytest.mark.parametrize("field", DISAGREEMENTS)
def test_a_notice_that_says_other_than_the_draft_is_refused(
    house: House, agency: Who, custodians: tuple[Who, ...], field: str
) -> None:
    id = ready_draft(house, agency, custodians)
    raw, signature = house.notice(agency, id, **DISAGREEMENTS[field](house, agency))
    path = f"/tenders/{id}/publication"
    problem = house.refused("POST", path, agency, signed(raw, signature), "notice-disagrees")
    assert problem["params"] == {"field": field}
    assert house.call("GET", f"/tenders/{id}", agency).json["state"] == "draft"
    assert public_entries(house, id) == []


def test_custodians_in_another_order_are_another_policy(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians)
    known = house.call("GET", f"/tenders/{id}/sealing-policy", agency).json["custodians"]
    raw, signature = house.notice(agency, id, policy_custodians=known[::-1])
    body = signed(raw, signature)
    problem = house.refused("POST", f"/tenders/{id}/publication", agency, body, "notice-disagrees")
    assert problem["params"] == {"field": "policy.custodians"}


def test_notices_that_are_not_the_agencys_own_word_are_refused(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians)
    path = f"/tenders/{id}/publication"
    raw, signature = house.notice(agency, id)
    house.refused("POST", path, agency, signed(raw[:-1] + b" }", signature), "not-canonical")
    house.refused("POST", path, agency, signed(b"[]", signature), "wrong-type")
    altered = signature[:-1] + bytes([signature[-1] ^ 1])
    assert house.call("POST", path, agency, signed(raw, altered), 422).json["code"]
    other = house.enrol("agency")
    assert house.call("POST", path, agency, signed(raw, house.sign(other, raw)), 422).json["code"]
    supplier = house.another_person(house.enrol("supplier", "agency"))
    assert house.call("POST", path, agency, signed(raw, house.sign(supplier, raw)), 422).json["code"]
    house.refused("POST", path, other, signed(raw, signature), "tender-not-found")
    house.refused("POST", path, agency, {"document": "%%", "signature": "AA=="}, "encoding-invalid")
    assert house.call("GET", f"/tenders/{id}", agency).json["state"] == "draft"


def test_a_revoked_certificate_publishes_nothing(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians)
    person = house.another_person(agency)
    raw = house.notice(agency, id)[0]
    body = {"reason": "keyCompromise"}
    house.call("POST", f"/certificates/{person.fingerprint}/revocation", house.operator, body, 200)
    answer = house.call(
        "POST", f"/tenders/{id}/publication", agency, signed(raw, house.sign(person, raw)), 422
    )
    assert answer.json["code"] == "certificate-revoked-now"


def test_a_notice_of_another_day_or_from_the_future_is_refused(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians)
    path = f"/tenders/{id}/publication"
    for at in (house.now() - timedelta(days=8), house.now() + timedelta(minutes=6)):
        body = signed(*house.notice(agency, id, at=at))
        house.refused("POST", path, agency, body, "signing-time")


def test_a_notice_that_only_the_platform_would_believe_is_refused(
    house: House, custodians: tuple[Who, ...]
) -> None:
    """Everybody else judges it as of its own time."""
    agency = house.enrol("agency")
    id = ready_draft(house, agency, custodians)
    path = f"/tenders/{id}/publication"
    body = signed(*house.notice(agency, id, at=house.now() - HOUR))
    house.refused("POST", path, agency, body, "certificate-not-yet-valid")
    house.publish(agency, id, *house.notice(agency, id, at=house.now() - timedelta(seconds=30)))


def test_without_an_envelope_key_that_custodians_believe_nothing_is_published(
    house: House, custodians: tuple[Who, ...]
) -> None:
    agency = house.enrol("agency")
    id = house.call("POST", "/tenders", agency, house.facts(agency, custodians), 201).json["id"]
    for custodian in custodians:
        house.hand_in_key(custodian, id)
    raw, signature = house.notice(agency, id)

    def refused() -> None:
        path = f"/tenders/{id}/publication"
        house.refused("POST", path, agency, signed(raw, signature), "notice-envelope-key-missing")

    refused()
    public = SUNSEAL_1.sealing_key(agency.sealing_seed).public
    before = house.now() - HOUR  # before the certificate that signs it
    members: dict[str, Any] = {"at": format_time(before), "party": agency.id, "key": b64encode(public)}
    file = sign_statement(build_statement("envelope-key", members), agency.signer, before)
    with house.platform.database.transaction() as session:
        session.add(EnvelopeKey(organisation_id=agency.id, statement=file, at=before))
    refused()
    house.put_envelope_key(agency)
    house.publish(agency, id, raw, signature)


def test_custodians_certificates_outlast_the_opening(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    far = format_time(house.now() + timedelta(days=730) - HOUR)
    id = ready_draft(house, agency, custodians, deadline=far)
    body = signed(*house.notice(agency, id))
    path = f"/tenders/{id}/publication"
    problem = house.refused("POST", path, agency, body, "notice-custodian-certificate")
    assert problem["params"]["custodian"] == custodians[0].name
    lost = house.enrol("custodian")
    id = ready_draft(house, agency, (*custodians[:2], lost))
    body = {"reason": "keyCompromise"}
    house.call("POST", f"/certificates/{lost.fingerprint}/revocation", house.operator, body, 200)
    body = signed(*house.notice(agency, id))
    path = f"/tenders/{id}/publication"
    problem = house.refused("POST", path, agency, body, "notice-custodian-certificate")
    assert problem["params"]["custodian"] == lost.name


def test_nothing_is_published_after_its_own_deadline(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians)
    with house.later(HOUR):
        body = signed(*house.notice(agency, id, at=house.now() - 2 * HOUR))
        house.refused("POST", f"/tenders/{id}/publication", agency, body, "state-too-late")


# --- rules


def test_works_tenders_leave_twenty_days_or_are_refused_with_the_article(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    soon = ready_draft(house, agency, custodians, rules="cn-works")
    problem = house.refused(
        "POST", f"/tenders/{soon}/publication", agency, signed(*house.notice(agency, soon)),
        "rule-documents-to-deadline",
    )  # fmt: skip
    assert problem["rule"] == "documents-to-deadline"
    assert "第24条" in problem["article"] and "art. 24" in problem["article"]


def test_a_sandbox_waives_the_days_on_record_and_keeps_the_other_rules(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    id = ready_draft(house, agency, custodians, rules="cn-works", sandbox=True, ceiling="2000000.00")
    done = house.publish(agency, id, *house.notice(agency, id))
    assert [each["rule"] for each in done["waived"]] == [
        "documents-to-deadline", "documents-available", "amendment-to-deadline", "reseal-hours",
    ]  # fmt: skip
    tender = house.call("GET", f"/tenders/{id}").json
    assert tender["waived"] == done["waived"] and tender["sandbox"]
    assert (tender["minimum_bidders"], tender["ceiling"]) == (3, "2000000.00")
    raw = json.loads(house.call("GET", f"/tenders/{id}/notice.json").body)
    assert raw["sandbox"] is True and raw["rules"] == {"pack": "cn-works", "version": "1"}
