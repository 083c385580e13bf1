"""Network addresses of requests, and how often each may try something."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from pyramid.request import Request

WRONG_TOKENS = 300
WINDOW_SECONDS = 60.0
_MAX_ADDRESSES = 10_000


def address_of(request: Request) -> str:
    """The address that the connection came from, at most 64 characters.

    Headers are not believed: behind a proxy, the server in front of the application sets it.
    """
    return (request.remote_addr or "unknown")[:64]


class Attempts:
    """Counts attempts by address, in this process, over a sliding window.

    By default wrong tokens. Right ones are never refused by it: neighbours behind one address must not be
    shut out by one of them, and 256-bit tokens are not found by guessing. It spares the database what
    guessers cost.

    Args:
        most: attempts in a window of `seconds`.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        most: int = WRONG_TOKENS,
        seconds: float = WINDOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._moments: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, address: str) -> float | None:
        """Count one more; the seconds to wait if there were too many, else None."""
        now = self._clock()
        with self._lock:
            kept = [at for at in self._moments.get(address, []) if now - at < self._seconds]
            if len(kept) < self._most:
                kept.append(now)
                wait = None
            else:
                wait = self._seconds - (now - kept[0])
            self._moments[address] = kept
            self._moments.move_to_end(address)
            if len(self._moments) > _MAX_ADDRESSES:
                self._moments.popitem(last=False)
        return wait
