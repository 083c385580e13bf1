"""Certificates renewed, revoked by their holders, asked after by OCSP, brought from outside authorities."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from sqlalchemy import select, text

from bids.errors import BidError
from bids.objects import build_statement
from signing.certificates import Party, dump_pem, issue
from signing.encoding import b64decode, b64encode, format_time, new_id
from signing.keys import Signer, generate_signing_key, save_pkcs12, spki
from signing.statements import sign_statement
from tests.functional.house import House, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.wsgi_transport import LyingTransport, WsgiTransport
from tests.outside_authority import OutsideAuthority
from trading.accounts.models import Crl
from trading.accounts.revocation_lists import RevocationLists
from trading.accounts.services import Accounts
from trading.client.api import Api
from trading.client.custodian_state import CustodianState
from trading.client.keyfile import KeyFile, enrol_outside, enrolment_beside
from trading.client.own_name import OwnName
from trading.client.supplier import fetch_notice, read_notice
from trading.errors import TradingError

ORIGIN = "http://127.0.0.1:6543"


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[OpeningHouse]:
    """A platform of this test alone, on SQLite: nothing here asks the database for more."""
    made = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    yield made
    made.close()


def check(house: House, who: Who) -> None:
    with house.platform.database.reading() as session:
        Accounts(house.platform).verify_party_signature(
            session, b"x", house.sign(who, b"x"), house.now(), who.role, who.id
        )


# --- revocation


def test_a_holder_revokes_their_own_and_nobody_elses(house: House) -> None:
    who, stranger = house.enrol("supplier"), house.enrol("supplier")
    place = f"/organisations/{who.id}/tokens"
    colleague = house.call("POST", place, house.operator, {"person": "李四", "role": "supplier", "days": 1})
    path, body = f"/certificates/{who.fingerprint}/revocation", {"reason": "keyCompromise"}
    house.refused("POST", path, stranger, body, "certificate-not-found")
    house.refused("POST", path, colleague.json["token"], body, "forbidden")
    answer = house.call("POST", path, who, body).json
    assert answer["reason"] == "keyCompromise"
    assert house.call("POST", path, house.operator, {"reason": "superseded"}).json == answer


def test_a_bid_stands_when_its_certificate_is_revoked_after_receipt(lively: OpeningHouse) -> None:
    """The list comes later than the revocation; what is new is refused from the very moment."""
    house = lively
    agency, custodians = house.enrol("agency"), tuple(house.enrol("custodian") for _ in range(3))
    tender = house.tender(agency, custodians)
    suppliers = [house.enrol("supplier") for _ in range(3)]
    sealed = [house.bid(each, tender) for each in suppliers]
    path = f"/certificates/{suppliers[0].fingerprint}/revocation"
    house.call("POST", path, suppliers[0], {"reason": "keyCompromise"})
    again = house.seal(suppliers[0], tender, replaces=sealed[0].bid)
    house.upload(suppliers[0], tender, again)
    answer = house.submit(suppliers[0], tender, again, status=422)
    assert answer["code"] == "certificate-revoked-now"
    house.past_deadline()
    house.work()
    house.open(tender)
    house.evaluate(tender)
    house.clock.ahead(timedelta(hours=30))
    house.work()
    house.award(tender, sealed[0].bid)
    _, report = house.verified(tender)
    assert report.ok, [finding.text("en") for finding in report.findings if finding.ok is False]
    later = {finding.code: finding for finding in report.findings}.get("verify-revoked-later")
    assert later is not None and sealed[0].bid in later.text("en")


# --- OCSP


def status(house: House, certificate: x509.Certificate, issuer: x509.Certificate) -> ocsp.OCSPResponse:
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    data = request.public_bytes(Encoding.DER)
    posted = house.app.post("/ocsp", data, content_type="application/ocsp-request")
    got = house.app.get(f"/ocsp/{b64encode(data)}")
    assert posted.body == got.body and got.content_type == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(got.body)


def test_ocsp_says_what_the_list_says_and_nothing_newer(lively: OpeningHouse) -> None:
    house = lively
    who, issuer = house.enrol("supplier"), house.platform.keys.parties.certificate
    house.work()
    answer = status(house, who.signer.certificate, issuer)
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    responder = answer.certificates[0]
    responder.verify_directly_issued_by(issuer)
    key = responder.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    house.call("POST", f"/certificates/{who.fingerprint}/revocation", who, {"reason": "superseded"})
    assert status(house, who.signer.certificate, issuer).certificate_status is ocsp.OCSPCertStatus.GOOD
    house.clock.ahead(timedelta(hours=24))
    house.work()
    answer = status(house, who.signer.certificate, issuer)
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_reason == x509.ReasonFlags.superseded
    keys = house.platform.keys
    own = status(house, keys.statement.certificate, keys.platform.certificate)
    assert own.certificate_status is ocsp.OCSPCertStatus.GOOD
    party = Party(who.id, who.reference, "supplier", "x", who.name)
    unknown = issue(keys.parties, generate_signing_key().public_key(), party, house.now(), 1)
    assert status(house, unknown, issuer).certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert status(house, keys.parties.certificate, keys.root).response_status.name == "UNAUTHORIZED"


def test_ocsp_echoes_a_nonce_and_refuses_rubbish(house: House) -> None:
    with house.platform.database.transaction() as session:
        RevocationLists(house.platform).current(session, house.now())
    who, issuer = house.enrol("agency"), house.platform.keys.parties.certificate
    builder = ocsp.OCSPRequestBuilder().add_certificate(who.signer.certificate, issuer, hashes.SHA1())  # noqa: S303
    for size, good in ((32, True), (33, False)):
        nonce = x509.OCSPNonce(bytes(range(size)))
        data = builder.add_extension(nonce, critical=False).build().public_bytes(Encoding.DER)
        answer = ocsp.load_der_ocsp_response(
            house.app.post("/ocsp", data, content_type="application/ocsp-request").body
        )
        assert (answer.response_status.name == "SUCCESSFUL") is good
        if good:
            assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value == nonce
    plain = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        hashlib.sha256(issuer.subject.public_bytes()).digest(),
        hashlib.sha256(spki(house.platform.keys.parties.key.public_key())[-65:]).digest(),
        5, hashes.SHA256(),
    )  # fmt: skip
    data = plain.build().public_bytes(Encoding.DER)
    negative, algorithm = data[:-1] + b"\xfb", data.replace(b"\x03\x04\x02\x01", b"\x03\x04\x02\x1f")
    for rubbish in (b"", b"x" * 5000, b"\x30\x00", negative, algorithm):
        body = house.app.post("/ocsp", rubbish, content_type="application/ocsp-request").body
        assert ocsp.load_der_ocsp_response(body).response_status.name == "MALFORMED_REQUEST"
    question = builder.build().public_bytes(Encoding.DER)
    with house.platform.database.transaction() as session:
        session.execute(text("UPDATE log_head SET size = size"))  # somebody bids; strangers wait for nobody
        body = house.app.post("/ocsp", question, content_type="application/ocsp-request").body
    assert ocsp.load_der_ocsp_response(body).response_status.name == "SUCCESSFUL"
    assert (
        ocsp.load_der_ocsp_response(house.app.get("/ocsp/@@").body).response_status.name
        == "MALFORMED_REQUEST"
    )


# --- outside authorities


class Lists(BaseHTTPRequestHandler):
    """The outside authority's web server."""

    body = b""

    def do_GET(self) -> None:
        if self.path != "/ca.crl" or not self.body:
            self.send_response(302 if self.path == "/ca.crl" else 404)
            self.send_header("Location", "/elsewhere.crl")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Nothing is told."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[OpeningHouse, OutsideAuthority]]:
    """A platform that accepts one outside authority, whose list is served on this machine."""
    server = HTTPServer(("127.0.0.1", 0), Lists)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = tmp_path / "outside"
    folder.mkdir()
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    authority = OutsideAuthority(at)
    (folder / "bjca.pem").write_bytes(dump_pem([authority.root, authority.issuing]))
    (folder / "bjca.toml").write_text(
        f"""
title = "北京数字认证"
certificates = "bjca.pem"
scheme = "CN-USCC"
organisation = "subject:2.5.4.97"
prefix = "NTRCN-"
crl_url = "http://127.0.0.1:{server.server_port}/ca.crl"
roles = ["agency", "supplier", "custodian"]
non_repudiation = true
""",
        "utf-8",
    )
    Lists.body = authority.crl(at).public_bytes(Encoding.DER)
    made = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}", outside_authorities_dir=folder)
    made.work()
    yield made, authority
    made.close()
    server.shutdown()
    server.server_close()


