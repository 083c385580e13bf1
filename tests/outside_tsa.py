"""A time-stamp authority over HTTP that is not the platform's, which answers as a test says."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from asn1crypto import tsp

from signing import timestamp_messages as messages
from tests.outside_stamper import Stamper

Answer = Callable[[bytes, int], bytes]
"""What it sends back for an imprint and a nonce."""


class Tsa(http.server.BaseHTTPRequestHandler):
    """An outside authority, which keeps what it is sent."""

    stamper: Stamper
    asked: list[bytes]
    headers_seen: list[dict[str, str]]
    broken = False
    answer: Answer | None = None

    def do_POST(self) -> None:
        """Answer a request, or, out of order, with 503."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(body)
        self.headers_seen.append(dict(self.headers))
        request = tsp.TimeStampReq.load(body, strict=True)
        imprint, nonce = request["message_imprint"]["hashed_message"].native, request["nonce"].native
        if self.answer is not None:
            reply = self.answer(imprint, nonce)
        else:
            reply = messages.granted(self.stamper.stamp(imprint, datetime.now(UTC), info={"nonce": nonce}))
        reply = b"out of order" if self.broken else reply
        self.send_response(503 if self.broken else 200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def outside_authority(
    stamper: Stamper, broken: bool = False, answer: Answer | None = None
) -> Iterator[tuple[str, type[Tsa]]]:
    """Its address, and what it was asked."""
    own = None if answer is None else staticmethod(answer)
    members = {"stamper": stamper, "asked": [], "headers_seen": [], "broken": broken, "answer": own}
    handler = type("AsSaid", (Tsa,), members)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr", handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
