"""How a request travels: over HTTP with urllib3, or straight into a WSGI application in tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, Timeout

from trading.errors import ToldInBoth


class ConnectionFailed(ToldInBoth):
    """The platform could not be reached, or the connection broke."""


@dataclass(frozen=True)
class Answer:
    """Status, headers with lower-case names, whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request; `path` begins with /api/v1."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """The whole answer.

        Raises:
            ConnectionFailed: nothing, or not all of it, came back.
        """
        ...

    def stream(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, Iterator[bytes]]:
        """GET with the body in pieces; the answer's own body is empty if the status is 200."""
        ...


class HttpTransport:
    """urllib3 with a small pool; safe to share among threads.

    Args:
        server: such as https://trading.example.gov, without /api/v1.
        ca_file: PEM of the authorities that the server's TLS certificate must come from.
        read_seconds: how long the server may say nothing.
    """

    def __init__(
        self, server: str, *, connections: int = 8, ca_file: str | None = None, read_seconds: float = 120
    ) -> None:
        self._server = server.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            block=True,
            timeout=Timeout(connect=10, read=read_seconds),
            retries=Retry(connect=0, read=0, redirect=0, status=0, other=0),
            ca_certs=ca_file,
        )

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """As Transport.send."""
        try:
            response = self._pool.request(method, self._server + path, headers=dict(headers), body=body)
        except HTTPError as error:
            raise self._unreachable(error) from None
        return Answer(response.status, _lower(response.headers), response.data)

    def _unreachable(self, error: HTTPError) -> ConnectionFailed:
        reason = _plain(error)
        return ConnectionFailed(
            f"无法连接 {self._server}：{reason}。请检查地址与网络。",
            f"{self._server} cannot be reached: {reason}",
        )

    def stream(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, Iterator[bytes]]:
        """As Transport.stream."""
        try:
            response = self._pool.request(
                "GET", self._server + path, headers=dict(headers), preload_content=False
            )
        except HTTPError as error:
            raise self._unreachable(error) from None
        if response.status != 200:
            answer = Answer(response.status, _lower(response.headers), response.read())
            response.release_conn()
            return answer, iter(())
        return Answer(200, _lower(response.headers), b""), _pieces(response)


def _pieces(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from response.stream(1024 * 1024)
    except HTTPError as error:
        raise ConnectionFailed(
            f"下载中断：{_plain(error)}。请重新下载。", f"the download broke off: {_plain(error)}"
        ) from None
    finally:
        response.release_conn()


def _plain(error: HTTPError) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).split(">:")[-1].strip()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
