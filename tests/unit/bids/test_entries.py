"""Entries of the public log: who, when, from where, what, digests; statements embedded whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bids.entries import Entry, Who, build_entry
from bids.objects import build_statement
from signing import canonical
from tests.bids_factory import NOW, World, refused

WORLD = World(1)
WHO = Who("张三", "CN-USCC:91110000MA01EXAMPLE", "agency")
FAILURE = WORLD.state(
    build_statement("failure", {"at": "2026-06-01T09:00:00.000Z", "tender": "a" * 32, "reason": "x"}), NOW
)


def test_the_least() -> None:
    raw = build_entry(at=NOW, act="certificate.issued")
    assert raw == b'{"act":"certificate.issued","at":"2026-06-01T01:00:00.000Z","type":"sunseal/entry/v1"}'
    entry = Entry.parse(raw)
    assert (entry.raw, entry.digest, entry.at) == (raw, canonical.digest(raw), NOW)
    assert (entry.tender, entry.who, entry.address, entry.statement, entry.statement_file) == (None,) * 5
    assert entry.digests == {}


def test_everything() -> None:
    raw = build_entry(
        at=NOW,
        act="tender.failed",
        tender="a" * 32,
        who=WHO,
        address="b" * 64,
        digests={"notice": "c" * 64, "closing_file": "d" * 64},
        statement=FAILURE,
    )
    entry = Entry.parse(raw)
    assert (entry.act, entry.tender, entry.who, entry.address) == ("tender.failed", "a" * 32, WHO, "b" * 64)
    assert entry.digests == {"notice": "c" * 64, "closing_file": "d" * 64}
    assert entry.statement == json.loads(FAILURE)
    assert entry.statement_file == FAILURE
    assert build_entry(at=NOW, act="a.b", who=vars(WHO)) == build_entry(at=NOW, act="a.b", who=WHO)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"act": "published"}, "form-pattern"),
        ({"act": "Tender.Published"}, "form-pattern"),
        ({"tender": "x"}, "form-id"),
        ({"address": "10.0.0.1"}, "form-digest"),
        ({"digests": {"notice": "x"}}, "form-digest"),
        ({"digests": {"../x": "c" * 64}}, "form-pattern"),
        ({"who": {"person": "", "organisation": "x", "role": "agency"}}, "form-text"),
        ({"statement": canonical.dumps({"statement": {}})}, "member-missing"),
        ({"statement": canonical.dumps([])}, "form-object"),
    ],
)
def test_refused_when_built(facts: dict[str, Any], code: str) -> None:
    with refused(code):
        build_entry(**{"at": NOW, "act": "tender.closed", **facts})


def test_refused_when_read() -> None:
    raw = build_entry(at=NOW, act="tender.closed")
    with refused("member-unknown", path="bids"):
        Entry.parse(canonical.dumps({**json.loads(raw), "bids": 7}))
    with refused("not-canonical"):
        Entry.parse(raw + b"\n")