def bring(house: House, who: Who, signer: Signer, **changes: str) -> dict[str, str]:
    members = {"at": format_time(house.now()), "origin": ORIGIN, "party": who.id, "role": who.role, **changes}
    proof = sign_statement(build_statement("certificate-proof", dict(members)), signer, house.now())
    pem = dump_pem([signer.certificate, *signer.chain]).decode()
    return {"certificate": pem, "proof": b64encode(proof)}


def outsider(house: House, authority: OutsideAuthority, who: Who) -> Who:
    """The same party, from now on with a certificate of the outside authority."""
    identifier = who.reference.partition(":")[2]
    signer = authority.issue(generate_signing_key(), f"NTRCN-{identifier}", organisation=who.name)
    answer = house.call("POST", "/certificates/outside", who, bring(house, who, signer), 201).json
    assert house.call("POST", "/certificates/outside", who, bring(house, who, signer), 201).json == answer
    return replace(who, signer=signer, fingerprint=answer["fingerprint"])


def test_outsiders_tender_bid_and_release_and_the_package_shows_it(
    elsewhere: tuple[OpeningHouse, OutsideAuthority], tmp_path: Path
) -> None:
    house, authority = elsewhere
    agency = outsider(house, authority, house.enrol("agency"))
    custodians = tuple(outsider(house, authority, house.enrol("custodian")) for _ in range(3))
    tender = house.tender(agency, custodians)
    suppliers = [
        outsider(house, authority, house.enrol("supplier")),
        house.enrol("supplier"),
        house.enrol("supplier"),
    ]
    sealed = [house.bid(each, tender) for each in suppliers]
    house.past_deadline()
    house.work()
    house.open(tender)
    house.evaluate(tender)
    house.award(tender, sealed[0].bid)
    needless = older_lists(house, authority)
    newest = hashlib.sha256(Lists.body).hexdigest()
    house.work()
    shown = house.call("GET", f"/tenders/{tender.id}/trust").json["crls"]
    assert newest in (digests := {hashlib.sha256(b64decode(one)).hexdigest() for one in shown})
    assert not needless & digests
    package, report = house.verified(tender)
    assert report.ok, [finding.text("en") for finding in report.findings if finding.ok is False]
    assert package.read("certificates/outside.pem") == dump_pem([authority.root])
    assert "verify-outside-package" in [finding.code for finding in report.findings]
    # Whoever bears that organisation's id as another party finds the bid, by whatever authority.
    line = LyingTransport(house.app.app)
    shown = {False: suppliers[0], True: None}
    for hidden, bidder in shown.items():
        if hidden:
            line.lies["/trust"] = lambda answer: answer | {"enrolments": []}
        party = Party(new_id(), suppliers[0].reference.lower(), "supplier", "某人", "某公司")
        state, keys = CustodianState(tmp_path / f"look-{hidden}"), house.platform.keys
        look = OwnName(Api(line), state, keys.roots, keys.log_verifier, party, house.now()).look(False)
        assert {one.certificate for one in look.sightings} == ({bidder.fingerprint} if bidder else set())
        assert [fault.code for fault in look.faults] == (["own-bid-unnamed"] if hidden else [])


