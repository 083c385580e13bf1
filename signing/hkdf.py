"""HKDF with SHA-256 and an empty salt (RFC 5869), the one key derivation of the suite."""

from __future__ import annotations

import hashlib
import hmac

_EMPTY_SALT = bytes(32)


def hkdf_sha256(key: bytes, info: bytes, length: int) -> bytes:
    """`length` bytes (1 to 8,160) derived from `key` for the purpose `info`."""
    prk = hmac.digest(_EMPTY_SALT, key, hashlib.sha256)
    block = b""
    output = b""
    for counter in range(1, (length + 31) // 32 + 1):
        block = hmac.digest(prk, block + info + bytes((counter,)), hashlib.sha256)
        output += block
    return output[:length]
