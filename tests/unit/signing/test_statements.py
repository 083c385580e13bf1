from __future__ import annotations

from typing import Any

import pytest

from signing import canonical, statements
from signing.encoding import b64encode
from signing.errors import CanonicalError, CertificateError, EncodingError, SignatureInvalid
from tests.unit.signing.material import AT, world

TYPE = "sunseal/closing/v1"
TRICKY: dict[str, Any] = {
    "type": TYPE,
    "at": "2026-06-02T09:00:00.000Z",
    "note": '","statement":{}',
    "é": {"signature": "x"},
}


def test_a_statement_is_read_back_and_verified_as_of_its_own_time() -> None:
    w = world()
    data = statements.sign_statement(TRICKY, w.statements, AT)
    read = statements.verify_statement(data, TYPE, w.roots, "platform", "statement")
    assert read.statement == TRICKY
    assert read.statement_bytes == canonical.dumps(TRICKY)
    assert read.digest == canonical.digest(read.statement_bytes)
    assert read.verified is not None and read.verified.certificate == w.statements.certificate
    assert statements.read_statement(data, TYPE).verified is None


def test_a_statement_is_signed_by_the_right_kind_of_key() -> None:
    w = world()
    data = statements.sign_statement(TRICKY, w.supplier, AT)
    with pytest.raises(CertificateError):
        statements.verify_statement(data, TYPE, w.roots, "platform")
    assert statements.verify_statement(data, TYPE, w.roots, "parties", "party", at=AT)


def test_the_type_is_required_on_both_sides() -> None:
    w = world()
    with pytest.raises(SignatureInvalid, match="type"):
        statements.sign_statement({"at": "x"}, w.statements, AT)
    data = statements.sign_statement(TRICKY, w.statements, AT)
    with pytest.raises(SignatureInvalid, match="sunseal/notice/v1"):
        statements.read_statement(data, "sunseal/notice/v1")


def test_a_changed_statement_is_refused() -> None:
    w = world()
    envelope = canonical.loads(statements.sign_statement(TRICKY, w.statements, AT))
    envelope["statement"]["note"] = "other"
    with pytest.raises(SignatureInvalid):
        statements.verify_statement(canonical.dumps(envelope), TYPE, w.roots, "platform")


@pytest.mark.parametrize(
    "envelope",
    [[], {}, {"statement": {"type": TYPE}}, {"statement": {"type": TYPE}, "signature": "", "more": 1}]
    + [{"statement": [], "signature": ""}, {"statement": {"type": TYPE}, "signature": 1}],
)
def test_other_envelopes_are_refused(envelope: canonical.JSON) -> None:
    with pytest.raises(SignatureInvalid):
        statements.read_statement(canonical.dumps(envelope), TYPE)


def test_other_spellings_are_refused() -> None:
    with pytest.raises(EncodingError):
        statements.read_statement(canonical.dumps({"statement": {"type": TYPE}, "signature": "AA"}), TYPE)
    with pytest.raises(CanonicalError):
        statements.read_statement(b'{"statement":{}, "signature":""}', TYPE)


def test_an_oversized_statement_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MAX_STATEMENT", 10)
    with pytest.raises(SignatureInvalid, match="larger"):
        statements.read_statement(b"[" * 11, TYPE)


def test_a_statement_without_a_time_needs_one_given() -> None:
    w = world()
    data = statements.sign_statement({"type": TYPE}, w.statements, AT)
    with pytest.raises(SignatureInvalid, match="no time"):
        statements.verify_statement(data, TYPE, w.roots, "platform")
    assert statements.verify_statement(data, TYPE, w.roots, "platform", at=AT).signature
    assert b64encode(statements.read_statement(data, TYPE).signature) in data.decode()
