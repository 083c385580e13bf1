from __future__ import annotations

import pytest

from signing import hpke
from signing.errors import SealingError

SEED = bytes(range(32))


def test_what_is_sealed_opens_only_with_its_key_and_info() -> None:
    key = hpke.SealingKey(SEED)
    assert len(key.public) == hpke.PUBLIC_SIZE and hpke.public_key(SEED) == key.public
    sealed = hpke.seal(key.public, b"info", b"share")
    assert len(sealed) == 5 + hpke.OVERHEAD
    assert key.open(b"info", sealed) == hpke.open_(SEED, b"info", sealed) == b"share"
    other = hpke.SealingKey(hpke.generate_seed())
    for opener, info, data in ((key, b"inf", sealed), (other, b"info", sealed), (key, b"info", sealed[:-1])):
        with pytest.raises(SealingError) as refusal:
            opener.open(info, data)
        assert refusal.value.reason == "does not open"


@pytest.mark.parametrize("size", [0, 16, 1119, 1120, 1135])
def test_a_cut_sealed_share_does_not_open(size: int) -> None:
    with pytest.raises(SealingError):
        hpke.SealingKey(SEED).open(b"", bytes(size))


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(SealingError, match="32 bytes"):
        hpke.SealingKey(SEED + b"\0")


@pytest.mark.parametrize(
    "public", [b"", bytes(1215), b"\xff" * 1216, hpke.public_key(SEED)[:-32] + bytes(32)]
)
def test_nothing_is_sealed_to_a_malformed_key(public: bytes) -> None:
    with pytest.raises(SealingError):
        hpke.seal(public, b"", b"share")
