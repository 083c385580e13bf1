"""How large bodies may be, as code, API document and servers say it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pyramid.request import Request

from trading.commands.web import THREADS
from trading.config import Settings
from trading.db import make_engine
from trading.storage import PART_BYTES
from trading.web.limits import DECISION, SIGNED, SMALL, largest, limit_of, take_in
from trading.web.openapi import PREFIX, document, strict_json

ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/organisations", SMALL),
        ("/tenders", SIGNED),
        (f"/tenders/{ID}", SIGNED),
        (f"/tenders/{ID}/publication", SIGNED),
        (f"/tenders/{ID}/amendment", SIGNED),
        (f"/tenders/{ID}/bids", SIGNED),
        (f"/tenders/{ID}/withdrawals", SIGNED),
        (f"/tenders/{ID}/uploads", SMALL),
        (f"/tenders/{ID}/cancellation", SMALL),
        (f"/tenders/{ID}/evaluation", DECISION),
        (f"/tenders/{ID}/handover/{ID}", SIGNED),
        (f"/tenders/{ID}/handover", SMALL),
        (f"/tenders/{ID}/award", DECISION),
        (f"/custody/tenders/{ID}/release", DECISION),
        (f"/custody/tenders/{ID}/erasure", SMALL),
        (f"/uploads/{ID}/parts/0", PART_BYTES),
        (f"/tenders/{ID}/documents/a.pdf", 77),
        ("/../tenders", SMALL),
    ],
)
def test_each_address_has_its_limit(path: str, limit: int) -> None:
    assert limit_of(PREFIX + path, Settings(max_document_bytes=77)) == limit


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("tenders/new", 2 * SIGNED),
        ("findings", 2 * SIGNED),
        (f"tenders/{ID}/draft", 2 * SIGNED),
        (f"tenders/{ID}/amendment", 2 * SIGNED),
        (f"tenders/{ID}/amendment/findings", 2 * SIGNED),
        (f"tenders/{ID}/amendment/drop", SMALL),
        (f"tenders/{ID}/documents", 77 + SMALL),
    ],
)
def test_forms_that_carry_a_bill_have_room_for_it(path: str, limit: int) -> None:
    assert limit_of(f"/agency/{path}", Settings(max_document_bytes=77)) == limit


def strings(schema: dict[str, Any], schemas: dict[str, Any]) -> int:
    """How long all strings of an object may be together; lists, which have no honest bound, aside."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    members = schema.get("properties", {}).values()
    return int(schema.get("maxLength", 0)) + sum(strings(each, schemas) for each in members)


def test_the_api_document_promises_nothing_that_is_too_large() -> None:
    whole = document()
    checked = 0
    for path, item in whole["paths"].items():
        for method in ("put", "post"):
            content = item.get(method, {}).get("requestBody", {}).get("content", {})
            if "application/json" in content:
                most = strings(content["application/json"]["schema"], whole["components"]["schemas"])
                assert most < limit_of(PREFIX + path, Settings()), path
                checked += 1
    assert checked > 12


def test_a_body_of_many_values_is_refused_however_few_bytes_it_has() -> None:
    assert len(strict_json(b"[" + b"[]," * 100_000 + b"[]]")) == 100_001
    with pytest.raises(ValueError, match="too many values"):
        strict_json(b"[" + b"[]," * 250_000 + b"[]]")


def test_the_largest_body_is_known_to_the_server() -> None:
    assert largest(Settings()) == 64 * 1024 * 1024 + SMALL  # a document within a form
    assert largest(Settings(max_document_bytes=1)) == DECISION


@pytest.mark.parametrize("size", [1, SMALL, PART_BYTES])
def test_a_body_is_taken_in_whole_and_a_large_one_waits_in_a_file(size: int) -> None:
    request = Request.blank("/", method="PUT")
    request.body_file = io.BytesIO(b"x" * size + b"the next request")
    request.content_length = size
    take_in(request)
    assert request.body_file_raw._rolled == (size > 1024 * 1024)
    assert request.body == b"x" * size


def test_a_body_that_ends_too_soon_is_an_error() -> None:
    request = Request.blank("/", method="PUT")
    request.body_file = io.BytesIO(b"x" * 9)
    request.content_length = 10
    with pytest.raises(OSError, match="disconnected"):
        take_in(request)


@pytest.mark.parametrize("url", ["sqlite:///{folder}/x.db", "postgresql+psycopg://nowhere/x"])
def test_every_thread_of_the_server_has_its_connections(url: str, tmp_path: Any) -> None:
    pool: Any = make_engine(url.format(folder=tmp_path)).pool
    assert pool.size() + pool._max_overflow >= 2 * THREADS
