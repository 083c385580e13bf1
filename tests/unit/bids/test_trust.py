"""Trust: whose certificate it is, by enrolment and subject; roles, revocation, other platforms."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bids.objects import build_statement
from bids.trust import (
    SKEW,
    Enrolment,
    Trust,
    build_enrolment,
    enrolments_of,
    parse_enrolments,
    verify_enrolment,
)
from signing import canonical, statements
from signing.encoding import format_time
from signing.statements import read_statement
from tests.bids_factory import HOUR, NOW, World, refused, strangers

WORLD = World(1)
TENDER = WORLD.tender()
TRUST = TENDER.trust()
SUPPLIER = WORLD.suppliers[0]
AGENCY = WORLD.agency


def listed(*files: bytes) -> bytes:
    return canonical.dumps([json.loads(file) for file in files])


# --- enrolments


def test_members() -> None:
    got = Enrolment.parse(SUPPLIER.enrolment)
    assert got == Enrolment.parse(read_statement(SUPPLIER.enrolment, "sunseal/enrolment/v1"))
    assert (got.certificate, got.party) == (SUPPLIER.fingerprint, SUPPLIER.id)
    assert (got.organisation, got.role) == (SUPPLIER.party.organisation, "supplier")
    assert got.raw == SUPPLIER.enrolment and got.at == NOW - HOUR
    assert verify_enrolment(SUPPLIER.enrolment, WORLD.roots) == got


def test_a_list_of_enrolments() -> None:
    got = parse_enrolments(listed(SUPPLIER.enrolment, AGENCY.enrolment), WORLD.roots)
    assert set(got) == {SUPPLIER.fingerprint, AGENCY.fingerprint}
    assert got == enrolments_of([SUPPLIER.enrolment, AGENCY.enrolment], WORLD.roots)
    assert parse_enrolments(b"[]", WORLD.roots) == {}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{}", "form-list"),
        (b"[1]", "signature-invalid"),
        (b"[] ", "not-canonical"),
        (listed(SUPPLIER.enrolment, SUPPLIER.enrolment), "enrolment-twice"),
        (listed(strangers().agency.enrolment), "certificate-untrusted"),
        (listed(SUPPLIER.enrolment).replace(b'"supplier"', b'"agency"'), "signature-invalid"),
    ],
)
def test_lists_that_are_refused(data: bytes, code: str) -> None:
    with refused(code):
        parse_enrolments(data, WORLD.roots)


def test_no_party_and_no_receipt_key_enrols() -> None:
    statement = build_enrolment(at=NOW, certificate=SUPPLIER.signer.certificate, party=AGENCY.party)
    for signer in (SUPPLIER.signer, AGENCY.signer, WORLD.receipt_signer):
        with refused("certificate-wrong-authority", what="enrolment"):
            verify_enrolment(statements.sign_statement(statement, signer, NOW), WORLD.roots)


def test_an_unknown_role_is_not_enrolled() -> None:
    with refused("form-choice", path="role"):
        party = replace(SUPPLIER.party, role="operator")
        build_enrolment(at=NOW, certificate=SUPPLIER.signer.certificate, party=party)


# --- resolving


def test_resolve() -> None:
    assert TRUST.resolve(SUPPLIER.signer.certificate, NOW) == SUPPLIER.party


def test_nobody_is_enrolled_after_the_fact() -> None:
    enrolled = Enrolment.parse(SUPPLIER.enrolment).at
    assert TRUST.resolve(SUPPLIER.signer.certificate, enrolled - SKEW) == SUPPLIER.party
    with refused("enrolled-later", certificate=SUPPLIER.fingerprint):
        TRUST.resolve(SUPPLIER.signer.certificate, enrolled - SKEW - timedelta(seconds=1))


def test_a_certificate_without_enrolment() -> None:
    new = WORLD.actor("supplier", "新来者")
    with refused("not-enrolled", certificate=new.fingerprint):
        TRUST.resolve(new.signer.certificate, NOW)


@pytest.mark.parametrize("change", [{"id": "0" * 32}, {"organisation": "CN-USCC:0"}, {"role": "agency"}])
def test_enrolment_and_certificate_must_agree(change: dict[str, str]) -> None:
    actor = WORLD.actor("supplier", "两面人", enrol=replace(SUPPLIER.party, **{"id": "1" * 32, **change}))
    trust = TENDER.trust(enrolments=enrolments_of([actor.enrolment], WORLD.roots))
    with refused("enrolment-disagrees", certificate=actor.fingerprint):
        trust.resolve(actor.signer.certificate, NOW)


def test_a_platform_certificate_is_no_party() -> None:
    certificate = WORLD.statement_signer.certificate
    file = WORLD.enrolment(certificate, SUPPLIER.party)
    trust = TENDER.trust(enrolments=enrolments_of([file], WORLD.roots))
    with refused("certificate-wrong-authority"):
        trust.resolve(certificate, NOW)


# --- signatures beside a file


def test_verify() -> None:
    signature = SUPPLIER.sign(b"data", NOW)
    party, verified = TRUST.verify("manifest", b"data", signature, NOW, "supplier", TENDER.crl_digest)
    assert party == SUPPLIER.party and verified.certificate == SUPPLIER.signer.certificate
    assert TRUST.verify("manifest", b"data", signature, NOW, "supplier")[0] == party
    with refused("signature-invalid", what="manifest"):
        TRUST.verify("manifest", b"Data", signature, NOW, "supplier")
    with refused("signer-role", what="manifest", wanted="custodian", role="supplier"):
        TRUST.verify("manifest", b"data", signature, NOW, "custodian")
    with refused("crl-unknown", crl="0" * 64):
        TRUST.verify("manifest", b"data", signature, NOW, "supplier", "0" * 64)
    with refused("certificate-untrusted"):
        Trust(strangers().roots).verify("manifest", b"data", signature, NOW, "supplier")
    with refused("certificate-wrong-authority"):
        state = statements.sign_statement({"type": "x"}, WORLD.statement_signer, NOW)
        read = read_statement(state, "x")
        TRUST.verify("manifest", read.statement_bytes, read.signature, NOW, "supplier")


def test_revocation_is_judged_by_the_list_named_and_as_of_the_time_given() -> None:
    serial = SUPPLIER.signer.certificate.serial_number
    crl = WORLD.make_crl([(serial, NOW + HOUR, "keyCompromise")], at=NOW + HOUR)
    trust = TENDER.trust(crls={TENDER.crl_digest: WORLD.crl, "9" * 64: crl})
    signature = SUPPLIER.sign(b"data", NOW)
    assert trust.verify("manifest", b"data", signature, NOW, "supplier", TENDER.crl_digest)
    assert trust.verify("manifest", b"data", signature, NOW, "supplier", "9" * 64)
    later = NOW + HOUR + timedelta(seconds=1)
    with refused("certificate-revoked", what="manifest"):
        trust.verify("manifest", b"data", signature, later, "supplier", "9" * 64)
    with refused("certificate-revoked"):
        trust.verify("manifest", b"data", signature, later, "supplier")
    with refused("certificate-crl-missing"):
        trust.verify("manifest", b"data", signature, NOW + timedelta(days=8), "supplier", TENDER.crl_digest)


# --- statements


def cancellation(**changes: Any) -> dict[str, Any]:
    members: dict[str, Any] = {
        "at": format_time(NOW),
        "tender": TENDER.id,
        "notice": TENDER.notice.digest,
        "reason": "x",
    }
    return {**build_statement("cancellation", members), **changes}


def test_party_statements() -> None:
    file = AGENCY.statement(cancellation(), NOW)
    party, read = TRUST.verify_statement("cancellation", file, "agency")
    assert party == AGENCY.party and read.statement["tender"] == TENDER.id
    with refused("signer-role", what="cancellation"):
        TRUST.verify_statement("cancellation", SUPPLIER.statement(cancellation(), NOW), "agency")
    with refused("member-unknown", path="also"):
        TRUST.verify_statement("cancellation", AGENCY.statement(cancellation(also=1), NOW), "agency")
    with refused("signature-invalid"):
        TRUST.verify_statement("erasure", file, "agency")
    with refused("certificate-wrong-authority"):
        TRUST.verify_statement("cancellation", WORLD.state(cancellation(), NOW), "agency")
    with refused("certificate-expired"):
        TRUST.verify_statement("cancellation", file, "agency", NOW + timedelta(days=400))
    with refused("signature-invalid"):
        TRUST.verify_statement("cancellation", file.replace(b'"reason":"x"', b'"reason":"y"'), "agency")


def test_platform_statements() -> None:
    closing = TENDER.close()
    assert TRUST.platform_statement("closing", TENDER.closing_file).digest == closing.digest
    for signer in (AGENCY.signer, WORLD.receipt_signer):
        forged = statements.sign_statement(TENDER.closing_statement(), signer, TENDER.notice.deadline)
        with refused("certificate-wrong-authority", what="closing"):
            TRUST.platform_statement("closing", forged)
    TENDER.stamp = None
    bid = TENDER.submit(SUPPLIER)
    assert TRUST.platform_statement("receipt", bid.receipt, "receipt").statement["bid"] == bid.id
    with refused("certificate-wrong-authority"):
        TRUST.platform_statement("receipt", bid.receipt)


def test_what_a_verifier_without_anchors_has() -> None:
    trust = Trust(WORLD.roots)
    assert (trust.crls, trust.enrolments, trust.log, trust.log_origin) == ({}, {}, None, "")
    with refused("crl-unknown"):
        trust.crl("0" * 64)
