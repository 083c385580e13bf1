"""The embedded HTTP server."""

from __future__ import annotations

import threading

import pytest

from trading.commands.server import HttpServer
from trading.config import Settings
from trading.web.limits import largest


class Broken:
    """A socket that the loop cannot ask."""

    def readable(self) -> bool:
        raise RuntimeError("no such socket")

    def close(self) -> None:
        return


def test_a_server_whose_loop_fails_says_so_and_ends() -> None:
    ended = threading.Event()
    server = HttpServer(lambda environ, start: [], Settings(listen_port=0))
    server._map[10**6] = Broken()
    server.start(ended)
    assert ended.wait(30)
    with pytest.raises(RuntimeError, match="no such socket"):
        server.stop()


def test_a_server_that_is_stopped_ends_without_a_fault() -> None:
    ended = threading.Event()
    server = HttpServer(lambda environ, start: [], Settings(listen_port=0))
    server.start(ended)
    server.stop()
    assert ended.is_set()


def test_the_server_takes_no_more_than_the_largest_body() -> None:
    settings = Settings(listen_port=0, max_document_bytes=100 * 1024 * 1024)
    server = HttpServer(lambda environ, start: [], settings)
    assert server._server.adj.max_request_body_size == largest(settings)
    # A document from a page comes within a form.
    assert largest(settings) == 100 * 1024 * 1024 + 64 * 1024
    server.stop()
    server._server.close()
