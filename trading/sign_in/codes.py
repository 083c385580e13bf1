"""One-time codes of authenticator apps (TOTP, RFC 6238) and the sealing of what must lie in the database."""

from __future__ import annotations

import io
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP = 30  # seconds
_NONCE = 12


def new_secret() -> str:
    """160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def address_for(secret: str, username: str, platform: str) -> str:
    """The otpauth address that an app reads from the QR code."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=username, issuer_name=platform)


def qr_code(address: str) -> str:
    """The address as a QR code: SVG in a data: address."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=2))


def step_of(secret: str, code: str, now: datetime, last: int) -> int | None:
    """The step that a code belongs to, within one step of `now` and after `last`; None if it is none's."""
    code = "".join(code.split())
    totp = pyotp.TOTP(secret, interval=STEP)
    current = int(now.timestamp()) // STEP
    for step in (current, current - 1, current + 1):
        if step > last and secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


class Safe:
    """Seals the keys of codes under a key that lies outside the database (AES-256-GCM)."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: str, owner: str) -> bytes:
        """The secret, bound to its owner's id."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str | None:
        """The secret; None if it was sealed under another key or for another owner."""
        stream = io.BytesIO(sealed)
        nonce = stream.read(_NONCE)
        try:
            return self._cipher.decrypt(nonce, stream.read(), owner.encode()).decode()
        except InvalidTag:
            return None
