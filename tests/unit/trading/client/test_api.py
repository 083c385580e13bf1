"""The JSON API's calls: what is sent again, and as whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from trading.client.api import Api, ApiProblem
from trading.client.transport import Answer, ConnectionFailed


class Line:
    """Answers as told and remembers what was sent; None is a connection that breaks."""

    def __init__(self, *statuses: int | None) -> None:
        self._statuses = list(statuses)
        self.sent: list[Mapping[str, str]] = []

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self.sent.append(headers)
        status = self._statuses.pop(0)
        if status is None:
            raise ConnectionFailed("线路中断", "the line was cut")
        return Answer(status, {}, b"{}")

    def stream(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, Iterator[bytes]]:
        raise NotImplementedError

    def header(self, name: str) -> list[str | None]:
        return [headers.get(name) for headers in self.sent]


def test_a_post_that_is_sent_again_has_the_same_key_and_another_post_another() -> None:
    line = Line(None, 201, 201)
    api = Api(line, "sst_x")
    api.post("/projects", {"number": "1"})
    api.post("/projects", {"number": "1"})
    first, again, other = line.header("Idempotency-Key")
    assert first and first == again and other and other != first


def test_a_token_that_ended_is_read_again_once() -> None:
    line = Line(401, 200, 200)
    api = Api(line, "old", reread=lambda: "new")
    api.get("/x")
    api.get("/x")
    assert line.header("Authorization") == ["Bearer old", "Bearer new", "Bearer new"]


@pytest.mark.parametrize("reread", [None, lambda: "old"])
def test_without_another_token_the_refusal_stands(reread: None) -> None:
    line = Line(401)
    with pytest.raises(ApiProblem):
        Api(line, "old", reread=reread).get("/x")
    assert len(line.sent) == 1
