"""Statements signed by the platform, with the digests that rows and log entries name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from signing import canonical
from signing.canonical import JSON
from signing.statements import read_statement, sign_statement
from trading.platform import Platform


@dataclass(frozen=True)
class SignedFile:
    """A signed statement: its file's exact bytes, SHA-256 of the statement and of the file, in hex."""

    raw: bytes
    digest: str
    file_digest: str


def sign(platform: Platform, statement: Mapping[str, JSON], at: datetime) -> SignedFile:
    """Sign as the platform, by its statement key."""
    raw = sign_statement(statement, platform.keys.statement, at)
    return SignedFile(raw, read_statement(raw, str(statement["type"])).digest, canonical.digest(raw))
