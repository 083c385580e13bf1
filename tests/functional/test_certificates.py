"""Certificates, revocation lists and the daily root, as the operator, parties and strangers use them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from bids.enrolment_days import read_opening
from bids.entries import Entry
from bids.errors import BidError
from bids.trust import enrolments_of
from signing import canonical, merkle
from signing.certificates import create_csr, fingerprint, load_pem, party_of, verify_chain
from signing.encoding import b64decode, b64encode
from signing.keys import SigningKey, generate_signing_key
from tests.functional.house import House, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.test_accounts import organisation, token_of
from trading.accounts.models import Crl, EnrolmentDay
from trading.accounts.services import Accounts
from trading.errors import TradingError

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


def test_no_stranger_revokes_and_nobody_for_an_unknown_reason(house: House) -> None:
    who, stranger = house.enrol("agency"), house.enrol("agency")
    path = f"/certificates/{who.fingerprint}/revocation"
    house.refused("POST", path, stranger, {"reason": "keyCompromise"}, "forbidden")
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
        lists = session.query(Crl).order_by(Crl.issued_at).all()
    rows = [row for row in lists if row.authority == "parties"]
    assert len(rows) == 4
    assert [row.authority for row in lists].count("platform") == 4
    assert [row.authority for row in lists].count("root") == 4
    for row, following in zip(rows, rows[1:], strict=False):
        assert row.follows_at <= following.issued_at < row.next_update
        assert row.follows_at.timestamp() % 86400 == 0
    for row in rows:
        answer = house.call("GET", f"/crls/{row.sha256}")
        assert answer.body == row.der and answer.content_type == "application/pkix-crl"


def test_certificates_say_where_lists_and_issuers_are(working_house: OpeningHouse) -> None:
    house = working_house
    who = house.enrol("supplier")
    house.work()
    keys = house.platform.keys
    for certificate, issuer in (
        (who.signer.certificate, keys.parties.certificate),
        (keys.statement.certificate, keys.platform.certificate),
        (keys.parties.certificate, keys.root),
    ):
        extensions = certificate.extensions
        points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert points[0].full_name is not None
        found = x509.load_der_x509_crl(house.call("GET", api_path(points[0].full_name[0].value)).body)
        assert found.is_signature_valid(issuer.public_key()) and found.issuer == issuer.subject
        described = {
            each.access_method: each.access_location.value
            for each in extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        }
        address = described[AuthorityInformationAccessOID.CA_ISSUERS]
        assert house.call("GET", api_path(address)).body == issuer.public_bytes(Encoding.DER)


def api_path(address: str) -> str:
    return urlsplit(address).path.removeprefix("/api/v1")


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
    house.clock.ahead(timedelta(days=1, hours=2))
    house.work()
    house.work()
    assert acts(house).count("certificates.day") == 1
    entry = day_entries(house)[0]
    for who in suppliers:
        (opened,) = house.call("GET", "/certificates/days", who).json["items"]
        hashes = [b64decode(each) for each in opened["hashes"]]
        listed = read_opening(entry, b64decode(opened["leaf"]), hashes, who.id)
        (held,) = house.call("GET", "/certificates", who).json["items"]
        assert listed.enrolments == (canonical.digest(b64decode(held["enrolment"])),)
        assert (held["fingerprint"], held["day"]) == (who.fingerprint, listed.day)
        assert held["position"] == opened["position"]
        other = next(each for each in suppliers if each is not who)
        with pytest.raises(BidError, match="not the place of"):
            read_opening(entry, b64decode(opened["leaf"]), hashes, other.id)
    # An agency's stands in the log itself, and its place under the root is empty.
    (held,) = house.call("GET", "/certificates", agency).json["items"]
    assert held["day"] is None
    (entry_of,) = house.call("GET", f"/log/entries?start={held['position']}&limit=1").json["entries"]
    assert Entry.parse(b64decode(entry_of)).digests["certificate"] == agency.fingerprint
    (opened,) = house.call("GET", "/certificates/days", agency).json["items"]
    hashes = [b64decode(each) for each in opened["hashes"]]
    assert read_opening(entry, b64decode(opened["leaf"]), hashes, agency.id).enrolments == ()
    assert len({len(each["hashes"]) for each in (opened,)}) == 1 and len(hashes) == 64


def test_a_later_root_has_what_the_earlier_had(working_house: OpeningHouse) -> None:
    house = working_house
    first = house.enrol("supplier")
    house.clock.ahead(timedelta(days=1, hours=2))
    house.work()
    second = house.enrol("supplier")
    house.clock.ahead(timedelta(days=3))
    house.work()
    one, two = day_entries(house)
    days = house.call("GET", "/certificates/days", first).json["items"]
    for entry, opened in zip((one, two), days, strict=True):
        listed = read_opening(
            entry, b64decode(opened["leaf"]), [b64decode(each) for each in opened["hashes"]], first.id
        )
        assert len(listed.enrolments) == 1
    after = days[0]["position"]
    (later,) = house.call("GET", f"/certificates/days?after={after}", first).json["items"]
    assert later == days[1]
    (opened,) = house.call("GET", "/certificates/days", second).json["items"]
    assert opened["position"] == later["position"], "it was not there under the first root"


def day_entries(house: House) -> list[Entry]:
    entries = house.call("GET", "/log/entries?limit=500").json["entries"]
    found = [Entry.parse(b64decode(each)) for each in entries]
    return [each for each in found if each.act == "certificates.day"]


def test_a_day_without_suppliers_looks_like_any_other(working_house: OpeningHouse) -> None:
    house = working_house
    for day in range(1, 4):
        house.clock.ahead(timedelta(days=day, hours=2))
        house.work()
    with house.platform.database.reading() as session:
        days = session.query(EnrolmentDay).order_by(EnrolmentDay.day).all()
    assert len(days) == 3 and len({each.root for each in days}) == 3
    assert merkle.empty_root().hex() not in {each.root for each in days}


def acts(house: House) -> list[str]:
    raws = house.call("GET", "/log/entries?start=0&limit=500").json["entries"]
    return [Entry.parse(b64decode(raw)).act for raw in raws]
