"""Refusals: RFC 9457, in the reader's language, whatever is thrown at the platform."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from webtest import TestResponse

from tests.functional.house import PREFIX, House
from trading.errors import TradingError
from trading.storage import PART_BYTES
from trading.web.addresses import WRONG_TOKENS
from trading.web.limits import DECISION, SMALL
from trading.web.messages import MESSAGES
from trading.web.tweens import SAFE_HEADERS

ID = "0123456789abcdef" * 2
TRADING = Path(__file__).resolve().parents[2] / "trading"


def raw(house: House, method: str, path: str, body: bytes = b"", **headers: str) -> TestResponse:
    """A request below the helpers: bytes as they are, a dash in a header's name as an underscore."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return house.app.request(
        PREFIX + path, method=method, body=body, headers=sent, status="*", expect_errors=True
    )


def test_the_whole_problem(house: House) -> None:
    answer = raw(house, "GET", "/nothing", Accept_Language="en")
    assert answer.status_int == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "urn:sunseal:problem:not-found",
        "title": "Not found",
        "status": 404,
        "code": "not-found",
        "detail": "There is nothing at this address. Check the address.",
    }


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN", "zh-CN"),
        ("zh-TW,en;q=0.5", "zh-CN"),
        ("en-GB", "en"),
        ("fr, en;q=0.1", "en"),
        ("zh;q=0.2, en", "en"),
        ("fr", "en"),
        ("", "en"),
        ("%%%", "en"),
        ("*", "en"),
    ],
)
def test_the_readers_language(house: House, header: str, language: str) -> None:
    answer = raw(house, "GET", "/nothing", Accept_Language=header)
    assert answer.headers["Content-Language"] == language
    assert answer.headers["Vary"] == "Accept-Language"
    assert answer.json["title"] == ("未找到" if language == "zh-CN" else "Not found")


def test_every_answer_has_safe_headers(house: House) -> None:
    for path in ("/nothing", "/log/key", "/openapi.json"):
        answer = raw(house, "GET", path)
        for name, value in SAFE_HEADERS.items():
            assert answer.headers[name] == value
    answer = raw(house, "GET", "/me", Authorization=f"Bearer {house.operator}")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_methods_that_are_not_there(house: House, method: str) -> None:
    answer = raw(house, method, "/log/key")
    assert (answer.status_int, answer.json["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_head_is_get_without_a_body(house: House) -> None:
    answer = raw(house, "HEAD", "/log/key")
    assert answer.status_int == 200 and answer.body == b""
    assert answer.content_length == len(raw(house, "GET", "/log/key").body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b'{"name": "a", "name": "b"}',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": 1e999}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
        b'{"name": "\x00"}',
        b"[" * 60_000,
        b'{"a":' * 5_000,
        b"9" * 10_000,
        "\ufeff{}".encode(),
    ],
)
def test_hostile_json_is_refused(house: House, body: bytes) -> None:
    answer = raw(
        house,
        "POST",
        "/organisations",
        body,
        Content_Type="application/json",
        Authorization=f"Bearer {house.operator}",
    )
    assert answer.status_int == 400, answer.text
    assert answer.json["code"] in ("body-malformed", "request-invalid")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ""],
)
def test_other_content_types_are_refused(house: House, kind: str) -> None:
    answer = raw(
        house,
        "POST",
        "/organisations",
        b"{}",
        Content_Type=kind,
        Authorization=f"Bearer {house.operator}",
    )
    assert answer.status_int == 400, answer.text


def test_each_place_that_is_wrong_is_named(house: House) -> None:
    body = json.dumps({"scheme": "CN-USCC", "identifier": "1", "name": 5, "roles": ["agency"]}).encode()
    answer = raw(
        house,
        "POST",
        "/organisations",
        body,
        Content_Type="application/json",
        Authorization=f"Bearer {house.operator}",
    )
    assert answer.json["errors"][0]["field"] == "name"
    assert "string" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/tenders/%ff", "/crls/%00", "/log/entries?tender=%00", "/log/key?x=%ff"])