def older_lists(house: House, authority: OutsideAuthority) -> set[str]:
    """As an authority's hourly lists come together, and those of one that nobody here signs under."""
    other = OutsideAuthority(authority.at)
    made = [("outside:bjca", authority.crl(authority.at - timedelta(hours=hours), 90)) for hours in (1, 2, 3)]
    with house.platform.database.transaction() as session:
        for name, crl in (*made, ("outside:other", other.crl(authority.at, 90))):
            at, der = crl.last_update_utc, crl.public_bytes(Encoding.DER)
            assert crl.next_update_utc is not None
            session.add(
                Crl(
                    sha256=hashlib.sha256(der).hexdigest(), authority=name, der=der, issued_at=at,
                    next_update=crl.next_update_utc, follows_at=at,
                )
            )  # fmt: skip
        session.flush()
        return set(session.scalars(select(Crl.sha256).where(Crl.issued_at <= authority.at)))


def test_what_an_outside_certificate_must_be(elsewhere: tuple[OpeningHouse, OutsideAuthority]) -> None:
    house, authority = elsewhere
    who, path = house.enrol("supplier"), "/certificates/outside"
    right = f"NTRCN-{who.reference.partition(':')[2]}"
    key = generate_signing_key()

    def refused(
        code: str, identifier: str = right, name: str = "", ca: OutsideAuthority = authority, **changes: str
    ) -> None:
        signer = ca.issue(key, identifier, organisation=name or who.name)
        house.refused("POST", path, who, bring(house, who, signer, **changes), code)

    refused("outside-organisation", "NTRCN-91110000000000000X")
    refused("outside-organisation", right.removeprefix("NTRCN-"))
    refused("outside-name", name="另一家公司")
    refused("outside-authority-unknown", ca=OutsideAuthority(authority.at, "Another"))
    refused("certificate-untrusted", ca=OutsideAuthority(authority.at))
    refused("proof-party", party=house.enrol("supplier").id)
    refused("proof-party", role="agency")
    refused("proof-origin", origin="https://elsewhere.example")
    thief = authority.issue(generate_signing_key(), right, organisation=who.name)
    body = bring(house, who, authority.issue(key, right, organisation=who.name))
    house.refused("POST", path, who, {**body, "proof": bring(house, who, thief)["proof"]}, "proof-key")


