"""waitress in a thread, started when it listens and stopped in good order."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import structlog

from trading.commands.group import Language
from trading.commands.options import say

if TYPE_CHECKING:
    from trading.config import Settings

log = structlog.get_logger("sunseal.http")

_THREADS = 8


def refuse_taken(settings: Settings) -> None:
    """OSError at once if the address cannot be listened at, before everything else is started."""
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.listen_host, settings.listen_port))
        except OSError as error:
            place = f"{settings.listen_host}:{settings.listen_port}"
            raise OSError(error.errno, error.strerror, place) from None


class HttpServer:
    """The embedded HTTP server.

    Raises:
        OSError: the address is taken or not this machine's.
    """

    def __init__(self, application: Any, settings: Settings) -> None:
        from waitress.server import create_server

        from trading.web.limits import largest

        self._map: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._fault: Exception | None = None
        self._server = create_server(
            application,
            host=settings.listen_host,
            port=settings.listen_port,
            threads=_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            # A download waits for its reader after this much, instead of filling 16 MiB a connection.
            outbuf_high_watermark=1024 * 1024,
            # Bodies wait in files of its own before the application sees their announced length.
            max_request_body_size=largest(settings),
            recv_bytes=256 * 1024,  # uploads come in parts of 8 MiB
            map=self._map,
        )
        self._thread: threading.Thread | None = None
        host = settings.listen_host
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{settings.listen_port}"

    def _run(self, ended: threading.Event | None) -> None:
        # waitress's own loop ends by exceptions only; sockets are closed by the thread that polls them.
        try:
            while not self._stopping.is_set():
                self._server.asyncore.loop(timeout=0.2, map=self._map, count=1)
        except Exception as error:
            log.exception("the HTTP server failed")
            self._fault = error
        finally:
            if ended is not None:
                ended.set()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=10)
        self._server.close()

    def start(self, ended: threading.Event | None = None) -> None:
        """Take requests from now on; `ended` is set when it takes none any more, for whatever reason."""
        self._thread = threading.Thread(target=self._run, args=(ended,), name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take none any more; those begun are finished.

        Raises:
            Exception: what ended the server before it was to stop.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(15)
        if self._fault is not None:
            raise self._fault

    def tell(self, lang: Language) -> None:
        """Say where it listens."""
        say(lang, f"平台已启动：{self.address}", f"The platform is running at {self.address}")
