"""HPKE (RFC 9180) in base mode: X-Wing (0x647A), HKDF-SHA-256, AES-256-GCM.

An X-Wing private key is its 32-byte seed; SHAKE-256 expands it to the seed of ML-KEM-768 and the scalar of
X25519. Expanding costs more than opening, so a SealingKey does it once.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from signing.errors import SealingError

SEED_SIZE = 32  # bytes
PUBLIC_SIZE = 1216  # bytes: ML-KEM-768 encapsulation key, X25519 public key
ENCAPSULATED_SIZE = 1120  # bytes: ML-KEM-768 ciphertext, X25519 public key
OVERHEAD = ENCAPSULATED_SIZE + 16  # what sealing adds, bytes
_MLKEM_PUBLIC = 1184

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class SealingKey:
    """A custodian's private sealing key, expanded once."""

    def __init__(self, seed: bytes) -> None:
        """Expand a 32-byte seed; SealingError for another length."""
        if len(seed) != SEED_SIZE:
            raise SealingError("A sealing key is a seed of 32 bytes.")
        expanded = hashlib.shake_256(seed).digest(96)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self._private = hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        """The 1,216-byte public key that goes into the policy."""

    def open(self, info: bytes, sealed: bytes) -> bytes:
        """The plaintext of `sealed` (enc ‖ ciphertext) under `info`; SealingError if it does not open."""
        try:
            return _SUITE.decrypt(sealed, self._private, info)
        except (InvalidTag, ValueError):
            raise SealingError(
                "The sealed share does not open with this key for this bid, part and custodian.",
                "does not open",
            ) from None


def generate_seed() -> bytes:
    """A new private sealing key: 32 random bytes."""
    return secrets.token_bytes(SEED_SIZE)


def public_key(seed: bytes) -> bytes:
    """The 1,216-byte public key of a seed."""
    return SealingKey(seed).public


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """enc (1,120 bytes) ‖ ciphertext, only to be opened by the key's owner under the same `info`.

    Raises SealingError if `public` is not an X-Wing public key.
    """
    try:
        return _SUITE.encrypt(plaintext, _load_public(public), info)
    except ValueError:  # a point of low order shows only now
        raise SealingError("The public sealing key is malformed; ask the custodian for it again.") from None


def open_(seed: bytes, info: bytes, sealed: bytes) -> bytes:
    """As SealingKey.open, for a single use of a seed."""
    return SealingKey(seed).open(info, sealed)


@lru_cache(maxsize=256)
def _load_public(public: bytes) -> hpke.MLKEM768X25519PublicKey:
    if len(public) != PUBLIC_SIZE:
        raise SealingError(f"A public sealing key has {PUBLIC_SIZE} bytes, not {len(public)}.")
    try:
        return hpke.MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
        )
    except (ValueError, UnsupportedAlgorithm):
        raise SealingError("The public sealing key is malformed; ask the custodian for it again.") from None
