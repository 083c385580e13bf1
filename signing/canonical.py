"""RFC 8785 JSON, strictly: one value has one sequence of bytes, and only those bytes are read.

Signatures and digests are over the bytes received, so a reader that tolerated another spelling of the same
value would let two documents with different digests mean one thing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

from signing.errors import CanonicalError

JSON: TypeAlias = "None | bool | int | str | Sequence[JSON] | Mapping[str, JSON]"

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16

_BEYOND_BMP = re.compile(rb"[\xf0-\xf4]")

# The C encoder of the standard library escapes exactly as RFC 8785 does. It orders keys by code point, which
# differs from the RFC's UTF-16 order only where a key has a character beyond the basic plane.
_SORTING = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_AS_GIVEN = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def digest(data: bytes) -> str:
    """SHA-256 of `data`, as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def dumps(value: JSON) -> bytes:
    """The canonical UTF-8 bytes of `value`.

    Raises CanonicalError for floats, integers beyond 2^53-1, lone surrogates, keys that are not text, other
    types, and more than 16 levels (the outermost value is level 1).
    """
    _check(value, 1)
    return _encode(value)


def loads(data: bytes) -> Any:
    """The value that the canonical bytes `data` stand for (a JSON; objects are dict, arrays list).

    Raises CanonicalError, whose `reason` is one of: "byte order mark", "not UTF-8", "not JSON",
    "depth over 16", "duplicate key", "float", "integer above 2^53-1", "lone surrogate", "not canonical".
    """
    if data.startswith(b"\xef\xbb\xbf"):
        _refuse("byte order mark")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("not UTF-8")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        _refuse("depth over 16")
    except ValueError:
        _refuse("not JSON")
    if not _within_depth(value, MAX_DEPTH):
        _refuse("depth over 16")
    if _encode(value) != data:
        _refuse("not canonical")
    return value


def _refuse(reason: str) -> NoReturn:
    raise CanonicalError(f"This is not canonical JSON (RFC 8785) as the protocol asks: {reason}.", reason)


def _within_depth(value: object, levels: int) -> bool:
    """Whether `value`, as decoded, nests at most `levels` deep; looks no deeper than that."""
    level = [value] if type(value) is dict or type(value) is list else []
    for _ in range(levels):
        if not level:
            return True
        level = [
            member
            for each in level
            for member in (each.values() if type(each) is dict else each)
            if type(member) is dict or type(member) is list
        ]
    return not level


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("duplicate key")
    return members


def _integer(text: str) -> int:
    if len(text) > 17 or abs(number := int(text)) > MAX_INTEGER:
        _refuse("integer above 2^53-1")
    return number


def _float(text: str) -> NoReturn:
    _refuse("float")


def _constant(text: str) -> NoReturn:
    _refuse("not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _check(value: object, depth: int) -> None:
    """Refuse whatever the encoder would accept although RFC 8785, as the protocol narrows it, doesn't."""
    if value is None or isinstance(value, (bool, str)):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            _refuse("integer above 2^53-1")
    elif isinstance(value, float):
        _refuse("float")
    elif not isinstance(value, (dict, list, tuple)):
        _refuse(f"a {type(value).__name__} has no JSON form")
    elif depth > MAX_DEPTH:
        _refuse("depth over 16")
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                _refuse("key is not text")
            _check(member, depth + 1)
    else:
        for member in value:
            _check(member, depth + 1)


def _encode(value: object) -> bytes:
    try:
        encoded = _SORTING.encode(value).encode("utf-8")
        if not encoded.isascii() and _BEYOND_BMP.search(encoded):
            encoded = _AS_GIVEN.encode(_in_utf16_order(value)).encode("utf-8")
    except UnicodeEncodeError:
        _refuse("lone surrogate")
    return encoded


def _in_utf16_order(value: object) -> object:
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return {key: _in_utf16_order(member) for key, member in ordered}
    if isinstance(value, (list, tuple)):
        return [_in_utf16_order(member) for member in value]
    return value
