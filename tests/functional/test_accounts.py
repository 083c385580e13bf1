"""Accounts as the operator, parties and strangers use them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bids.objects import build_statement
from signing.encoding import b64encode, format_time, new_id
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.functional.house import House, Who
from tests.functional.opening_house import OpeningHouse
from trading.accounts.models import Token
from trading.accounts.services import bootstrap_operator
from trading.errors import TradingError


def organisation(house: House, role: str = "agency") -> dict[str, object]:
    body = {"scheme": "CN-USCC", "identifier": new_id(), "name": "城北建设局", "roles": [role]}
    return dict(house.call("POST", "/organisations", house.operator, body, 201).json)


def token_of(house: House, id: object, role: str = "agency", days: int = 1) -> dict[str, str]:
    body = {"person": "王工", "role": role, "days": days}
    return dict(house.call("POST", f"/organisations/{id}/tokens", house.operator, body, 201).json)


# --- organisations


def test_an_organisation_is_enrolled_and_reads_itself(house: House) -> None:
    made = organisation(house)
    token = token_of(house, made["id"])["token"]
    assert house.call("GET", f"/organisations/{made['id']}", token).json == made
    assert house.call("GET", f"/organisations/{made['id']}", house.operator).json == made


def test_an_organisation_is_not_shown_to_others(house: House) -> None:
    made = organisation(house)
    house.refused("GET", f"/organisations/{made['id']}", house.enrol("agency"), None, "forbidden")
    house.refused("GET", f"/organisations/{made['id']}", None, None, "token-missing")


def test_the_same_identifier_is_enrolled_once(house: House) -> None:
    made = organisation(house)
    body = {"scheme": "CN-USCC", "identifier": made["identifier"], "name": "又一个", "roles": ["agency"]}
    problem = house.refused("POST", "/organisations", house.operator, body, "organisation-exists")
    assert problem["status"] == 409


@pytest.mark.parametrize("role", ["agency", "supplier", "custodian"])
def test_only_the_operator_enrols(house: House, role: str) -> None:
    body = {"scheme": "CN-USCC", "identifier": new_id(), "name": "x", "roles": ["agency"]}
    house.refused("POST", "/organisations", house.enrol(role), body, "forbidden")


@pytest.mark.parametrize(
    "changes",
    [
        {"roles": []},
        {"roles": ["operator"]},
        {"roles": ["agency", "agency"]},
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x" * 251},
        {"scheme": "cn"},
        {"identifier": "../x"},
        {"extra": 1},
    ],
)
def test_malformed_organisations_are_refused(house: House, changes: dict[str, object]) -> None:
    body = {"scheme": "CN-USCC", "identifier": new_id(), "name": "x", "roles": ["agency"], **changes}
    house.refused("POST", "/organisations", house.operator, body, "request-invalid")


def test_what_is_not_there_is_not_found(house: House) -> None:
    for path, code in (
        (f"/organisations/{new_id()}", "organisation-not-found"),
        ("/organisations/nothing", "organisation-not-found"),
        (f"/certificates/{'0' * 64}/enrolment", "certificate-not-found"),
        (f"/crls/{'0' * 64}", "crl-not-found"),
        ("/crls/x", "request-invalid"),
        (f"/organisations/{organisation(house)['id']}/envelope-key", "envelope-key-none"),
    ):
        house.refused("GET", path, house.operator, None, code)


# --- tokens


def test_a_token_says_whom_it_stands_for(house: House) -> None:
    made = organisation(house)
    token = token_of(house, made["id"])
    me = house.call("GET", "/me", token["token"]).json
    assert (me["organisation"], me["role"], me["name"]) == (made["id"], "agency", "王工")
    assert me["person"] == token["person_id"]


def test_the_same_person_stays_one_person(house: House) -> None:
    made = organisation(house)
    assert token_of(house, made["id"])["person_id"] == token_of(house, made["id"])["person_id"]


def test_the_database_keeps_no_token(house: House) -> None:
    made = token_of(house, organisation(house)["id"])
    with house.platform.database.reading() as session:
        row = session.get_one(Token, made["id"])
        assert made["token"] not in str(vars(row)) and len(row.digest) == 64


def test_a_token_ends_with_its_time(working_house: OpeningHouse) -> None:
    house = working_house
    token = token_of(house, organisation(house)["id"], days=1)["token"]
    house.clock.ahead(timedelta(hours=23, minutes=59))
    house.call("GET", "/me", token)
    house.clock.ahead(timedelta(hours=24, seconds=1))
    house.refused("GET", "/me", token, None, "token-invalid")


def test_a_token_is_revoked_by_its_own_organisation(house: House) -> None:
    made = organisation(house)
    first, second = token_of(house, made["id"]), token_of(house, made["id"])
    house.call("DELETE", f"/tokens/{first['id']}", second["token"], status=204)
    house.refused("GET", "/me", first["token"], None, "token-invalid")
    house.call("DELETE", f"/tokens/{first['id']}", second["token"], status=204)
    house.call("GET", "/me", second["token"])


def test_a_token_is_not_revoked_by_strangers(house: House) -> None:
    token = token_of(house, organisation(house)["id"])
    house.refused("DELETE", f"/tokens/{token['id']}", house.enrol("agency"), None, "forbidden")
    house.call("GET", "/me", token["token"])


def test_a_token_has_one_of_the_organisations_roles(house: House) -> None:
    made = organisation(house)
    body = {"person": "x", "role": "supplier", "days": 1}
    house.refused("POST", f"/organisations/{made['id']}/tokens", house.operator, body, "token-role")
    for days in (0, 367, 1.5, "1"):
        body = {"person": "x", "role": "agency", "days": days}
        house.refused("POST", f"/organisations/{made['id']}/tokens", house.operator, body, "request-invalid")


@pytest.mark.parametrize("header", ["Bearer sst_wrong", "Bearer ", "Basic b3A6", "sst_x", "Bearer \u00e9"])
def test_wrong_tokens_are_refused_even_where_none_is_needed(house: House, header: str) -> None:
    problem = house.call("GET", "/me", None, None, 401, {"Authorization": header})
    assert problem.json["code"] == "token-invalid"
    assert problem.headers["WWW-Authenticate"] == "Bearer"


def test_the_first_operator_is_made_without_http(house: House) -> None:
    secret = bootstrap_operator(house.platform, "李主任", 7)
    again = bootstrap_operator(house.platform, "赵主任", 7)
    first, second = house.call("GET", "/me", secret).json, house.call("GET", "/me", again).json
    assert first["role"] == second["role"] == "operator"
    assert first["organisation"] == second["organisation"] and first["person"] != second["person"]
    with pytest.raises(TradingError, match="token-days"):
        bootstrap_operator(house.platform, "x", 0)


# --- envelope keys


def envelope(house: House, who: Who, **changes: str) -> dict[str, str]:
    public = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed()).public
    members = {"at": format_time(house.now()), "party": who.id, "key": b64encode(public), **changes}
    statement = build_statement("envelope-key", dict(members))
    return {"file": b64encode(sign_statement(statement, who.signer, house.now()))}


def test_an_agency_sets_its_envelope_key(house: House) -> None:
    agency = house.enrol("agency")
    body = envelope(house, agency)
    assert house.call("PUT", "/envelope-key", agency, body).json == body
    assert house.call("PUT", "/envelope-key", agency, body).json == body
    assert house.call("GET", f"/organisations/{agency.id}/envelope-key").json == body
    newer = envelope(house, agency)
    house.call("PUT", "/envelope-key", agency, newer)
    house.refused("PUT", "/envelope-key", agency, body, "envelope-key-older")
    assert house.call("GET", f"/organisations/{agency.id}/envelope-key").json == newer


def test_an_envelope_key_is_signed_by_its_agency(house: House) -> None:
    agency, other = house.enrol("agency"), house.enrol("agency")
    house.refused("PUT", "/envelope-key", other, envelope(house, agency), "certificate-not-yours")
    house.refused(
        "PUT", "/envelope-key", agency, envelope(house, agency, party=other.id), "envelope-key-party"
    )
    house.refused("PUT", "/envelope-key", house.enrol("supplier"), envelope(house, agency), "forbidden")


def test_an_envelope_key_is_dated_so_that_custodians_will_believe_it(house: House) -> None:
    """They judge it by its own time: an agency's clock may be behind its certificate, but not far off."""
    agency = house.enrol("agency")
    for far in (timedelta(days=400), timedelta(minutes=6), -timedelta(days=8)):
        body = envelope(house, agency, at=format_time(house.now() + far))
        house.refused("PUT", "/envelope-key", agency, body, "signing-time")
    early = envelope(house, agency, at=format_time(house.now() - timedelta(hours=1)))
    house.refused("PUT", "/envelope-key", agency, early, "certificate-not-yet-valid")
    behind = envelope(house, agency, at=format_time(house.now() - timedelta(seconds=30)))
    assert house.call("PUT", "/envelope-key", agency, behind).json == behind
