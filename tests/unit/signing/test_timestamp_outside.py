"""Tokens of authorities outside the platform: those of openssl, and those that somebody tampered with."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing import timestamp_outside as outside
from signing.certificates import load_pem
from signing.encoding import b64decode
from signing.errors import CertificateError, SignatureInvalid
from tests.outside_stamper import Stamper, certify, new_key, new_stamper

MOMENT = datetime(2026, 6, 2, 9, 0, 0, tzinfo=UTC)
DIGEST = hashlib.sha256(b"the value of a receipt's signature").digest()
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "rfc3161-openssl.json").read_text("utf-8"))


@cache
def stamper(kind: str = "rsa2048", digest: str = "sha256") -> Stamper:
    return new_stamper(MOMENT, kind, digest)


def verify(token: bytes, who: Stamper, others: tuple[x509.Certificate, ...] = ()) -> Any:
    return outside.verify_outside_token(token, DIGEST, [who.root], others)


@pytest.mark.parametrize("name", list(VECTORS["tokens"]))
def test_openssls_tokens_hold(name: str) -> None:
    vector = VECTORS["tokens"][name]
    root, *others = load_pem(vector["certificates"].encode())
    token, imprint = b64decode(vector["token"]), bytes.fromhex(VECTORS["imprint"])
    stamp = outside.verify_outside_token(token, imprint, [root], others)
    assert stamp.nonce == vector["nonce"]
    assert f"{stamp.time:%Y-%m-%dT%H:%M:%SZ}" == vector["time"]
    assert (str(stamp.serial), stamp.policy) == (vector["serial"], vector["policy"])
    with pytest.raises(SignatureInvalid, match="imprints differ"):
        outside.verify_outside_token(token, bytes(32), [root], others)
    with pytest.raises(CertificateError):
        outside.verify_outside_token(token, imprint, [stamper().root], others)


@pytest.mark.parametrize(
    ("kind", "digest"), [("rsa2048", "sha512"), ("P-256", "sha256"), ("P-384", "sha384"), ("P-521", "sha512")]
)
def test_the_algorithms_accepted(kind: str, digest: str) -> None:
    who = stamper(kind, digest)
    stamp = verify(who.stamp(DIGEST, MOMENT), who)
    assert stamp.time == MOMENT and stamp.certificate == who.leaf
    assert stamp.intermediates == (who.intermediate,)


def test_intermediates_may_come_from_elsewhere() -> None:
    who = stamper()
    token = who.stamp(DIGEST, MOMENT, embedded=[who.leaf])
    assert verify(token, who, (who.intermediate,)).intermediates == (who.intermediate,)
    with pytest.raises(CertificateError) as caught:
        verify(token, who)
    assert caught.value.reason_code == "untrusted"
    # Without any root its signature can be checked, and nothing of whose it is.
    assert outside.read_outside_token(token, DIGEST).certificate == who.leaf


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"signed": b"other"}, "not by the key"),
        ({"algorithm": "sha384_ecdsa"}, "not by the key"),
        ({"algorithm": "sha1_rsa"}, "another algorithm"),
        ({"named": bytes(32)}, "another certificate"),
        ({"embedded": []}, "not in the signature"),
        ({"embedded": [stamper().root]}, "not in the signature"),
        ({"info": {"version": "v1", "serial_number": 1, "nonce": 5}}, "nonces differ"),
    ],
)
def test_what_is_tampered_with_is_refused(changes: dict[str, Any], words: str) -> None:
    who = stamper()
    with pytest.raises(SignatureInvalid, match=words):
        outside.verify_outside_token(who.stamp(DIGEST, MOMENT, **changes), DIGEST, [who.root], nonce=6)


def test_weak_keys_and_other_curves_are_refused() -> None:
    for kind in ("rsa1024", "secp256k1"):
        who = new_stamper(MOMENT, kind)
        with pytest.raises(SignatureInvalid, match="not by the key"):
            verify(who.stamp(DIGEST, MOMENT), who)


def test_other_digests_are_refused() -> None:
    who = stamper()
    token = who.stamp(DIGEST, MOMENT)
    sha256, sha1 = bytes.fromhex("0609608648016503040201"), bytes.fromhex("0609608648016503040204")
    at = token.rindex(sha256)
    with pytest.raises(SignatureInvalid):
        verify(token[:at] + sha1 + token[at + len(sha1) :], who)
    with pytest.raises(SignatureInvalid, match="64 KiB"):
        verify(bytes(70_000), who)


def test_the_certificate_is_for_time_stamps_alone_and_of_the_time() -> None:
    for usage, critical in (
        ((), True),
        ((ExtendedKeyUsageOID.TIME_STAMPING,), False),
        ((ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CLIENT_AUTH), True),
    ):
        who = new_stamper(MOMENT, usage=usage, critical=critical)
        with pytest.raises(CertificateError) as caught:
            verify(who.stamp(DIGEST, MOMENT), who)
        assert caught.value.reason_code == "wrong-authority"
    who = stamper()
    for days, reason in ((-9, "not-yet-valid"), (900, "expired")):
        with pytest.raises(CertificateError) as caught:
            verify(who.stamp(DIGEST, MOMENT + timedelta(days=days)), who)
        assert caught.value.reason_code == reason


def test_a_stamper_that_issues_itself_an_issuer_is_refused() -> None:
    who = stamper("P-256")
    key = new_key("P-256")
    below = certify("Below", key, who.leaf, who.key, MOMENT, usage=(ExtendedKeyUsageOID.TIME_STAMPING,))
    forged = Stamper(key, below, who.leaf, who.root)
    token = forged.stamp(DIGEST, MOMENT, embedded=[below, who.leaf, who.intermediate])
    with pytest.raises(CertificateError) as caught:
        verify(token, who)
    assert caught.value.reason_code == "untrusted"


def test_authorities_that_go_in_circles_end_the_search() -> None:
    """Whoever adds certificates to a token must not keep a verifier busy, or have two verifiers disagree."""
    who = stamper("P-256")
    key = new_key("P-256")
    name = who.intermediate.subject.rfc4514_string().removeprefix("CN=")
    middle = Mock(public_key=who.intermediate.public_key)
    circle = [certify("Elsewhere", key, None, key, MOMENT, ca=9) for _ in range(9)]
    astray = certify(name, middle, circle[0], key, MOMENT, ca=9)
    token = who.stamp(DIGEST, MOMENT, embedded=[who.leaf])
    for others in ((who.intermediate, astray, *circle), (astray, *circle[:2], who.intermediate)):
        assert verify(token, who, others).root == who.root
    with pytest.raises(CertificateError) as caught:
        verify(token, who, (astray, *circle, who.intermediate))
    assert caught.value.reason_code == "untrusted"
    # Those that name another key are tried last.
    other = certify(name, key, circle[0], key, MOMENT, ca=9)
    assert verify(token, who, (*[other] * 140, who.intermediate)).root == who.root


@pytest.mark.slow
def test_no_byte_that_is_signed_can_be_changed() -> None:
    who = stamper("P-256")
    token = who.stamp(DIGEST, MOMENT, embedded=[who.leaf, who.intermediate])
    honest = verify(token, who)
    for at in range(len(token)):
        changed = bytearray(token)
        changed[at] ^= 0x80
        try:
            assert verify(bytes(changed), who) == honest
        except (SignatureInvalid, CertificateError):
            continue
