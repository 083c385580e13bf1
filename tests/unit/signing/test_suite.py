from __future__ import annotations

import io

import pytest

from signing import hpke
from signing.errors import SealingError, SigningError
from signing.suite import SUNSEAL_1, by_name

C = SUNSEAL_1.context("1" * 32, "2" * 64, "3" * 32, "4" * 32, "bid", "public")


def test_an_unknown_suite_is_refused() -> None:
    assert by_name("sunseal-1") is SUNSEAL_1
    with pytest.raises(SigningError, match="sunseal-2"):
        by_name("sunseal-2")


def test_a_share_goes_to_its_custodian_and_comes_back() -> None:
    key = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed())
    share = SUNSEAL_1.deal(SUNSEAL_1.content_key(), 2, 3, C)[1]
    sealed = SUNSEAL_1.seal_share(key.public, C, 2, share)
    assert SUNSEAL_1.open_share(key, C, 2, sealed) == share
    assert len(key.public) == SUNSEAL_1.public_key_size
    with pytest.raises(SealingError):
        SUNSEAL_1.open_share(key, C, 1, sealed)
    with pytest.raises(SealingError):
        SUNSEAL_1.seal_share(key.public, C, 1, share)


@pytest.mark.parametrize("rubbish", [b"", b"x" * 33, bytes(32) + b"\x02\x02"])
def test_rubbish_sealed_by_a_bidder_is_no_share(rubbish: bytes) -> None:
    key = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed())
    sealed = hpke.seal(key.public, C + b"\x002", rubbish)
    with pytest.raises(SealingError) as refusal:
        SUNSEAL_1.open_share(key, C, 2, sealed)
    assert refusal.value.reason == "not a share"


def test_the_bidders_lock_needs_both_halves() -> None:
    shared, secret = SUNSEAL_1.content_key(), SUNSEAL_1.lock_secret()
    assert SUNSEAL_1.bind_lock(shared, secret, C) != SUNSEAL_1.bind_lock(shared, bytes(32), C)
    for pair in ((shared[1:], secret), (shared, secret + b"x")):
        with pytest.raises(SealingError):
            SUNSEAL_1.bind_lock(*pair, C)


def test_objects_go_through_the_suite() -> None:
    key = SUNSEAL_1.content_key()
    assert SUNSEAL_1.decrypt(SUNSEAL_1.encrypt(b"a", key, C, 0, True), key, C, 0, True) == b"a"
    sealed, out = io.BytesIO(), io.BytesIO()
    size = SUNSEAL_1.encrypt_stream(io.BytesIO(b"abc"), sealed, key, C, 1, 3, False).size
    assert size == SUNSEAL_1.ciphertext_length(3, False)
    assert SUNSEAL_1.decrypt_stream(io.BytesIO(sealed.getvalue()), out, key, C, 1, False) == 3