def test_without_a_current_list_nothing_is_taken(elsewhere: tuple[OpeningHouse, OutsideAuthority]) -> None:
    house, authority = elsewhere
    who = outsider(house, authority, house.enrol("agency"))
    serial, revoked_at = who.signer.certificate.serial_number, authority.at

    check(house, who)
    Lists.body = b""  # the server leads elsewhere, which is not followed
    house.clock.ahead(timedelta(days=6, minutes=1))
    house.work()
    with pytest.raises(TradingError, match="outside-list-old"):
        check(house, who)
    Lists.body = OutsideAuthority(authority.at).crl(house.now(), 7).public_bytes(Encoding.PEM)
    house.clock.ahead(timedelta(days=6, minutes=3))
    house.work()
    with pytest.raises(TradingError, match="outside-list-old"):
        check(house, who)
    Lists.body = authority.crl(house.now(), 7).public_bytes(Encoding.PEM)
    house.clock.ahead(timedelta(days=6, minutes=5))
    house.work()
    check(house, who)
    before = authority.crl(house.now() - timedelta(minutes=1), 7).public_bytes(Encoding.DER)
    Lists.body = authority.crl(house.now(), 7, [(serial, revoked_at)]).public_bytes(Encoding.DER)
    house.clock.ahead(timedelta(days=6, hours=2))
    house.work()
    with pytest.raises(BidError, match="revoked"):
        check(house, who)
    Lists.body = before  # of before the revocation, signed by the authority and not yet over
    house.clock.ahead(timedelta(days=6, hours=4))
    house.work()
    with pytest.raises(BidError, match="revoked"):
        check(house, who)


def test_an_outside_key_file_is_enrolled_and_a_notice_by_one_is_believed(
    elsewhere: tuple[OpeningHouse, OutsideAuthority], tmp_path: Path
) -> None:
    house, authority = elsewhere
    agency = outsider(house, authority, house.enrol("agency"))
    tender = house.tender(agency, tuple(house.enrol("custodian") for _ in range(3)))
    who = house.enrol("supplier")
    signer = authority.issue(
        generate_signing_key(), f"NTRCN-{who.reference.partition(':')[2]}", organisation=who.name
    )
    theirs = KeyFile.load(save_pkcs12(signer.key, signer.certificate, signer.chain, b"x"), b"x")
    api = Api(WsgiTransport(house.app.app), who.token)
    made = enrol_outside(api, ORIGIN, theirs, b"y", house.now())
    path = tmp_path / "key.p12"
    path.write_bytes(made.file)
    enrolment_beside(path).write_bytes(made.key.enrolment or b"")
    key = KeyFile.read(path, b"y").of_role("supplier")
    assert (key.party.id, key.party.organisation_name) == (who.id, who.name)
    assert key.roots == house.platform.keys.roots
    with pytest.raises(BidError, match="trusted root"):
        read_notice(tender.notice.raw, tender.signature, key.roots)
    assert fetch_notice(api, tender.id, key.roots).party.id == agency.id


def test_who_only_reads_finds_a_list_when_the_job_has_been_silent(lively: OpeningHouse) -> None:
    who, before = lively.enrol("supplier"), lively.now()
    with lively.later(timedelta(days=30)):
        check(lively, who)
        with lively.platform.database.reading() as session:
            assert Accounts(lively.platform).lists.published(session).issued_at > before


def test_a_list_whose_making_was_undone_judges_nothing(lively: OpeningHouse) -> None:
    platform = lively.platform
    lists = RevocationLists(platform)
    lively.clock.ahead(timedelta(days=30))
    with pytest.raises(ZeroDivisionError), platform.database.transaction() as session:
        made = [lists.current(session, platform.clock.now(session)).sha256 for _ in range(2)]
        raise ZeroDivisionError
    with platform.database.transaction() as session:
        now = lists.current(session, platform.clock.now(session)).sha256
        assert session.get(Crl, now) is not None and now not in made
