"""The clients' transport straight into a WSGI application, and one that lies or breaks on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from webob import Request

from trading.client.transport import Answer, ConnectionFailed

Lie = Callable[[dict[str, Any]], Any]


class WsgiTransport:
    """Sends requests to an application in this process."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.sent: list[tuple[str, str, bytes]] = []

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self.sent.append((method, path, body or b""))
        request = Request.blank(path, method=method, headers=dict(headers), body=body or b"")
        response = request.get_response(self._application)
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_int, lower, response.body)

    def stream(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, Iterator[bytes]]:
        answer = self.send("GET", path, headers, None)
        if answer.status != 200:
            return answer, iter(())
        return Answer(200, answer.headers, b""), iter([answer.body])

    def count(self, method: str, part: str) -> int:
        """How many requests of that method had `part` in their path."""
        return sum(each[0] == method and part in each[1] for each in self.sent)


class LyingTransport(WsgiTransport):
    """A platform that answers otherwise than it should, at the addresses that end as a rule's key says.

    A JSON rule gets the decoded answer and returns another; a bytes rule gets and returns the body.
    """

    def __init__(self, application: Any) -> None:
        super().__init__(application)
        self.lies: dict[str, Callable[[Any], Any]] = {}
        self.breaks_before: Callable[[str, str], bool] = lambda method, path: False
        self.breaks_after: Callable[[str, str], bool] = lambda method, path: False

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if self.breaks_before(method, path):
            raise ConnectionFailed("线路中断", "the line was cut")
        answer = super().send(method, path, headers, body)
        if self.breaks_after(method, path):
            raise ConnectionFailed("收到应答前线路中断", "the line was cut before the answer came")
        for end, lie in self.lies.items():
            if path.partition("?")[0].endswith(end) and answer.status == 200:
                if "json" in answer.headers["content-type"] and not end.endswith(".json"):
                    changed = json.dumps(lie(json.loads(answer.body))).encode()
                else:
                    changed = lie(answer.body)
                return Answer(200, answer.headers, changed)
        return answer
