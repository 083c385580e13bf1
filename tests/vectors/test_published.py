"""Vectors that others published: RFC 8785's files, and X-Wing in HPKE.

No vectors of Cobblestone-256 are published; tests/unit/signing/test_objects.py writes its specification out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing import canonical, hpke
from signing.errors import CanonicalError

HERE = Path(__file__).parent
RFC8785: dict[str, Any] = json.loads((HERE / "rfc8785.json").read_text("utf-8"))["files"]
X_WING: list[dict[str, Any]] = json.loads((HERE / "hpke-x-wing.json").read_text("utf-8"))["vectors"]
unhex = bytes.fromhex


@pytest.mark.parametrize("name", ["arrays", "french", "unicode", "weird", "structures"])
def test_rfc_8785(name: str) -> None:
    given, wanted = RFC8785[name]["input"], RFC8785[name]["output"].encode()
    # The protocol has no floats: 56.0 in one of the inputs is read as the integer it stands for.
    assert canonical.dumps(json.loads(given, parse_float=lambda text: int(float(text)))) == wanted
    assert canonical.loads(wanted) == json.loads(given)
    if given.encode() != wanted:
        with pytest.raises(CanonicalError):
            canonical.loads(given.encode())


def test_rfc_8785_numbers_that_the_protocol_does_not_have() -> None:
    with pytest.raises(CanonicalError, match="float"):
        canonical.loads(RFC8785["values"]["output"].encode())


def labelled_extract(suite: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, hashlib.sha256)


def labelled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labelled + b"\x01", hashlib.sha256)[:length]


@pytest.mark.parametrize("vector", X_WING, ids=[f"kdf {v['kdf_id']} aead {v['aead_id']}" for v in X_WING])
def test_x_wing_in_hpke(vector: dict[str, Any]) -> None:
    """The published ones use other AEADs: from their encapsulation and shared secret the key schedule of
    RFC 9180 section 5.1, written out here for our suite, makes a ciphertext that must open."""
    key = hpke.SealingKey(unhex(vector["skRm"]))
    assert key.public.hex() == vector["pkRm"]
    suite, info = b"HPKE" + unhex("647a00010002"), unhex(vector["info"])
    context = b"\x00" + labelled_extract(suite, b"", b"psk_id_hash", b"")
    context += labelled_extract(suite, b"", b"info_hash", info)
    secret = labelled_extract(suite, unhex(vector["shared_secret"]), b"secret", b"")
    aead = AESGCM(labelled_expand(suite, secret, b"key", context, 32))
    nonce = labelled_expand(suite, secret, b"base_nonce", context, 12)
    sealed = unhex(vector["enc"]) + aead.encrypt(nonce, b"a share", b"")
    assert key.open(info, sealed) == b"a share"
