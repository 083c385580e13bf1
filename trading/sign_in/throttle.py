"""Failed attempts are counted so that nobody guesses, and so that guessing shuts nobody else out.

Attempts from a browser in which the person has signed in before count for that browser alone; all others
count for the name and for the address. So a stranger's guesses stop strangers, while the person goes on from
their own browser, or anywhere with a passkey or certificate: those cannot be guessed and are not counted.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from trading.errors import TradingError
from trading.queue import insert_if_missing
from trading.sign_in.models import Failures

WINDOW = timedelta(minutes=15)
FOR_NAME = 10
FOR_DEVICE = 10
FOR_ADDRESS = 60


@dataclass(frozen=True)
class Counter:
    """What failures are counted for, and how many are let pass in a window."""

    key: str
    most: int


def counters(username: str, address: str, device: str | None) -> list[Counter]:
    """Those that an attempt is held against; `device` is a known browser's digest."""
    if device is not None:
        return [Counter(f"device:{device}", FOR_DEVICE)]
    return [Counter(f"name:{_digest(username)}", FOR_NAME), by_address(address)]


def by_address(address: str) -> Counter:
    """The counter of a network address: of its /64 in IPv6, where one subscriber has them all."""
    return Counter(f"address:{_digest(_network(address))}", FOR_ADDRESS)


def refuse_many(session: Session, counted: list[Counter], now: datetime) -> None:
    """TradingError "too-many-attempts" with the seconds to wait, if any counter is full."""
    for each in counted:
        row = session.get(Failures, each.key)
        if row is not None and row.count >= each.most and now < row.since + WINDOW:
            wait = math.ceil((row.since + WINDOW - now).total_seconds())
            raise TradingError(
                "too-many-attempts", status=429, seconds=wait, minutes=math.ceil(wait / 60)
            )


def count(session: Session, counted: list[Counter], now: datetime) -> None:
    """One more failure for each."""
    for each in counted:
        insert_if_missing(session, Failures, key=each.key, count=0, since=now)
        row = session.get_one(Failures, each.key, with_for_update=True, populate_existing=True)
        if now >= row.since + WINDOW:
            row.count, row.since = 0, now
        row.count += 1
    session.flush()


def forget_old(session: Session, now: datetime) -> None:
    """Windows that are over count for nothing."""
    session.execute(delete(Failures).where(Failures.since < now - WINDOW))


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
