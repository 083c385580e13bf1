"""Canonical JSON, encodings and money in TypeScript agree with Python's, byte by byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bids import money
from bids.errors import BidError
from signing import canonical, encoding
from signing.errors import SigningError
from tests.typescript.node import Node, NodeError

FOLDER = Path(__file__).parent.parent / "vectors"
VECTORS: dict[str, Any] = json.loads((FOLDER / "sunseal-1.json").read_text("utf-8"))


def python(data: bytes) -> str:
    try:
        canonical.loads(data)
    except SigningError as error:
        return error.reason
    return "read"


def typescript(node: Node, data: bytes) -> str:
    try:
        told = node.ask("canonical.read", bytes=data.hex())
    except NodeError as error:
        assert error.kind == "CanonicalError" and error.reason is not None, error
        return error.reason
    assert told == {"written": data.hex(), "sha256": canonical.digest(data)}
    return "read"


@pytest.mark.parametrize("vector", VECTORS["json"], ids=[row["name"] for row in VECTORS["json"]])
def test_vectors(node: Node, vector: dict[str, Any]) -> None:
    if "refused" in vector:
        data = bytes.fromhex(vector["bytes"])
        assert typescript(node, data) == python(data) == vector["refused"].partition(" (")[0]
    else:
        assert typescript(node, vector["text"].encode()) == "read"


@pytest.mark.parametrize(
    "data",
    [
        b"", b" 1", b"1 ", b"01", b"-0", b"-", b"1.", b"1.0", b"1e3", b"NaN", b"Infinity", b"-Infinity",
        b"nul", b"[1,]", b"[,1]", b"{,}", b'{"a":1,}', b'{"a"}', b'{a:1}', b"[1 2]", b'"\x00"', b'"a',
        b'"\\x"', b'"\\u12"', b'"\\u00e9"', b'"\\/"', b'"\x7f"', '"é\u2028"'.encode(), b'"\\ud800"',
        b'{"\\udfff":1}', b'"\\ud83d\\ude00"', b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2},"c":01}',
        b'{"a":1,"\\u0061":2}', b'{"__proto__":1}', b'{"b":1,"a":2}', b'{"10":1,"9":2}', b'{"9":1,"10":2}',
        b"9007199254740992", b"123456789012345678901", b"-9007199254740991", b"[" * 16 + b"]" * 16,
        b"[" * 17 + b"]" * 17, b"[" * 17, b"[" * 100_000, b'{"a":' * 17 + b"1" + b"}" * 17, b"\xef\xbb\xbf1",
        b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b'{"constructor":1,"hasOwnProperty":2}', b"1\n2", b"\xc2\xa01",
        b"[1]\x00", b"true", b"[null,false]", b'{"\xf0\x9f\x98\x80":1,"\xef\xac\xb3":2}', b"1E400",
    ],
)  # fmt: skip
def test_corners(node: Node, data: bytes) -> None:
    assert typescript(node, data) == python(data)


SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
@example(value={"\U0001f600": 1, "\ufb33": 2})
def test_writes_what_python_writes(node: Node, value: Any) -> None:
    data = canonical.dumps(value)
    assert node.ask("canonical.write", value=value) == data.hex()
    assert typescript(node, data) == "read"


@given(value=VALUES, data=st.data())
def test_one_byte_changed_is_judged_alike(node: Node, value: Any, data: st.DataObject) -> None:
    changed = bytearray(canonical.dumps(value))
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] = data.draw(st.integers(0, 255) | st.sampled_from(b'"\\{}[],:0-e. '))
    assert typescript(node, bytes(changed)) == python(bytes(changed))


def told_by_node(node: Node, command: str, **members: Any) -> Any:
    try:
        return node.ask(command, **members)
    except NodeError as error:
        return error.reason or error.code


BASE64 = st.binary(max_size=12).map(encoding.b64encode)


@given(text=BASE64 | st.text("AZaz09+/=-_ \n", max_size=9))
@example(text="AAAA=")
@example(text="====")
@example(text="AA=A")
@example(text="AB==")
@example(text="AAB=")
@example(text="AA==\n")
@example(text="QUJD====")
def test_base64(node: Node, text: str) -> None:
    try:
        wanted = encoding.b64decode(text).hex()
    except SigningError as error:
        wanted = error.reason
    assert told_by_node(node, "base64.read", text=text) == wanted


@given(data=st.binary(max_size=70_000))
def test_base64_of_any_size(node: Node, data: bytes) -> None:
    assert node.ask("base64.write", bytes=data.hex()) == encoding.b64encode(data)


TIMES = st.from_regex(r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,10})?Z\Z")


@given(text=TIMES | st.text("0123456789-:TZ.", max_size=30))
@example(text="2024-02-29T23:59:59.123456789Z")
@example(text="2023-02-29T00:00:00Z")
@example(text="0000-01-01T00:00:00Z")
@example(text="0001-01-01T00:00:00Z")
@example(text="9999-12-31T23:59:59.999999999Z")
@example(text="2026-06-01T09:00:00Z\n")
@example(text="2026-06-01T24:00:00Z")
@example(text="1969-12-31T23:59:59.9Z")
def test_times(node: Node, text: str) -> None:
    try:
        since = encoding.parse_time(text) - datetime(1970, 1, 1, tzinfo=UTC)
        wanted = str(since // timedelta(microseconds=1))
    except SigningError as error:
        wanted = error.reason
    assert told_by_node(node, "time.read", text=text) == wanted


@pytest.mark.parametrize("vector", VECTORS["amounts"], ids=[row["name"] for row in VECTORS["amounts"]])
def test_amounts(node: Node, vector: dict[str, Any]) -> None:
    asked = {"unit_price": vector["unit_price"], "quantity": vector["quantity"]}
    assert node.ask("money.amount", **asked, digits=vector["minor_digits"]) == vector["amount"]
    assert node.ask("money.read", text=vector["amount"], digits=vector["minor_digits"]) == vector["amount"]


NUMBERS = st.decimals(0, Decimal(10**15 - 1), places=8).map(lambda number: format(number, "f")) | st.text(
    "0123456789.-e, ", max_size=20
)


@given(price=NUMBERS, quantity=NUMBERS, digits=st.sampled_from([0, 2, 3]))
def test_money(node: Node, price: str, quantity: str, digits: int) -> None:
    try:
        amount = money.line_amount(money.parse_decimal(price), money.parse_decimal(quantity), digits)
        wanted = money.format_amount(amount, digits)
    except BidError as error:
        wanted = error.code
    assert told_by_node(node, "money.amount", unit_price=price, quantity=quantity, digits=digits) == wanted


def test_currencies(node: Node) -> None:
    for currency in ("CNY", "USD", "JPY", "KWD", "XXX", "", "cny"):
        try:
            wanted: int | str = money.minor_digits(currency)
        except BidError as error:
            wanted = error.code
        assert told_by_node(node, "money.digits", currency=currency) == wanted
