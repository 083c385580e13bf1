"""Accounts as the operator, parties and strangers use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bids.entries import Entry
from bids.objects import build_statement
from bids.trust import enrolments_of
from signing import merkle
from signing.certificates import create_csr, fingerprint, load_pem, party_of, verify_chain
from signing.encoding import b64decode, b64encode, format_time, new_id
from signing.keys import SigningKey, generate_signing_key
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.functional.house import House, Who
from tests.functional.opening_house import OpeningHouse
from trading.accounts.models import Crl, EnrolmentDay, PartyCertificate, Token
from trading.accounts.services import Accounts, bootstrap_operator
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


# --- certificates


def test_a_certificates_subject_is_the_accounts(house: House) -> None:
    made = organisation(house)
    token = token_of(house, made["id"])["token"]
    key = generate_signing_key()
    answer = house.call("POST", "/certificates", token, {"csr": request_for(key, "Mallory")}, 201).json
    certificate = load_pem(answer["certificate"].encode())[0]
    party = party_of(certificate)
    assert (party.id, party.role, party.name) == (made["id"], "agency", "王工")
    assert party.organisation == f"CN-USCC:{made['identifier']}"
    assert certificate.public_key() == key.public_key()
    assert fingerprint(certificate) == answer["fingerprint"]
    roots = load_pem(house.call("GET", "/certificates/roots.pem").body)
    verify_chain(certificate, load_pem(answer["chain"].encode()), roots, house.now(), "parties", "party")
    (enrolment,) = enrolments_of([b64decode(answer["enrolment"])], roots).values()
    assert (enrolment.certificate, enrolment.party) == (answer["fingerprint"], made["id"])


def request_for(key: SigningKey, name: str) -> str:
    return create_csr(key, name).decode()


def test_the_same_request_gives_the_same_certificate(house: House) -> None:
    token = token_of(house, organisation(house)["id"])["token"]
    csr = {"csr": request_for(generate_signing_key(), "x")}
    first = house.call("POST", "/certificates", token, csr, 201).json
    assert house.call("POST", "/certificates", token, csr, 201).json == first


def test_a_key_is_certified_for_one_party(house: House) -> None:
    who = house.enrol("supplier")
    csr = {"csr": request_for(who.key, "x")}
    house.refused("POST", "/certificates", house.enrol("supplier"), csr, "certificate-key-in-use")
    colleague = token_of(house, who.id, "supplier")["token"]
    house.refused("POST", "/certificates", colleague, csr, "certificate-key-in-use")


def test_a_revoked_certificates_key_is_not_certified_again(house: House) -> None:
    who = house.enrol("supplier")
    revoke(house, who)
    house.refused("POST", "/certificates", who, {"csr": request_for(who.key, "x")}, "certificate-key-in-use")


def hostile_requests() -> dict[str, str]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateSigningRequestBuilder(name)
    curve = builder.sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384())
    other = builder.sign(rsa.generate_private_key(65537, 2048), hashes.SHA256())
    good = create_csr(generate_signing_key(), "x")
    der = bytearray(x509.load_pem_x509_csr(good).public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = "-----BEGIN CERTIFICATE REQUEST-----\n" + b64encode(bytes(der))
    return {
        "other curve": curve.public_bytes(Encoding.PEM).decode(),
        "RSA": other.public_bytes(Encoding.PEM).decode(),
        "not signed by its key": forged + "\n-----END CERTIFICATE REQUEST-----\n",
        "no request": "-----BEGIN CERTIFICATE REQUEST-----\n",
        "text": "hello",
    }


@pytest.mark.parametrize("kind", hostile_requests())
def test_hostile_requests_are_refused(house: House, kind: str) -> None:
    who = house.enrol("supplier")
    problem = house.call("POST", "/certificates", who, {"csr": hostile_requests()[kind]}, 422).json
    assert problem["code"] in ("certificate-malformed", "certificate-algorithm")


def test_the_operator_signs_nothing(house: House) -> None:
    csr = {"csr": request_for(generate_signing_key(), "x")}
    house.refused("POST", "/certificates", house.operator, csr, "forbidden")


def test_a_suppliers_enrolment_is_its_own(house: House) -> None:
    supplier, agency = house.enrol("supplier"), house.enrol("agency")
    path = f"/certificates/{supplier.fingerprint}/enrolment"
    house.call("GET", path, supplier)
    for reader in (None, agency, house.enrol("supplier")):
        house.refused("GET", path, reader, None, "certificate-not-found")
    house.call("GET", f"/certificates/{agency.fingerprint}/enrolment")


# --- revocation


def revoke(house: House, who: Who, reason: str = "keyCompromise") -> dict[str, str]:
    path = f"/certificates/{who.fingerprint}/revocation"
    return dict(house.call("POST", path, house.operator, {"reason": reason}).json)


def crl_of(house: House) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(house.call("GET", "/certificates/crl.pem").body)


def check(house: House, who: Who, role: str = "agency", organisation: str | None = None) -> Crl:
    with house.platform.database.transaction() as session:
        return Accounts(house.platform).verify_party_signature(
            session, b"x", house.sign(who, b"x"), house.now(), role, organisation or who.id
        )[1]


def test_a_revoked_certificate_signs_nothing_from_that_moment(house: House) -> None:
    who = house.enrol("agency")
    check(house, who)
    first = revoke(house, who)
    with pytest.raises(TradingError, match="certificate-revoked-now"):
        check(house, who)
    assert revoke(house, who, "superseded") == first, "the first revocation stands"


def test_only_the_operator_revokes_and_for_a_known_reason(house: House) -> None:
    who = house.enrol("agency")
    path = f"/certificates/{who.fingerprint}/revocation"
    house.refused("POST", path, who, {"reason": "keyCompromise"}, "forbidden")
    house.refused("POST", path, house.operator, {"reason": "because"}, "request-invalid")
    check(house, who)


def test_the_next_list_on_schedule_names_the_revoked(working_house: OpeningHouse) -> None:
    house = working_house
    who = house.enrol("agency")
    house.work()
    before = crl_of(house)
    revoke(house, who)
    house.work()
    assert crl_of(house).fingerprint(hashes.SHA256()) == before.fingerprint(hashes.SHA256())
    house.clock.ahead(timedelta(hours=24))
    house.work()
    serial = who.signer.certificate.serial_number
    after = crl_of(house)
    assert before.get_revoked_certificate_by_serial_number(serial) is None
    entry = after.get_revoked_certificate_by_serial_number(serial)
    assert entry is not None
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason == x509.ReasonFlags.key_compromise
    assert after.issuer == house.platform.keys.parties.certificate.subject


def test_lists_come_by_the_clock_and_stay(working_house: OpeningHouse) -> None:
    house = working_house
    house.enrol("supplier")
    now = house.now()
    # An hour after midnight, while the list of the day before still holds, whatever the time is here.
    first = now.replace(hour=1, minute=0, second=0, microsecond=0) - now
    for day in range(4):
        house.clock.ahead(timedelta(0) if day == 0 else first + timedelta(days=day))
        house.work()
        house.work()
    with house.platform.database.reading() as session:
        rows = session.query(Crl).order_by(Crl.issued_at).all()
    assert len(rows) == 4
    for row, following in zip(rows, rows[1:], strict=False):
        assert row.follows_at <= following.issued_at < row.next_update
        assert row.follows_at.timestamp() % 86400 == 0
    for row in rows:
        answer = house.call("GET", f"/crls/{row.sha256}")
        assert answer.body == row.der and answer.content_type == "application/pkix-crl"


def test_signatures_are_the_actors_own(house: House) -> None:
    who, other = house.enrol("agency"), house.enrol("agency")
    with pytest.raises(TradingError, match="certificate-not-yours"):
        check(house, who, organisation=other.id)
    with pytest.raises(TradingError, match="certificate-not-yours"):
        check(house, who, role="supplier")
    check(house, who)


# --- the daily root


def test_suppliers_enter_the_log_by_one_root_a_day(working_house: OpeningHouse) -> None:
    house = working_house
    suppliers = [house.enrol("supplier") for _ in range(3)]
    agency = house.enrol("agency")
    house.work()
    assert acts(house).count("certificates.day") == 0, "the day has not ended"
    house.clock.ahead(timedelta(days=1))
    house.work()
    house.work()
    assert acts(house).count("certificates.day") == 1
    with house.platform.database.reading() as session:
        day = session.query(EnrolmentDay).one()
        rows = [session.get_one(PartyCertificate, who.fingerprint) for who in suppliers]
        assert session.get_one(PartyCertificate, agency.fingerprint).enrolment_day is None
    assert {row.enrolment_day for row in rows} == {day.day}
    leaves = sorted(merkle.leaf_hash(row.enrolment) for row in rows)
    assert merkle.root([*leaves, merkle.leaf_hash(day.filler)]).hex() == day.root


def test_a_day_without_suppliers_looks_like_any_other(working_house: OpeningHouse) -> None:
    house = working_house
    house.clock.ahead(timedelta(days=3))
    for _ in range(3):
        house.work()
    with house.platform.database.reading() as session:
        days = session.query(EnrolmentDay).order_by(EnrolmentDay.day).all()
    assert len(days) == 3 and len({each.root for each in days}) == 3
    assert merkle.empty_root().hex() not in {each.root for each in days}


def acts(house: House) -> list[str]:
    raws = house.call("GET", "/log/entries?start=0&limit=500").json["entries"]
    return [Entry.parse(b64decode(raw)).act for raw in raws]


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
