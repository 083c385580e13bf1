"""Forms of members: each accepts what the protocol says and names the place of what it refuses."""

from __future__ import annotations

import re

import pytest

from bids.forms import (
    AMOUNT,
    Bytes,
    Choice,
    Digest,
    Flag,
    Form,
    Id,
    List,
    Map,
    Members,
    Null,
    Number,
    Object,
    Pattern,
    Text,
    Time,
    Whole,
)
from tests.bids_factory import refused

ID = "0123456789abcdef" * 2
DIGEST = ID * 2


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (Text(), "护栏 guard rail 🚧"),
        (Text(4, least=0), ""),
        (Text(lines=True), "a\n\tb"),
        (Pattern(re.compile("[a-z]+"), "abc"), "abc"),
        (Choice(("a", "b")), "b"),
        (Whole(1, 3), 3),
        (Flag(), False),
        (Id(), ID),
        (Digest(), DIGEST),
        (Time(), "2026-06-01T09:00:00.123456789Z"),
        (Bytes(1, 2), "YWI="),
        (Number(), "0.95"),
        (AMOUNT, "9" * 36 + ".00"),
        (Null(Id()), None),
        (Null(Id()), ID),
        (List(Flag(), 1, 2), [True, False]),
        (Map(Text(), Flag()), {"a": True}),
        (Object(), {"anything": [1, {"b": None}]}),
        (Members({"a": Flag()}), {"a": True}),
        (Members({"a": Flag()}, {"b": Flag()}), {"a": True, "b": False}),
    ],
)
def test_accepted(form: Form, value: object) -> None:
    form.check(value, "here")


@pytest.mark.parametrize(
    ("form", "value", "code"),
    [
        (Text(), "", "form-text"),
        (Text(3), "abcd", "form-text"),
        (Text(), 5, "form-text"),
        (Text(), "a\nb", "form-printable"),
        (Text(), "\u202egpj.exe", "form-printable"),
        (Text(lines=True), "a\rb", "form-printable"),
        (Text(lines=True), "a\x00b", "form-printable"),
        (Pattern(re.compile("[a-z]+"), "abc"), "abc\n", "form-pattern"),
        (Pattern(re.compile("[a-z]+"), "abc"), None, "form-pattern"),
        (Choice(("a", "b")), "c", "form-choice"),
        (Choice(("a", "b")), ["a"], "form-choice"),
        (Whole(1, 3), 4, "form-whole"),
        (Whole(1, 3), 0, "form-whole"),
        (Whole(), True, "form-whole"),
        (Whole(), "1", "form-whole"),
        (Flag(), 1, "form-flag"),
        (Id(), ID.upper(), "form-id"),
        (Id(), None, "form-id"),
        (Digest(), ID, "form-digest"),
        (Time(), "2026-06-01T09:00:00+08:00", "form-time"),
        (Time(), 1780300000, "form-time"),
        (Time(), "2026-02-30T09:00:00Z", "form-time"),
        (Bytes(1, 2), "YWI", "form-base64"),
        (Bytes(1, 2), "YWJj", "form-base64"),
        (Bytes(1, 2), "YWJjZGVm", "form-base64"),
        (Bytes(1, 2), "", "form-base64"),
        (Bytes(1, 2), b"YWI=", "form-base64"),
        (Number(), "-1", "number-negative"),
        (Number(), "1e5", "number-form"),
        (Number(), 1, "number-form"),
        (Number(), "1" * 16, "number-absurd"),
        (Null(Id()), "", "form-id"),
        (List(Flag(), 1, 2), [], "form-list"),
        (List(Flag(), 1, 2), [True] * 3, "form-list"),
        (List(Flag()), {"0": True}, "form-list"),
        (Map(Text(), Flag()), [], "form-object"),
        (Map(Text(), Flag(), most=1), {"a": True, "b": True}, "form-object"),
        (Map(Text(1), Flag()), {"ab": True}, "form-text"),
        (Map(Text(), Flag()), {"a": 1}, "form-flag"),
        (Object(), [], "form-object"),
        (Members({"a": Flag()}), [], "form-object"),
        (Members({"a": Flag()}), {}, "member-missing"),
        (Members({"a": Flag()}), {"a": True, "b": 1}, "member-unknown"),
        (Members({"a": Flag()}, {"b": Flag()}), {"a": True, "b": None}, "form-flag"),
    ],
)
def test_refused(form: Form, value: object, code: str) -> None:
    with refused(code):
        form.check(value, "here")


def test_the_place_is_named() -> None:
    line = Members({"quantity": Number()}, {"note": Text()})
    table = Members({"items": List(line), "by_name": Map(Text(), line)})
    good: dict[str, object] = {"items": [{"quantity": "1"}], "by_name": {"x": {"quantity": "1"}}}
    table.check(good, "")
    with refused("number-negative", path="items[1].quantity"):
        table.check({**good, "items": [{"quantity": "1"}, {"quantity": "-1"}]}, "")
    with refused("member-missing", path="items[0].quantity"):
        table.check({**good, "items": [{}]}, "")
    with refused("member-unknown", path="items[0].price"):
        table.check({**good, "items": [{"quantity": "1", "price": "1"}]}, "")
    with refused("form-text", path="by_name.x.note"):
        table.check({**good, "by_name": {"x": {"quantity": "1", "note": 1}}}, "")
    with refused("form-object", path="(object)"):
        table.check(None, "")
