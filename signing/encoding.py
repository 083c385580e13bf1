"""Text forms of bytes, times and ids: exactly one accepted spelling of each."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from datetime import UTC, datetime

from signing.errors import EncodingError

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def b64encode(data: bytes) -> str:
    """Padded base64 in the standard alphabet (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def b64decode(text: str) -> bytes:
    """The bytes of padded standard base64; EncodingError for any other spelling, non-zero spare bits too."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise EncodingError("This is not padded base64 in the standard alphabet.", "bad base64") from None
    # Alphabet and order were checked; the length and the spare bits of the last group may still differ.
    spare = len(data) % 3
    if len(text) != (len(data) + 2) // 3 * 4 or (spare and b64encode(data[-spare:]) != text[-4:]):
        raise EncodingError("This base64 has another spelling of the same bytes.", "base64 not canonical")
    return data


def parse_time(text: str) -> datetime:
    """An aware UTC datetime from RFC 3339 with `Z`, seconds and at most 9 fraction digits.

    Digits beyond the microsecond are cut off. Raises EncodingError.
    """
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        moment = datetime.fromisoformat(match[1])
    except ValueError:
        message = f"bad time {text[:64]!r}"
        raise EncodingError(
            f"{message}: a UTC time like 2026-06-01T09:00:00.123Z is wanted.", message
        ) from None
    fraction = int((match[2] or "0").ljust(9, "0")[:6])
    return moment.replace(microsecond=fraction, tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """RFC 3339 UTC with `Z` and exactly three fraction digits (cut, not rounded). EncodingError if naive."""
    if moment.tzinfo is None:
        raise EncodingError("A time without a zone cannot be written down; give an aware datetime.")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def new_id() -> str:
    """A new 128-bit random id, 32 lower-case hex digits."""
    return secrets.token_hex(16)


def is_id(text: object) -> bool:
    """Whether `text` is an id of a tender, bid, supplier or custodian: 32 lower-case hex digits."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def is_digest(text: object) -> bool:
    """Whether `text` is a SHA-256 as 64 lower-case hex digits."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None
