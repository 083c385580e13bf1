"""The page of one's own certificates, reminders before their end, and the platform's own keys replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from bids.errors import BidError
from bids.trust import enrolments_of
from signing.certificates import fingerprint
from signing.keys import spki
from signing.revocations import Revocations
from tests.functional.house import House, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.wsgi_transport import WsgiTransport
from trading.accounts import pages
from trading.accounts.models import Crl, PartyCertificate
from trading.accounts.platform_keys import replace_platform_key
from trading.accounts.revocation_lists import RevocationLists
from trading.client.api import Api, ApiProblem
from trading.client.keyfile import enrol, renew
from trading.keys import ensure_keys, replace_leaf


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[OpeningHouse]:
    made = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    yield made
    made.close()


def page(house: House, who: Who, lang: str = "en") -> str:
    headers = {"Authorization": f"Bearer {who.token}", "Accept": "text/html", "Accept-Language": lang}
    return str(house.app.get("/account/certificates", headers=headers).text)


def revoke(house: House, who: Who, name: str, status: int = 303) -> str:
    headers = {"Authorization": f"Bearer {who.token}", "Accept": "text/html", "Accept-Language": "en"}
    fields = {"fingerprint": name, "reason": "keyCompromise"}
    return str(house.app.post("/account/certificates", fields, headers=headers, status=status).text)


def test_a_holder_sees_and_revokes_their_own_alone(lively: OpeningHouse) -> None:
    house = lively
    who, stranger = house.enrol("supplier"), house.enrol("supplier")
    assert who.fingerprint in page(house, who) and "撤销证书" in page(house, who, "zh-CN")
    assert who.fingerprint not in page(house, stranger)
    assert "no such certificate" in revoke(house, stranger, who.fingerprint, 404)
    assert "no such certificate" in revoke(house, who, "x", 404)
    revoke(house, who, who.fingerprint)
    assert "Revoked" in page(house, who) and "Revoke it" not in page(house, who)


def test_everybody_of_the_organisation_sees_what_is_in_its_name_and_where_the_log_has_it(
    lively: OpeningHouse,
) -> None:
    house = lively
    supplier, agency = house.enrol("supplier"), house.enrol("agency")
    body = {"person": "同事", "role": "supplier", "days": 9}
    answer = house.call("POST", f"/organisations/{supplier.id}/tokens", house.operator, body).json
    colleague = replace(supplier, token=answer["token"])
    said = page(house, colleague)
    assert supplier.fingerprint in said and "in the next daily root" in said
    assert "its holder or your administrator can revoke it" in said
    (held,) = house.call("GET", "/certificates", agency).json["items"]
    assert f"entry {held['position']}" in page(house, agency)
    house.clock.ahead(timedelta(days=1, hours=2))
    house.work()
    assert "daily root of" in page(house, colleague) and "的供应商证书汇总" in page(house, colleague, "zh-CN")


def test_where_not_all_are_shown_the_page_says_so(
    lively: OpeningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = lively.enrol("agency")
    monkeypatch.setattr(pages, "_MOST", 1)
    assert "There are more than" not in page(lively, who)
    newer = lively.another_person(who)
    said = page(lively, who)
    assert "There are more than 1;" in said and newer.fingerprint in said and who.fingerprint not in said


def test_who_is_reminded_before_the_end(lively: OpeningHouse) -> None:
    house = lively
    who = house.enrol("agency")
    headers = {"Authorization": f"Bearer {who.token}", "Accept": "text/html", "Accept-Language": "en"}
    assert "renew it" not in house.app.get("/desk", headers=headers).text
    with house.platform.database.transaction() as session:
        row = session.get_one(PartyCertificate, who.fingerprint)
        row.expires_at = house.now() + timedelta(days=29)
    assert "renew it" in house.app.get("/desk", headers=headers).text
    assert "Ends soon" in page(house, who)
    house.another_person(who)  # a new certificate of the same person and role
    assert "renew it" not in house.app.get("/desk", headers=headers).text


def test_a_platform_key_is_replaced_and_the_old_one_believed_no_more(lively: OpeningHouse) -> None:
    house = lively
    house.work()
    before, settings = house.platform.keys, house.platform.settings
    enrolment = enrolment_of(house, house.enrol("agency"))
    old, new = replace_platform_key(house.platform, "statement", "keyCompromise")
    assert old == fingerprint(before.statement.certificate)
    keys = ensure_keys(settings.keys_dir, settings.log_origin, house.now(), settings.public_url)
    assert (
        fingerprint(keys.statement.certificate) == new
        and keys.receipt.certificate == before.receipt.certificate
    )
    with house.platform.database.reading() as session:
        ders = [row.der for row in session.query(Crl).filter_by(authority="platform")]
    lists = Revocations([x509.load_der_x509_crl(der) for der in ders])
    enrolments_of([enrolment], before.roots, lists)
    house.clock.ahead(timedelta(seconds=2))
    late = enrolment_of(house, house.enrol("agency"))  # by a process that was not started again
    with pytest.raises(BidError, match="revoked"):
        enrolments_of([late], before.roots, lists)
    restarted = replace(house.platform, keys=keys)
    assert restarted.keys.statement.certificate != before.statement.certificate
    killed, _ = replace_leaf(settings.keys_dir, "document", house.now(), settings.public_url)
    replace_platform_key(house.platform, "document", "superseded")
    with house.platform.database.reading() as session:
        newest = RevocationLists(house.platform).published(session, "platform")
    crl = x509.load_der_x509_crl(newest.der)
    assert len(crl) == 3 and crl.get_revoked_certificate_by_serial_number(killed.serial_number)


def enrolment_of(house: House, who: Who) -> bytes:
    with house.platform.database.reading() as session:
        return session.get_one(PartyCertificate, who.fingerprint).enrolment


def test_a_key_file_is_renewed_and_both_are_good(lively: OpeningHouse) -> None:
    house = lively
    who = house.enrol("custodian")
    made = enrol(Api(WsgiTransport(house.app.app), who.token), b"secret")
    house.clock.ahead(timedelta(days=1))
    nobody = Api(WsgiTransport(house.app.app), None)
    for new_key in (False, True):
        again = renew(nobody, "http://127.0.0.1:6543", made.key, b"other", new_key, house.now())
        same = spki(again.key.signer.key.public_key()) == spki(made.key.signer.key.public_key())
        assert same is not new_key and again.fingerprint != made.fingerprint
        assert again.key.party == made.key.party and again.key.roots == made.key.roots
    with pytest.raises(ApiProblem, match="平台地址"):
        renew(nobody, "https://elsewhere.example", made.key, b"other", True, house.now())
