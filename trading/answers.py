"""Answers of other people's servers, taken in to a length and within a time.

A time-out of urllib3 is one for each read: whoever sends a byte now and then would hold a worker for ever,
and with it whatever waits in the same queue.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

_PIECE = 64 * 1024


class AnswerTooSlow(HTTPError):
    """The answer was not whole in time."""


def read_answer(
    answer: BaseHTTPResponse, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
) -> bytes:
    """The body of an answer that is not loaded yet, or its first `most` bytes.

    Args:
        seconds: how long it may take altogether, give or take one read. clock: monotonic seconds.

    Raises:
        HTTPError: AnswerTooSlow, or what urllib3 raises.
    """
    end = clock() + seconds
    body = bytearray()
    while len(body) < most:
        piece = answer.read1(min(most - len(body), _PIECE), decode_content=True)
        if not piece:
            break
        body += piece
        if clock() > end:
            raise AnswerTooSlow(f"no whole answer in {seconds:g} seconds")
    return bytes(body)
