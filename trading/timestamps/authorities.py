"""Time-stamp authorities in the operator's order: our own in this process, others over HTTP with fail-over.

Whoever stamps outside is shown the imprint, a SHA-256, and a random nonce, nothing else. It can count
requests, and so can whoever watches the line.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
import urllib3
from cryptography import x509
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, Timeout

from bids.tokens import is_root
from signing.certificates import load_pem
from signing.errors import SigningError
from signing.timestamp_messages import MAX_MESSAGE, build_request, imprint_of, read_reply
from signing.timestamp_outside import verify_outside_token
from signing.timestamps import TimeStamp, TimeStampAuthority
from trading.answers import read_answer
from trading.config import OWN_TSA, Settings
from trading.errors import ConfigurationError
from trading.keys import PlatformKeys

log = structlog.get_logger("sunseal.timestamps")

FAILURES = 3  # one after the other, and an authority is left alone for a while
FIRST_REST, LONGEST_REST = 30.0, 600.0  # seconds
_CLOCKS_DIFFER = timedelta(minutes=5)


class StampFailed(Exception):
    """An authority gave no token that holds."""


class Breaker:
    """Leaves an authority alone that failed several times running; then one request tries it again.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rest = FIRST_REST
        self._until = 0.0

    @property
    def resting(self) -> bool:
        """Whether it is left alone, or tried again after that, for what this process knows."""
        return self._failures >= FAILURES

    def admits(self) -> bool:
        """Whether a request may be made now; of those after a rest, the first."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            now = self._clock()
            if now < self._until:
                return False
            self._until = now + self._rest
            return True

    def succeeded(self) -> None:
        """All is well again."""
        with self._lock:
            self._failures, self._rest = 0, FIRST_REST

    def failed(self) -> None:
        """One more failure."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._until = self._clock() + self._rest
                self._rest = min(2 * self._rest, LONGEST_REST)


class Outside:
    """An authority somewhere else, by its address.

    Args:
        anchors: roots and intermediates that its certificates must lead to. seconds: how long it may take.
    """

    def __init__(
        self, url: str, anchors: tuple[x509.Certificate, ...], seconds: float, breaker: Breaker | None = None
    ) -> None:
        self.url = url
        self.breaker = breaker or Breaker()
        self._roots = [one for one in anchors if is_root(one)]
        self._anchors = anchors
        self._seconds = seconds
        self._pool = urllib3.PoolManager(
            maxsize=2,
            timeout=Timeout(total=seconds),
            retries=Retry(connect=0, read=0, redirect=0, status=0, other=0),
        )

    def stamp(self, sha256: bytes, now: datetime) -> tuple[bytes, TimeStamp]:
        """A token over a digest, and what it says; from now, but for what clocks differ.

        Raises:
            StampFailed: no answer, a refusal, or a token that does not hold.
        """
        nonce = secrets.randbits(64)
        try:
            token = read_reply(self._ask(build_request(imprint_of(sha256), nonce)))
            stamp = verify_outside_token(token, sha256, self._roots, self._anchors, nonce)
        except SigningError as error:
            raise StampFailed(str(error)) from None
        if abs(stamp.time - now) > _CLOCKS_DIFFER + (stamp.accuracy or timedelta(0)):
            raise StampFailed(f"its time is {stamp.time:%Y-%m-%d %H:%M:%S} UTC")
        return token, stamp

    def _ask(self, request: bytes) -> bytes:
        headers = {
            "Content-Type": "application/timestamp-query",
            "Accept": "application/timestamp-reply",
            "User-Agent": "sunseal",
        }
        try:
            answer = self._pool.request(
                "POST", self.url, body=request, headers=headers, preload_content=False
            )
            try:
                body = read_answer(answer, MAX_MESSAGE + 1, self._seconds)
            finally:
                answer.close()
        except (HTTPError, OSError) as error:
            raise StampFailed(type(error).__name__) from None
        if answer.status != 200 or len(body) > MAX_MESSAGE:
            raise StampFailed(f"status {answer.status}, {len(body)} bytes")
        return body


class Authorities:
    """All that stamp receipts, in order; `own` also answers at /tsa, whether it is among them or not."""

    def __init__(self, own: TimeStampAuthority, order: tuple[Outside | None, ...]) -> None:
        self.own = own
        self._order = order

    @property
    def at_once(self) -> bool:
        """Whether our own comes first, which costs no time."""
        return self._order[:1] == (None,)

    @property
    def later(self) -> bool:
        """Whether an outside one comes first, which is asked when the receipt is given already."""
        return bool(self._order) and self._order[0] is not None

    @property
    def outside(self) -> tuple[Outside, ...]:
        """Those outside, in order."""
        return tuple(one for one in self._order if one is not None)

    def stamp(self, sha256: bytes, now: datetime) -> tuple[bytes, TimeStamp | None] | None:
        """A token of the first authority that gives one, and what an outside one's says; or None."""
        for authority in self._order:
            if authority is None:
                return self.own.stamp(sha256, now), None
            if not authority.breaker.admits():
                continue
            try:
                found = authority.stamp(sha256, now)
            except StampFailed as error:
                authority.breaker.failed()
                log.warning("time-stamp authority failed", url=authority.url, reason=str(error))
                continue
            authority.breaker.succeeded()
            return found
        return None


def make_authorities(settings: Settings, keys: PlatformKeys, clock: Callable[[], datetime]) -> Authorities:
    """The authorities that the settings name.

    Raises:
        ConfigurationError: outside ones without a readable file of their roots.
    """
    anchors: tuple[x509.Certificate, ...] = ()
    if any(one != OWN_TSA for one in settings.tsa_order):
        anchors = _anchors(settings.tsa_roots_file)
    order = tuple(
        None if one == OWN_TSA else Outside(one, anchors, settings.tsa_seconds) for one in settings.tsa_order
    )
    return Authorities(TimeStampAuthority(keys.timestamp, clock), order)


def _anchors(path: Path | None) -> tuple[x509.Certificate, ...]:
    try:
        found = () if path is None else tuple(load_pem(path.read_bytes()))
    except (OSError, SigningError):
        found = ()
    if not any(is_root(one) for one in found):
        raise ConfigurationError(
            "设置项 tsa_urls 列有外部时间戳机构，但 tsa_roots_file 没有指向其根证书（PEM）。"
            "请下载其根证书并在此指定。",
            "Setting tsa_urls names outside time-stamp authorities, but tsa_roots_file holds no root "
            "certificate (PEM) of theirs. Fetch it and name the file there.",
        )
    return found
