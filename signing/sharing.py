"""Shamir's scheme in GF(2^8) modulo 0x11B, with coefficients derived from the key that is dealt.

Derived coefficients make dealing a function: whoever recovers the key deals again and sees whether every
commitment was honest, so a bidder cannot prepare shares that open differently for different custodians.

Multiplying all 32 bytes of a share by one field element is one `bytes.translate`, and adding two shares is
one integer XOR; that is what makes this quick enough for a thousand bids a second.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from signing.errors import DealingError
from signing.hkdf import hkdf_sha256

KEY_SIZE = 32  # bytes
SHARE_SIZE = KEY_SIZE + 1  # the last byte is x
MAX_CUSTODIANS = 16
_LABEL = b"sunseal-1/deal\x00"


def _multiply(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


_TIMES = tuple(bytes(_multiply(factor, byte) for byte in range(256)) for factor in range(256))
_INVERSE = (0, *(_TIMES[a].index(1) for a in range(1, 256)))


def deal(key: bytes, threshold: int, count: int, context: bytes) -> list[bytes]:
    """The `count` shares of a 32-byte `key`, any `threshold` of which recover it.

    A share is 32 bytes y followed by x, its position from 1. `context` is the canonical context of the part.
    Raises DealingError unless the key has 32 bytes and 1 <= threshold <= count <= 16.
    """
    _check_numbers(threshold, count)
    if len(key) != KEY_SIZE:
        raise DealingError("A key to deal has 32 bytes.")
    derived = hkdf_sha256(key, _LABEL + context, KEY_SIZE * (threshold - 1)) if threshold > 1 else b""
    coefficients = [derived[at : at + KEY_SIZE] for at in range(0, len(derived), KEY_SIZE)]
    return [_evaluate(key, coefficients, x) + bytes((x,)) for x in range(1, count + 1)]


def combine(shares: Sequence[bytes]) -> bytes:
    """The 32 bytes that the polynomial through all `shares` has at 0, whether or not they belong together.

    Raises DealingError if there is none, one has another form, or two have the same x.
    """
    xs = bytes(share[-1] for share in shares if len(share) == SHARE_SIZE)
    if not shares or len(xs) != len(shares) or len(set(xs)) != len(xs) or 0 in xs:
        raise DealingError(
            "The shares have another form than 32 bytes and a number.", "shares of the wrong form"
        )
    total = 0
    for share, weight in zip(shares, _weights(xs), strict=True):
        total ^= int.from_bytes(share[:-1].translate(_TIMES[weight]), "big")
    return total.to_bytes(KEY_SIZE, "big")


def recover(
    shares: Sequence[bytes], threshold: int, count: int, context: bytes, share_digests: Sequence[str]
) -> bytes:
    """The 32-byte key that was dealt, from shares that custodians released.

    1. Every share has 33 bytes and a number from 1 to `count`, no number twice.
    2. Only those whose SHA-256 is the commitment at their position count; at least `threshold` must.
    3. `threshold` of them are combined, and the key found is dealt again: all `count` commitments must come
       out, else the bidder dealt dishonestly, whichever shares were used.

    Raises DealingError.
    """
    _check_numbers(threshold, count)
    if len(share_digests) != count:
        raise DealingError("There must be one commitment for each custodian.")
    numbers = {share[-1] for share in shares if len(share) == SHARE_SIZE and 1 <= share[-1] <= count}
    if len(numbers) != len(shares):
        raise DealingError(
            "The shares have another form than 32 bytes and a number.", "shares of the wrong form"
        )
    matching = [share for share in shares if _matches(share, share_digests[share[-1] - 1])]
    if len(matching) < threshold:
        reason = f"only {len(matching)} matching shares of {threshold}"
        raise DealingError(f"Too few shares match the bidder's commitments: {reason}.", reason)
    key = combine(matching[:threshold])
    if not all(map(_matches, deal(key, threshold, count, context), share_digests)):
        raise DealingError(
            "The bidder did not deal the key as the protocol says: commitments differ when dealt again.",
            "dealing: commitments differ when dealt again",
        )
    return key


def _matches(share: bytes, share_digest: str) -> bool:
    return hmac.compare_digest(hashlib.sha256(share).hexdigest().encode(), share_digest.encode())


def _check_numbers(threshold: int, count: int) -> None:
    if not 1 <= threshold <= count <= MAX_CUSTODIANS:
        raise DealingError("The threshold is from 1 to the number of custodians, and they are at most 16.")


def _evaluate(key: bytes, coefficients: list[bytes], x: int) -> bytes:
    """The polynomial with constant term `key` at x, by Horner's rule on 32 bytes at once."""
    table = _TIMES[x]
    y = bytes(KEY_SIZE)
    for coefficient in reversed(coefficients):
        y = _xor(y, coefficient).translate(table)
    return _xor(y, key)


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(KEY_SIZE, "big")


@lru_cache(maxsize=4096)
def _weights(xs: bytes) -> bytes:
    """Lagrange's weights at 0: for each x the product of other / (other - x); the same sets come all day."""
    weights = []
    for x in xs:
        weight = 1
        for other in xs:
            if other != x:
                weight = _TIMES[weight][_TIMES[other][_INVERSE[other ^ x]]]
        weights.append(weight)
    return bytes(weights)
