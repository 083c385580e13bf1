"""Certificates renewed by an old key, or with a session: who may, how often, and what strangers get."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from bids.objects import build_statement
from signing.certificates import create_csr, load_pem
from signing.encoding import b64decode, b64encode, format_time
from signing.keys import Signer, SigningKey, generate_signing_key
from signing.statements import sign_statement
from tests.functional.house import House, Who
from tests.functional.test_certificate_lives import ORIGIN, check
from trading.accounts import views
from trading.accounts.certificates import MOST_A_DAY
from trading.accounts.models import PartyCertificate, Token
from trading.sign_in.models import Login
from trading.web.addresses import Attempts


def renewal(house: House, who: Who, key: SigningKey, **changes: Any) -> dict[str, str]:
    csr = create_csr(key, "x")
    members = {"at": format_time(house.now()), "origin": ORIGIN, "request": hashlib.sha256(csr).hexdigest()}
    statement = build_statement("renewal", {**members, **changes})
    return {"csr": csr.decode(), "file": b64encode(sign_statement(statement, who.signer, house.now()))}


def renewed(house: House, who: Who, answer: dict[str, str], key: SigningKey) -> Who:
    certificate = load_pem(answer["certificate"].encode())[0]
    return replace(who, signer=Signer(key, certificate, who.signer.chain), fingerprint=answer["fingerprint"])


@pytest.mark.parametrize("same_key", [True, False])
def test_the_old_key_renews_without_a_token_and_both_certificates_hold(house: House, same_key: bool) -> None:
    who = house.enrol("agency")
    key = who.key if same_key else generate_signing_key()
    with house.later(timedelta(hours=2)):
        body = renewal(house, who, key)
        answer = house.call("POST", "/certificates/renewal", None, body, 201).json
        again = house.call("POST", "/certificates/renewal", None, body, 201).json
        new = renewed(house, who, answer, key)
        for each in (who, new):
            check(house, each)
    assert again == answer and answer["fingerprint"] != who.fingerprint


def test_hostile_renewals_are_refused(house: House) -> None:
    who, other = house.enrol("supplier"), house.enrol("supplier")
    key, path = generate_signing_key(), "/certificates/renewal"
    late = format_time(house.now() - timedelta(minutes=6))
    for changes, code in (
        ({"origin": "https://elsewhere.example"}, "proof-origin"),
        ({"at": late}, "proof-time"),
        ({"request": "0" * 64}, "renewal-other-request"),
    ):
        house.refused("POST", path, None, renewal(house, who, key, **changes), code)
    house.refused("POST", path, None, renewal(house, who, other.key), "certificate-key-in-use")
    body = renewal(house, who, key)
    with house.platform.database.transaction() as session:
        row = session.get_one(PartyCertificate, who.fingerprint)
        login = Login(
            person_id=row.person_id, username=who.id, password=None, totp=None, totp_step=0,
            created_at=house.now(), disabled_at=None,
        )  # fmt: skip
        session.add(login)
        session.execute(update(Token).where(Token.person_id == row.person_id).values(revoked_at=house.now()))
    house.refused("POST", path, None, body, "renewal-role-gone")
    with house.platform.database.transaction() as session:
        session.execute(update(Token).where(Token.person_id == row.person_id).values(revoked_at=None))
        session.get_one(Login, row.person_id).disabled_at = house.now()
    house.refused("POST", path, None, body, "person-disabled")
    house.call("POST", f"/certificates/{who.fingerprint}/revocation", who, {"reason": "keyCompromise"})
    house.refused("POST", path, None, body, "certificate-revoked-now")


@pytest.mark.one_database
def test_strangers_renewals_wait_for_no_lock_and_holders_are_not_endless(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_renewing", Attempts(MOST_A_DAY + 3))  # refusals are read in two languages
    who, path = house.enrol("agency"), "/certificates/renewal"
    at, before = (format_time(house.now() - timedelta(seconds=seconds)) for seconds in (1, 2))
    forged = renewal(house, who, generate_signing_key(), at=at)
    forged["file"] = b64encode(b64decode(forged["file"]).replace(at.encode(), before.encode()))
    with house.platform.database.transaction() as session:
        session.execute(text("SELECT 1"))  # the one write lock of SQLite
        house.refused("POST", path, None, forged, "signature-invalid")
    for _ in range(MOST_A_DAY - 1):
        house.call("POST", path, None, renewal(house, who, generate_signing_key()), 201)
    house.refused("POST", path, None, renewal(house, who, generate_signing_key()), "certificates-many")
    house.refused("POST", "/certificates", who, csr_of(generate_signing_key()), "certificates-many")
    house.refused("POST", path, None, forged, "renewals-many")


def csr_of(key: SigningKey) -> dict[str, str]:
    return {"csr": create_csr(key, "x").decode()}


def test_a_session_renews_a_key_before_its_end(house: House) -> None:
    who = house.enrol("custodian")
    csr = {"csr": create_csr(who.key, "x").decode()}
    assert house.call("POST", "/certificates", who, csr, 201).json["fingerprint"] == who.fingerprint
    with house.later(timedelta(hours=2)):
        answer = house.call("POST", "/certificates", who, {**csr, "renew": True}, 201).json
    assert answer["fingerprint"] != who.fingerprint
    ends = load_pem(answer["certificate"].encode())[0].not_valid_after_utc
    assert ends > who.signer.certificate.not_valid_after_utc
