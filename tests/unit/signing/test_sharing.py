from __future__ import annotations

import hashlib

import pytest

from signing import sharing
from signing.errors import DealingError
from signing.hkdf import hkdf_sha256

KEY = bytes(range(32))


def digests(shares: list[bytes]) -> list[str]:
    return [hashlib.sha256(share).hexdigest() for share in shares]


def test_hkdf_is_that_of_rfc_5869() -> None:
    """Test case 3 of RFC 5869, appendix A."""
    okm = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    assert hkdf_sha256(b"\x0b" * 22, b"", 42).hex() == okm


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (2, 1), (9, 17), (-1, 3)])
def test_impossible_numbers_are_refused(threshold: int, count: int) -> None:
    with pytest.raises(DealingError, match="threshold"):
        sharing.deal(KEY, threshold, count, b"")
    with pytest.raises(DealingError, match="threshold"):
        sharing.recover([], threshold, count, b"", [])


def test_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(DealingError, match="32 bytes"):
        sharing.deal(b"short", 2, 3, b"")


@pytest.mark.parametrize("shares", [[], [b"short"], [bytes(33)], [b"a" * 33] * 2])
def test_shares_of_the_wrong_form_do_not_combine(shares: list[bytes]) -> None:
    with pytest.raises(DealingError) as refusal:
        sharing.combine(shares)
    assert refusal.value.reason == "shares of the wrong form"


def test_a_share_with_a_number_beyond_the_custodians_is_refused() -> None:
    shares = sharing.deal(KEY, 2, 3, b"c")
    for odd in (shares[0][:-1] + b"\x04", shares[0][:-1] + b"\x00", b""):
        with pytest.raises(DealingError) as refusal:
            sharing.recover([odd, shares[1]], 2, 3, b"c", digests(shares))
        assert refusal.value.reason == "shares of the wrong form"


def test_there_must_be_a_commitment_for_each_custodian() -> None:
    shares = sharing.deal(KEY, 2, 3, b"c")
    with pytest.raises(DealingError, match="commitment"):
        sharing.recover(shares, 2, 3, b"c", digests(shares)[:2])


def test_a_lying_custodian_does_not_stop_the_others() -> None:
    shares = sharing.deal(KEY, 2, 3, b"c")
    lie = bytes(32) + b"\x01"
    assert sharing.recover([lie, *shares[1:]], 2, 3, b"c", digests(shares)) == KEY


def test_fewer_than_the_threshold_say_nothing() -> None:
    shares = sharing.deal(KEY, 3, 5, b"c")
    assert sharing.combine(shares[:2]) != KEY
    with pytest.raises(DealingError, match="only 2 matching shares of 3"):
        sharing.recover(shares[:2], 3, 5, b"c", digests(shares))
