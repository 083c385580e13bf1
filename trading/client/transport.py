"""How a request travels: over HTTP with urllib3, or straight into a WSGI application in tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import urllib3
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
    TimeoutError,
)
from urllib3.util import Retry, Timeout

from trading.answers import AnswerTooSlow, read_answer
from trading.client.errors import in_chinese
from trading.errors import ToldInBoth

_MOST = 256 * 1024 * 1024  # bytes of an answer that is taken in whole, unpacked


class ConnectionFailed(ToldInBoth):
    """The platform could not be reached, or the connection broke."""


class _TooLarge(HTTPError):
    """An answer that is longer than any of the platform's."""


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
        read_seconds: how long the server may say nothing; for a whole answer it has ten times that.
    """

    def __init__(
        self, server: str, *, connections: int = 8, ca_file: str | None = None, read_seconds: float = 120
    ) -> None:
        self._server = server.rstrip("/")
        self._seconds = 10 * read_seconds
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
            response = self._pool.request(
                method, self._server + path, headers=dict(headers), body=body, preload_content=False
            )
            return Answer(response.status, _lower(response.headers), self._whole(response))
        except HTTPError as error:
            raise self._unreachable(error) from None

    def _whole(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """The body; a hostile server's must neither fill this machine's memory nor take for ever."""
        try:
            body = read_answer(response, _MOST + 1, self._seconds)
            if len(body) > _MOST:
                raise _TooLarge
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        return body

    def _unreachable(self, error: HTTPError) -> ConnectionFailed:
        chinese, english = _reason(error)
        return ConnectionFailed(
            f"无法连接 {self._server}：{chinese}。请检查地址与网络。",
            f"{self._server} cannot be reached: {english}.",
        )

    def stream(self, path: str, headers: Mapping[str, str]) -> tuple[Answer, Iterator[bytes]]:
        """As Transport.stream."""
        try:
            response = self._pool.request(
                "GET", self._server + path, headers=dict(headers), preload_content=False
            )
            if response.status != 200:
                return Answer(response.status, _lower(response.headers), self._whole(response)), iter(())
        except HTTPError as error:
            raise self._unreachable(error) from None
        return Answer(200, _lower(response.headers), b""), _pieces(response)


def _pieces(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from response.stream(1024 * 1024)
    except HTTPError as error:
        chinese, english = _reason(error)
        raise ConnectionFailed(
            f"下载中断：{chinese}。请重新下载。", f"The download broke off: {english}. Start it again."
        ) from None
    finally:
        response.release_conn()


def _reason(error: HTTPError) -> tuple[str, str]:
    """Why, in Chinese and English, without the names of Python's things where it is a common reason."""
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
    if isinstance(reason, NameResolutionError):
        return "找不到这个主机名", "no host of that name was found"
    if isinstance(reason, NewConnectionError) and isinstance(reason.__cause__, OSError):
        english = reason.__cause__.strerror or str(reason.__cause__)
        return in_chinese(english), english
    if isinstance(reason, _TooLarge):
        return f"答复超过 {_MOST} 字节", f"the answer has more than {_MOST} bytes"
    if isinstance(reason, AnswerTooSlow):
        return "对方没有在限定时间内答完", "its answer was not whole in time"
    if isinstance(reason, TimeoutError):
        return "对方没有及时答复", "it did not answer in time"
    text = str(reason)
    if isinstance(reason, SSLError):
        return (
            f"TLS 连接不成立（{text}）；平台证书由自设机构签发的，用 --ca 指定该机构的证书",
            f"TLS failed ({text}); if an authority of its own issued its certificate, name that with --ca",
        )
    return text, text


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
