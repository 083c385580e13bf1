"""Reading objects: size, canonical bytes, type, members; and every table of the protocol."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from bids import objects
from bids.schemas import SCHEMAS, check
from signing import canonical, statements
from signing.canonical import JSON
from tests.bids_factory import NOW, World, refused

ID = "0123456789abcdef" * 2
WITHDRAWAL: dict[str, Any] = {"tender": ID, "policy": ID * 2, "supplier": ID, "bid": ID, "reason": "x"}


def test_write_and_read_again() -> None:
    raw = objects.write_object("withdrawal", WITHDRAWAL)
    assert objects.read_object(raw, "withdrawal") == {"type": "sunseal/withdrawal/v1", **WITHDRAWAL}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{}", "wrong-type"),
        (b"[]", "wrong-type"),
        (b"null", "wrong-type"),
        (b'{"type":"sunseal/offer/v1"}', "wrong-type"),
        (b'{"type":["sunseal/withdrawal/v1"]}', "wrong-type"),
        (b'{"type":"sunseal/withdrawal/v1"}', "member-missing"),
        (b"", "not-canonical"),
        (b"\xff", "not-canonical"),
        (b'{"a":1,"a":1}', "not-canonical"),
        (b'{"a":1.5}', "not-canonical"),
        (b"[" * 17 + b"]" * 17, "not-canonical"),
        (b" " * (64 << 10), "not-canonical"),
        (b" " * (64 << 10) + b" ", "too-large"),
    ],
)
def test_refused(data: bytes, code: str) -> None:
    with refused(code):
        objects.read_object(data, "withdrawal")


def test_another_spelling_of_the_same_value_is_refused() -> None:
    raw = objects.write_object("withdrawal", WITHDRAWAL)
    for other in (
        raw.replace(b":", b": "),
        raw + b"\n",
        raw.replace(b'"x"', b'"\\u0078"'),
        b"\xef\xbb\xbf" + raw,
    ):
        with refused("not-canonical", what="withdrawal"):
            objects.read_object(other, "withdrawal")


@pytest.mark.parametrize("name", sorted(WITHDRAWAL))
def test_every_member_is_required_and_no_other_allowed(name: str) -> None:
    with refused("member-missing", path=name):
        objects.write_object("withdrawal", {k: v for k, v in WITHDRAWAL.items() if k != name})
    with refused("member-unknown", path="also"):
        objects.write_object("withdrawal", {**WITHDRAWAL, "also": None})


def test_writing_refuses_what_reading_would() -> None:
    part: dict[str, JSON] = {
        "segment": "bid",
        "part": "files",
        "objects": [{"sha256": ID * 2, "size": 1}],
        "share_digests": [ID * 2],
        "sealed_shares": ["A" * 10_000] * 16,
    }
    manifest: dict[str, JSON] = {k: v for k, v in WITHDRAWAL.items() if k != "reason"}
    manifest |= {"suite": "s", "notice": ID * 2, "replaces": None, "parts": [part] * 10}
    with refused("too-large", what="manifest", limit=str(1 << 20)):
        objects.write_object("manifest", manifest)
    with refused("not-canonical"):
        objects.write_object("withdrawal", {**WITHDRAWAL, "reason": "\ud800"})


def test_signed_statements_are_read_from_a_file_or_as_read() -> None:
    world = World(5)
    statement = objects.build_statement(
        "failure", {"at": "2026-06-01T09:00:00.000Z", "tender": ID, "reason": "投标人不足三家"}
    )
    file = world.state(statement, NOW)
    read = objects.read_signed(file, "failure")
    assert read.statement == statement
    assert objects.read_signed(read, "failure") is read
    assert objects.file_of(read) == file
    with refused("wrong-type"):
        objects.read_signed(read, "closing")
    with refused("signature-invalid"):
        objects.read_signed(file, "closing")
    with refused("not-canonical"):
        objects.read_signed(file + b" ", "failure")
    unfit = world.state({**statement, "extra": 1}, NOW)
    with refused("member-unknown", path="extra"):
        objects.read_signed(unfit, "failure")
    assert statements.read_statement(unfit, "sunseal/failure/v1").statement["extra"] == 1


def test_too_large_a_statement_is_refused_before_it_is_read() -> None:
    with refused("too-large", limit=str(64 << 10)):
        objects.read_signed(b"{" * ((64 << 10) + 1), "receipt")


def test_every_statement_has_a_type_and_a_time() -> None:
    beside_itself = {
        "sealing-key",
        "manifest",
        "withdrawal",
        "offer",
        "contents",
        "acceptance",
        "withdrawal-leaf",
        "enrolled",
        "logged-enrolments",
    }
    for name, schema in SCHEMAS.items():
        assert "type" in schema.required
        assert ("at" in schema.required) == (name not in beside_itself)


def test_the_protocols_objects_are_all_there() -> None:
    assert SCHEMAS.keys() >= {
        "notice",
        "manifest",
        "offer",
        "withdrawal",
        "receipt",
        "acceptance",
        "withdrawal-leaf",
        "closing",
        "release",
        "opening-record",
        "award",
        "evidence",
    }


AT = {"at": "2026-06-01T09:00:00.000Z"}
D = ID * 2


@pytest.mark.parametrize(
    ("name", "members"),
    [
        (
            "release",
            {
                **AT,
                "tender": ID,
                "segment": "bid",
                "custodian": ID,
                "closing": D,
                "shares": [
                    {"bid": ID, "part": "public", "share": "YQ=="},
                    {"bid": ID, "part": "public", "refusal": "does not open"},
                    {"bid": ID, "part": "files", "share_sha256": D},
                ],
            },
        ),
        (
            "release-set",
            {
                **AT,
                "tender": ID,
                "closing": D,
                "segment": "bid",
                "releases": [{"custodian": ID, "sha256": D}],
            },
        ),
        (
            "opening-record",
            {
                **AT,
                "tender": ID,
                "closing": D,
                "bids": [
                    {
                        "bid": ID,
                        "supplier": ID,
                        "segment": "bid",
                        "opened": True,
                        "total": "1.00",
                        "announced": {
                            "delivery_days": 3,
                            "corrections": [
                                {"field": "total", "stated": "2.00", "corrected": "1.00"},
                                {"field": "amount", "item": "1", "stated": "2.00", "corrected": "1.00"},
                            ],
                        },
                    },
                    {
                        "bid": ID,
                        "supplier": ID,
                        "segment": "bid",
                        "opened": False,
                        "fault": "bidder",
                        "reason": "x",
                    },
                ],
            },
        ),
        (
            "award",
            {
                **AT,
                "tender": ID,
                "rule": "lowest-total",
                "working": {},
                "winner": ID,
                "ranking": [{"bid": ID, "supplier": ID, "total": "1.00", "rank": 1, "responsive": True}],
            },
        ),
        ("evidence", {**AT, "tender": ID, "files": {"bids/a/manifest.json": D}}),
        (
            "evaluation",
            {**AT, "tender": ID, "opening": D, "rejections": [{"bid": ID, "reason": "x"}], "order": [ID]},
        ),
        ("award-decision", {**AT, "tender": ID, "opening": D, "winner": ID}),
        ("cancellation", {**AT, "tender": ID, "notice": D, "reason": "x"}),
        ("erasure", {**AT, "tender": ID, "custodian": ID, "sealing_key": D}),
        ("envelope-key", {**AT, "party": ID, "key": "A" * 24}),
        ("failure", {**AT, "tender": ID, "reason": "x", "closing": D}),
    ],
)
def test_tables_of_statements(name: str, members: dict[str, Any]) -> None:
    raw = objects.write_object(name, members)
    value = canonical.loads(raw)
    check(value, SCHEMAS[name])
    for member in value:
        with refused("member-missing", path=member) if member in SCHEMAS[name].required else nullcontext():
            check({k: v for k, v in value.items() if k != member}, SCHEMAS[name])
    with refused("member-unknown", path="zzz"):
        check({**value, "zzz": 1}, SCHEMAS[name])
