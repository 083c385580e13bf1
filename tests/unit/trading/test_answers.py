"""Answers of other people's servers that come slowly, or never end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import urllib3

from trading.answers import AnswerTooSlow, read_answer


class Endless(BaseHTTPRequestHandler):
    """Sends a byte for each read, and no end."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x")
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def answer() -> Iterator[urllib3.BaseHTTPResponse]:
    server = HTTPServer(("127.0.0.1", 0), Endless)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with urllib3.PoolManager() as pool:
        got = pool.request("GET", f"http://127.0.0.1:{server.server_port}/", preload_content=False)
        yield got
        got.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_without_end_is_cut_at_its_length(answer: urllib3.BaseHTTPResponse) -> None:
    assert read_answer(answer, 1000, 60) == b"x" * 1000


def test_an_answer_that_drips_is_given_up_in_time(answer: urllib3.BaseHTTPResponse) -> None:
    moments = iter(range(100))
    with pytest.raises(AnswerTooSlow):
        read_answer(answer, 1 << 40, 3, lambda: float(next(moments)))
    assert next(moments) <= 6
