"""Amending, postponing and cancelling a published tender."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from signing import canonical
from signing.encoding import b64decode, b64encode, format_time, new_id, parse_time
from signing.statements import sign_statement
from tests.functional.drafting import HOUR, public_entries
from tests.functional.house import House, Tendering, Who, signed


@pytest.fixture(scope="module")
def published(house: House, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(agency, custodians)


# --- amendments


def test_an_amendment_replaces_the_notice_and_the_earlier_one_stays(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    tender = house.tender(agency, custodians)
    amended = house.amend(tender, title="Clearer title")
    assert amended.notice.policy.digest == tender.notice.policy.digest
    notices = [each["sha256"] for each in house.call("GET", f"/tenders/{tender.id}/notices").json["items"]]
    assert notices == [tender.notice.digest, amended.notice.digest]
    old = house.call("GET", f"/tenders/{tender.id}/notices/{tender.notice.digest}/notice.json").body
    assert old == tender.notice.raw
    assert house.call("GET", f"/tenders/{tender.id}").json["title"] == "Clearer title"
    assert [entry["act"] for entry in public_entries(house, tender.id)] == [
        "tender.published",
        "tender.amended",
    ]


def test_a_postponement_is_a_new_policy_with_the_same_keys(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    tender = house.tender(agency, custodians)
    later = tender.notice.deadline + HOUR
    amended = house.amend(tender, deadline=later)
    assert amended.notice.policy.digest != tender.notice.policy.digest
    assert amended.notice.policy.custodians == tender.notice.policy.custodians
    shown = house.call("GET", f"/tenders/{tender.id}").json
    assert (parse_time(shown["deadline"]), shown["policy"]) == (later, amended.notice.policy.digest)


def test_amendments_that_would_spoil_bids_or_break_the_chain_are_refused(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    tender = house.tender(agency, custodians)
    path = f"/tenders/{tender.id}/publication"
    items = [{"number": "9", "code": "", "description": "x", "unit": "m", "quantity": "1"}]

    def refused(code: str, **changes: Any) -> None:
        facts = {"replaces": tender.notice.digest, **changes}
        house.refused("POST", path, agency, signed(*house.notice(agency, tender.id, **facts)), code)

    refused("notice-replaces", replaces=None, title="x")
    refused("notice-replaces", replaces="0" * 64)
    refused("amendment-same-policy", items=items)
    refused("notice-disagrees", policy_threshold=3)
    refused("notice-disagrees", category="goods")
    refused("notice-disagrees", documents=[{"name": "a.pdf", "sha256": "0" * 64, "size": 1}])
    postponed = house.amend(tender, deadline=tender.notice.deadline + HOUR, items=items)
    assert [item.number for item in postponed.notice.items] == ["9"]
    back = {"deadline": tender.notice.deadline, "replaces": postponed.notice.digest}
    refused("notice-policy-returns", **back)
    with house.later(2 * HOUR + timedelta(seconds=1)):
        refused("state-too-late", replaces=postponed.notice.digest, deadline=house.now() + HOUR)


def test_an_amendment_signed_by_a_clock_past_the_deadline_is_refused(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    """No custodian would accept it, and so nobody would release."""
    tender = house.tender(agency, custodians)
    deadline = tender.notice.deadline
    changes = {"replaces": tender.notice.digest, "deadline": deadline + HOUR}
    path = f"/tenders/{tender.id}/publication"
    with house.later(timedelta(minutes=58)):
        for at in (deadline + timedelta(minutes=1), deadline):
            body = signed(*house.notice(agency, tender.id, at=at, **changes))
            house.refused("POST", path, agency, body, "amendment-late")
        house.amend(tender, at=deadline - timedelta(seconds=1), deadline=deadline + HOUR)


def test_a_postponement_needs_enough_custodians_whose_certificates_last(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    lost = [house.enrol("custodian") for _ in range(2)]
    tender = house.tender(agency, (*custodians[:2], lost[0]))
    weaker = house.tender(agency, (custodians[0], *lost))
    for one in lost:
        body = {"reason": "keyCompromise"}
        house.call("POST", f"/certificates/{one.fingerprint}/revocation", house.operator, body, 200)
    house.amend(tender, deadline=tender.notice.deadline + HOUR)
    changes = {"replaces": weaker.notice.digest, "deadline": weaker.notice.deadline + HOUR}
    body = signed(*house.notice(agency, weaker.id, **changes))
    path = f"/tenders/{weaker.id}/publication"
    house.refused("POST", path, agency, body, "notice-custodian-certificate")
    house.amend(weaker, title="The same sealing policy")


def test_an_amendment_brings_its_documents_with_it(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    tender = house.tender(agency, custodians)
    stored = house.call("PUT", f"/tenders/{tender.id}/documents/q-and-a.pdf", agency, b"answers", 201).json
    house.amend(tender, documents=[stored])
    assert house.call("GET", f"/tenders/{tender.id}/documents/q-and-a.pdf").body == b"answers"


# --- cancellation


def cancellation(
    house: House, tender: Tendering, who: Who | None = None, /, **changes: Any
) -> dict[str, str]:
    statement = {
        "type": "sunseal/cancellation/v1",
        "at": format_time(house.now()),
        "tender": tender.id,
        "notice": tender.notice.digest,
        "reason": "资金未落实，终止招标",
        **changes,
    }
    return {"file": b64encode(sign_statement(statement, (who or tender.agency).signer, house.now()))}


def test_a_cancellation_is_signed_logged_and_final(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    tender = house.tender(agency, custodians)
    path = f"/tenders/{tender.id}/cancellation"
    body = cancellation(house, tender)
    assert house.call("POST", path, agency, body, 200).json["state"] == "cancelled"
    shown = house.call("GET", f"/tenders/{tender.id}").json
    assert (shown["state"], shown["ended_reason"]) == ("cancelled", "资金未落实，终止招标")
    entry = public_entries(house, tender.id)[-1]
    assert entry["act"] == "tender.cancelled"
    assert canonical.dumps(entry["statement"]) == b64decode(body["file"])
    house.refused("POST", path, agency, body, "state-refuses")
    raw, signature = house.notice(agency, tender.id, replaces=tender.notice.digest, title="Still")
    house.refused(
        "POST", f"/tenders/{tender.id}/publication", agency, signed(raw, signature), "state-refuses"
    )


def test_cancellations_of_others_or_of_another_notice_are_refused(
    house: House, agency: Who, custodians: tuple[Who, ...], published: Tendering
) -> None:
    path = f"/tenders/{published.id}/cancellation"
    other = house.enrol("agency")
    house.refused("POST", path, other, cancellation(house, published, other), "forbidden")
    assert house.call("POST", path, agency, cancellation(house, published, other), 422).json["code"]
    for field, value in (("tender", new_id()), ("notice", "0" * 64)):
        body = cancellation(house, published, **{field: value})
        problem = house.refused("POST", path, agency, body, "cancellation-disagrees")
        assert problem["params"] == {"field": field}
    old = format_time(house.now() - timedelta(days=30))
    house.refused("POST", path, agency, cancellation(house, published, at=old), "signing-time")
    assert house.call("GET", f"/tenders/{published.id}").json["state"] == "published"
