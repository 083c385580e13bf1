"""A witness's two addresses over HTTP, on the standard library's server: small, bounded, no dependency.

For loopback or a department's own network, behind whatever ends TLS. It reads no more than a bounded body,
waits some seconds for a whole request however it trickles in, and serves a bounded number of connections at
once.
"""

from __future__ import annotations

import io
import logging
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from trading.client.errors import ClientError
from trading.client.witness import MAX_BODY, Answer, Witness

log = logging.getLogger("sunseal.witness")

ADD_CHECKPOINT = "/add-checkpoint"
_CONNECTIONS = 64
_DIGITS = 12  # of a length, leading zeros and all
_SECONDS = 10.0  # for a request from the end of the one before it, and for taking in its answer
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)


class WitnessServer(ThreadingHTTPServer):
    """Serves `POST /add-checkpoint` and `GET /<origin hash>/checkpoint`.

    Args:
        seconds: how long a connection may take for a request; then it is closed.

    Raises:
        ClientError: "witness-address": the address is taken or not this machine's.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 32

    def __init__(self, witness: Witness, host: str, port: int, seconds: float = _SECONDS) -> None:
        self.witness = witness
        self.seconds = seconds
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise ClientError("witness-address", host=host, port=port, reason=error.strerror) from None

    @property
    def address(self) -> str:
        """Where it listens, as a submission prefix."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def server_bind(self) -> None:
        """Without the library's look-up of this machine's name, which may ask a name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "witness", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, unless too many are at work."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """As the library's, and the place is free again at the end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to report."""
        log.debug("a connection broke off", exc_info=True)


class _Arriving(io.RawIOBase):
    """What a connection sends, up to a moment: a client that sends an octet now and then gains no time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """From now on there are so many seconds."""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """As io.RawIOBase."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As io.RawIOBase; TimeoutError when the time is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "witness"
    sys_version = ""
    server: WitnessServer

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._arriving = _Arriving(self.connection)
        self.rfile = io.BufferedReader(self._arriving)

    def handle_one_request(self) -> None:
        self._arriving.begin(self.server.seconds)
        super().handle_one_request()

    def do_POST(self) -> None:
        if self.path != ADD_CHECKPOINT:
            self._refuse(404, "not found\n")
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._refuse(411, "a length is wanted\n")
        elif len(length) > _DIGITS or int(length) > MAX_BODY:
            self._refuse(413, f"at most {MAX_BODY} bytes\n")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                self._answer(self._judged(body))

    def _judged(self, body: bytes) -> Answer:
        try:
            return self.server.witness.add_checkpoint(body)
        except OSError as error:
            log.error("the state cannot be written, so nothing is cosigned: %s", error)
            return Answer(500, "the witness cannot keep its state\n")

    def do_GET(self) -> None:
        found = _CHECKPOINT.fullmatch(self.path)
        note = self.server.witness.by_hash(found[1]) if found else None
        if note is None:
            self._answer(Answer(404, "not found\n"))
        else:
            self._answer(Answer(200, note.decode()))

    def _refuse(self, status: int, text: str) -> None:
        # What follows of the request is not read, so the connection is of no use any more.
        self.close_connection = True
        self._answer(Answer(status, text))

    def _answer(self, answer: Answer) -> None:
        data = answer.body.encode()
        self.connection.settimeout(self.server.seconds)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("%s " + format, self.address_string(), *args)
