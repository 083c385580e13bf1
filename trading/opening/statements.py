"""Statements signed by the platform, with the digests that rows and log entries name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bids.trust import SKEW
from signing import canonical
from signing.canonical import JSON
from signing.encoding import format_time, parse_time
from signing.statements import read_statement, sign_statement
from trading.errors import TradingError
from trading.platform import Platform


@dataclass(frozen=True)
class SignedFile:
    """A signed statement: its file's exact bytes, SHA-256 of the statement and of the file, in hex."""

    raw: bytes
    digest: str
    file_digest: str


def refuse_before_opening(statement: Mapping[str, Any], opened: datetime) -> None:
    """TradingError "signed-before-opening" if a statement about the opening is dated before it.

    Half of what verifiers allow clocks to differ, so that what is taken here holds there.
    """
    at = parse_time(str(statement["at"]))
    if at < opened - SKEW / 2:
        raise TradingError("signed-before-opening", at=format_time(at), opened=format_time(opened))


def sign(platform: Platform, statement: Mapping[str, JSON], at: datetime) -> SignedFile:
    """Sign as the platform, by its statement key."""
    raw = sign_statement(statement, platform.keys.statement, at)
    return SignedFile(raw, read_statement(raw, str(statement["type"])).digest, canonical.digest(raw))
