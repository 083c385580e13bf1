"""What a client takes in of a server that means it ill."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from trading.client import transport
from trading.client.transport import ConnectionFailed, HttpTransport


class _Hostile(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = gzip.compress(bytes(5000)) if self.path == "/bomb" else b"well"
        self.send_response(200 if self.path != "/refused" else 403)
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(1000 if self.path == "/trickle" else len(body)))
        self.end_headers()
        if self.path != "/trickle":
            self.wfile.write(body)
            return
        try:
            while not self.server.ended.wait(0.02):  # type: ignore[attr-defined]
                self.wfile.write(b"x")
        except OSError:
            pass

    def log_message(self, *given: object) -> None:
        """Nothing is told."""


@pytest.fixture
def server() -> Iterator[str]:
    made = HTTPServer(("127.0.0.1", 0), _Hostile)
    made.ended = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.ended.set()  # type: ignore[attr-defined]
    made.shutdown()
    made.server_close()


def test_neither_a_packed_flood_nor_a_trickle_is_taken_in(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_MOST", 4000)
    tested = HttpTransport(server, connections=1)
    monkeypatch.setattr(tested, "_seconds", 0.2)
    with pytest.raises(ConnectionFailed, match="more than 4000 bytes"):
        tested.send("GET", "/bomb", {"Accept-Encoding": "gzip"}, None)
    with pytest.raises(ConnectionFailed, match="not whole in time"):
        tested.send("GET", "/trickle", {}, None)
    # The one connection of the pool is free again.
    patient = HttpTransport(server, connections=1)
    for _ in range(2):
        assert patient.send("GET", "/", {}, None).body == b"well"
        answer, pieces = patient.stream("/refused", {})
        assert (answer.status, answer.body, list(pieces)) == (403, b"well", [])
