"""The JSON API as typed calls. Bytes that are signed or hashed travel as base64 and come out as bytes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode

from signing.encoding import b64decode, b64encode, new_id
from trading.client.transport import Answer, ConnectionFailed, Transport

PREFIX = "/api/v1"
_TRIES = 4

JsonObject = dict[str, Any]


class ApiProblem(Exception):
    """A refusal by the platform (RFC 9457): its code, sentence and places."""

    def __init__(self, status: int, body: JsonObject) -> None:
        self.status = status
        self.code = str(body.get("code", "unknown"))
        self.detail = str(body.get("detail", "The platform gave no reason."))
        self.rule = str(body.get("rule", ""))
        self.article = str(body.get("article", ""))
        self.errors = [(str(e.get("field")), str(e.get("message"))) for e in body.get("errors", [])]
        super().__init__(self.detail)

    def __str__(self) -> str:
        lines = [self.detail]
        if self.article:
            lines.append(f"[{self.rule}: {self.article}]")
        lines += [f"  {field}: {message}" for field, message in self.errors]
        return "\n".join(lines)


class Api:
    """Calls as one person, by token, or as the public, without.

    All calls may be repeated (a POST carries an idempotency key of its own), and are tried again when the
    connection breaks.

    Args:
        reread: where a newer token may be, for one that has ended.
    """

    def __init__(
        self,
        transport: Transport,
        token: str | None = None,
        language: str = "zh",
        reread: Callable[[], str] | None = None,
    ) -> None:
        self.transport = transport
        self._reread = reread
        self.date: str | None = None  # the platform's time by its last answer (RFC 9110, Date); a hint only
        self._headers = {"Accept-Language": "zh-CN" if language == "zh" else "en"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: object) -> JsonObject:
        """A JSON object.

        Raises:
            ApiProblem: refused. ConnectionFailed: not reached.
        """
        return self._json(self._send("GET", _address(path, query), None, {}))

    def raw(self, path: str, **query: object) -> bytes:
        """The exact bytes at an address."""
        return self._send("GET", _address(path, query), None, {}).body

    def file(self, address: str) -> bytes | None:
        """A public file outside of the API, asked for as a stranger; None if there is none."""
        answer = self._repeat("GET", address, {}, None, prefix="")
        if answer.status == 404:
            return None
        if answer.status >= 400:
            self._refuse(answer)
        return answer.body

    def stream(self, path: str) -> Iterator[bytes]:
        """A large file, in pieces."""
        answer, pieces = self.transport.stream(PREFIX + path, self._headers)
        if answer.status != 200:
            self._refuse(answer)
        return pieces

    def post(self, path: str, body: JsonObject) -> JsonObject:
        """POST JSON, once however often it is sent."""
        return self._json(self._send("POST", path, _encode(body), {"Idempotency-Key": new_id()}))

    def put(self, path: str, body: JsonObject) -> JsonObject:
        """PUT JSON."""
        return self._json(self._send("PUT", path, _encode(body), {}))

    def put_json_bytes(self, path: str, body: bytes) -> JsonObject:
        """PUT JSON that lies ready, to the byte."""
        return self._json(self._send("PUT", path, body, {}))

    def put_bytes(self, path: str, data: bytes) -> JsonObject:
        """PUT raw bytes."""
        return self._json(self._send("PUT", path, data, {"Content-Type": "application/octet-stream"}))

    def delete(self, path: str) -> None:
        """DELETE."""
        self._send("DELETE", path, None, {})

    def pages(self, path: str, **query: object) -> Iterator[JsonObject]:
        """All items of a list paged by `next`."""
        cursor: object = None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def _send(self, method: str, path: str, body: bytes | None, extra: Mapping[str, str]) -> Answer:
        more = dict(extra)
        if body is not None:
            more.setdefault("Content-Type", "application/json")
        answer = self._repeat(method, path, {**self._headers, **more}, body)
        if answer.status == 401 and self._renewed():
            answer = self._repeat(method, path, {**self._headers, **more}, body)
        self.date = answer.headers.get("date")
        if answer.status >= 400:
            self._refuse(answer)
        return answer

    def _renewed(self) -> bool:
        """Whether there is another token now, which is then used."""
        if self._reread is None:
            return False
        before = self._headers.get("Authorization")
        self._headers["Authorization"] = f"Bearer {self._reread()}"
        return self._headers["Authorization"] != before

    def _repeat(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, prefix: str = PREFIX
    ) -> Answer:
        for attempt in range(1, _TRIES + 1):
            try:
                return self.transport.send(method, prefix + path, headers, body)
            except ConnectionFailed:
                if attempt == _TRIES:
                    raise
                time.sleep(0.2 * 2**attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _json(self, answer: Answer) -> JsonObject:
        return cast(JsonObject, json.loads(answer.body)) if answer.body else {}

    def _refuse(self, answer: Answer) -> None:
        try:
            body = json.loads(answer.body)
        except ValueError:
            body = {"detail": f"The server answered with status {answer.status} and no explanation."}
        raise ApiProblem(answer.status, body if isinstance(body, dict) else {})


def signed(document: bytes, signature: bytes) -> JsonObject:
    """The body `Signed`: a document and its CMS beside it."""
    return {"document": b64encode(document), "signature": b64encode(signature)}


def statement(file: bytes) -> JsonObject:
    """The body `SignedStatement`."""
    return {"file": b64encode(file)}


def unfile(answer: JsonObject, member: str = "file") -> bytes:
    """The bytes of a base64 member."""
    return b64decode(str(answer[member]))


def _encode(body: JsonObject) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _address(path: str, query: Mapping[str, object]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def segment(text: str) -> str:
    """A name made safe as one part of an address."""
    return quote(text, safe="")
