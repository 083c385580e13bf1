from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import rfc8785

from signing import canonical
from signing.errors import CanonicalError


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.5, "float"),
        ({"a": float("nan")}, "float"),
        (2**53, "integer above 2^53-1"),
        (-(2**53), "integer above 2^53-1"),
        ("\ud800", "lone surrogate"),
        ({"\udfff": 1}, "lone surrogate"),
        ({1: "a"}, "key is not text"),
        (Decimal("1.00"), "a Decimal has no JSON form"),
        (b"bytes", "a bytes has no JSON form"),
    ],
)
def test_what_has_no_canonical_form_is_not_written(value: Any, reason: str) -> None:
    with pytest.raises(CanonicalError) as refusal:
        canonical.dumps(value)
    assert refusal.value.reason == reason


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = {"a": value} if len(str(value)) % 2 else [value]
    return value


def test_sixteen_levels_are_written_and_read_seventeen_are_not() -> None:
    assert canonical.loads(canonical.dumps(nested(16))) == nested(16)
    with pytest.raises(CanonicalError, match="depth over 16"):
        canonical.dumps(nested(17))
    with pytest.raises(CanonicalError, match="depth over 16"):
        canonical.loads(b"[" * 17 + b"]" * 17)


def test_brackets_inside_strings_are_no_depth() -> None:
    value = {"a": "[" * 40 + '\\"' + "{" * 40, "b": ["]" * 40]}
    assert canonical.loads(canonical.dumps(value)) == value


@pytest.mark.parametrize(
    "data", [b"[" * 200_000, b"[" * 20, b'{"a":', b"", b"tru", b"[1,]", b'"\x01"', b"NaN"]
)
def test_what_is_not_json_is_refused_whatever_its_size(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        canonical.loads(data)


def test_very_long_number_is_refused_at_once() -> None:
    with pytest.raises(CanonicalError, match="integer above"):
        canonical.loads(b"1" * 100_000)


def test_keys_are_ordered_by_utf16_and_agree_with_another_implementation() -> None:
    value: Any = {
        "\ufb33": [1, {"\U0001f600": 1, "\uffff": True}],
        "\U0001f600": None,
        "a": "é",
        "tuple": (1, "x"),
    }
    expected = rfc8785.dumps(value)
    assert canonical.dumps(value) == expected
    assert canonical.loads(expected)["\U0001f600"] is None