def test_addresses_that_are_no_text(house: House, path: str) -> None:
    answer = raw(house, "GET", path)
    assert (answer.status_int, answer.json["code"]) == (400, "address-malformed")


@pytest.mark.parametrize("id", ["x", "0" * 31, "G" * 32, "0" * 33, "..", "%2e%2e%2f", "'; DROP TABLE bids"])
def test_ids_of_another_form_are_not_there(house: House, id: str) -> None:
    for path in (f"/tenders/{id}", f"/organisations/{id}", f"/projects/{id}"):
        assert raw(house, "GET", path).status_int in (400, 401, 404)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/organisations", SMALL),
        (f"/custody/tenders/{ID}/release", DECISION),
        (f"/uploads/{ID}/parts/0", PART_BYTES),
        (f"/tenders/{ID}/documents/a.pdf", 64 * 1024 * 1024),
    ],
)
def test_too_large_is_refused_before_it_is_read(house: House, path: str, limit: int) -> None:
    method = "POST" if path == "/organisations" else "PUT"
    # The announced length alone decides; the body never comes.
    environ = {"CONTENT_LENGTH": str(limit + 1), "HTTP_ACCEPT_LANGUAGE": "en"}
    answer = house.app.request(PREFIX + path, method=method, environ=environ, status=413)
    assert answer.json["code"] == "body-too-large"
    assert answer.json["params"] == {"limit": str(limit)}
    environ["CONTENT_LENGTH"] = "0"
    assert house.app.request(PREFIX + path, method=method, environ=environ, status="4*").status_int != 413


def test_a_body_without_length_is_refused(house: House) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked"}
    answer = house.app.request(PREFIX + "/organisations", method="POST", environ=environ, status="*")
    assert (answer.status_int, answer.json["code"]) == (411, "length-required")


def test_too_many_wrong_tokens_from_one_address(house: House) -> None:
    guesser, neighbour = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}

    def ask(token: str, environ: dict[str, str]) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"}
        return house.app.get(PREFIX + "/me", headers=headers, extra_environ=environ, status="*")

    for _ in range(WRONG_TOKENS):
        assert ask("sst_wrong", guesser).status_int == 401
    answer = ask("sst_wrong", guesser)
    assert (answer.status_int, answer.json["code"]) == (429, "too-many-wrong-tokens")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert ask("sst_wrong", neighbour).status_int == 401
    assert ask(house.operator, guesser).status_int == 200, "a right token is not shut out"


def test_the_api_document_is_public_and_complete(house: House) -> None:
    document = house.app.get(PREFIX + "/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert "x-pyramid" not in json.dumps(document)
    operations = [
        operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in ("get", "put", "post", "delete")
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) > 30
    for operation in operations:
        assert operation["summary"] and operation["tags"] and "default" in operation["responses"]


def test_every_code_has_its_sentences() -> None:
    pattern = re.compile(r'(?:TradingError|NotFound|Forbidden|Conflict|Refused|BidError)\(\s*"([a-z0-9-]+)"')
    used = {code for path in TRADING.rglob("*.py") for code in pattern.findall(path.read_text("utf-8"))}
    client = set((TRADING / "client").rglob("*.py")) | set((TRADING / "commands").rglob("*.py"))
    used -= {code for path in client for code in pattern.findall(path.read_text("utf-8"))}
    assert len(used) > 50
    assert used - MESSAGES.keys() == set()
    for code, (chinese, english) in MESSAGES.items():
        assert re.search(r"[\u4e00-\u9fff]", chinese), code
        assert not re.search(r"[\u4e00-\u9fff]", english), code
        # A reason given by `signing` is an English sentence; the Chinese one does without it.
        missing = set(re.findall(r"{(\w+)}", english)) - set(re.findall(r"{(\w+)}", chinese))
        assert missing <= {"reason"}, code


def test_a_refusal_explains_itself_in_logs_too() -> None:
    assert str(TradingError("token-days", days=9, most=7)) == "token-days (days=9, most=7)"
