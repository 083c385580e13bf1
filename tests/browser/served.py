"""A test's platform behind a real HTTP server on a loopback port, as `sunseal serve` has it."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from trading.commands.server import HttpServer
from trading.config import Settings


@contextmanager
def served(settings: Settings, application: object) -> Iterator[str]:
    """The address at which the application answers while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = HttpServer(application, dataclasses.replace(settings, listen_host="127.0.0.1", listen_port=port))
    server.start()
    try:
        yield server.address
    finally:
        server.stop()
