"""A client's transport straight into a WSGI application: no socket, no thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from webob import Request, Response

from trading.client.transport import Answer

Application = Callable[..., Any]


class WsgiTransport:
    """`trading.client.transport.Transport` over an application in this process."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """As Transport.send; whatever the application raises is raised here."""
        response = self._respond(method, path, headers, body)
        return Answer(response.status_code, _lower(response), response.body)

    def stream(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, Iterator[bytes]]:
        """As Transport.stream."""
        response = self._respond("GET", path, headers, None)
        if response.status_code != 200:
            return Answer(response.status_code, _lower(response), response.body), iter(())
        return Answer(200, _lower(response), b""), iter(response.app_iter)

    def _respond(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        request = Request.blank(path, method=method, headers=dict(headers), body=body or b"")
        return request.get_response(self._app)


def _lower(response: Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
