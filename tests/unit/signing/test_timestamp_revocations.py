"""Outside time-stamp authorities whose certificate was revoked: when, why, and by which lists that shows."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from cryptography import x509

from signing.errors import CertificateError
from signing.timestamp_outside import read_outside_token, verify_outside_token
from signing.timestamp_revocations import check_revocation
from tests.outside_stamper import new_key, new_stamper

MOMENT = datetime(2026, 6, 2, 9, 0, 0, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
DIGEST = hashlib.sha256(b"the value of a receipt's signature").digest()
WHO = new_stamper(MOMENT, "P-256")
TOKEN = WHO.stamp(DIGEST, MOMENT)
STAMP = verify_outside_token(TOKEN, DIGEST, [WHO.root])
Reason = x509.ReasonFlags


def part(**given: Any) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    facts: dict[str, Any] = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }  # fmt: skip
    return ((x509.IssuingDistributionPoint(**{**facts, **given}), True),)


def test_a_list_of_then_or_later_reaches_the_token() -> None:
    for made, reached in ((MOMENT - HOUR, True), (MOMENT + 20 * WEEK, True), (MOMENT - 2 * WEEK, False)):
        assert check_revocation(STAMP, [WHO.crl(made)]) is reached
    assert check_revocation(STAMP, []) is False


@pytest.mark.parametrize(
    ("reason", "after", "before"),
    [
        (Reason.superseded, "stands", "spoilt"),
        (Reason.unspecified, "stands", "spoilt"),
        (Reason.key_compromise, "spoilt", "spoilt"),
        (None, "spoilt", "spoilt"),  # RFC 3161, section 4.1
    ],
)
def test_what_a_revocation_spoils_goes_by_its_reason(reason: Any, after: str, before: str) -> None:
    for revoked_at, outcome in ((MOMENT + HOUR, after), (MOMENT - HOUR, before)):
        lists = [WHO.crl(MOMENT - HOUR), WHO.crl(MOMENT + 2 * HOUR, revoked_at, reason)]
        if outcome == "stands":
            assert check_revocation(STAMP, lists)
        else:
            with pytest.raises(CertificateError, match="was revoked on 2026-06-02"):
                check_revocation(STAMP, lists)


@pytest.mark.parametrize(
    "extensions",
    [
        ((x509.DeltaCRLIndicator(1), True),),
        part(indirect_crl=True),
        part(only_contains_ca_certs=True),
        part(only_some_reasons=frozenset({Reason.superseded})),
        part(full_name=[x509.UniformResourceIdentifier("http://crl.example/7.crl")]),
    ],
)
def test_lists_of_something_else_count_for_nothing(extensions: Any) -> None:
    revoking = WHO.crl(MOMENT, MOMENT - HOUR, Reason.key_compromise, extensions)
    assert check_revocation(STAMP, [revoking]) is False


def test_lists_of_the_users_certificates_count() -> None:
    assert check_revocation(STAMP, [WHO.crl(MOMENT, extensions=part(only_contains_user_certs=True))])


def test_lists_that_the_issuer_did_not_sign_count_for_nothing() -> None:
    for key in (new_key("rsa2048"), new_key("P-256")):
        assert check_revocation(STAMP, [WHO.crl(MOMENT, MOMENT - HOUR, key=key)]) is False
    weak = Mock(wraps=WHO.crl(MOMENT), issuer=WHO.intermediate.subject)
    weak.signature_algorithm_oid = x509.ObjectIdentifier("1.2.840.113549.1.1.5")  # SHA-1
    assert check_revocation(STAMP, [weak]) is False


def test_without_a_root_no_list_can_be_told_to_be_anybodys() -> None:
    assert check_revocation(read_outside_token(TOKEN, DIGEST), [WHO.crl(MOMENT, MOMENT)]) is False
