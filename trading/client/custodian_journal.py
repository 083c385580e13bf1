"""The agent's journal: what it did and refused, and why, in sentences that anybody can read.

One line an act, appended and never changed: time (UTC), kind, tender, the sentence in Chinese and in English,
apart by tabs. It holds no secret, and stays when keys and notices are gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from bids.errors import BidError, from_signing
from signing.encoding import format_time
from signing.errors import SigningError
from trading.client.errors import ClientError, Language
from trading.client.journal_messages import SENTENCES
from trading.errors import ToldInBoth

NAME = "journal.txt"
# What comes from a platform or a bid must not steer the terminal that shows it, nor end a line.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_APART = 60  # seconds between two clocks that are worth a word
_MOST = 2000  # characters of one sentence


@dataclass(frozen=True)
class Line:
    """One act: its time as written, a kind from `journal_messages`, the tender or "-", both sentences."""

    at: str
    kind: str
    tender: str
    zh: str
    en: str

    def text(self, language: Language) -> str:
        """The sentence."""
        return self.zh if language == "zh" else self.en


class Journal:
    """The journal in a folder.

    Args:
        now: the custodian's own clock, UTC.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = folder / NAME
        self._now = now

    def write(self, kind: str, tender: str | None = None, /, **params: object) -> None:
        """Append a sentence of `journal_messages`, on disk before this returns."""
        zh, en = SENTENCES[kind]
        self.say(kind, tender, zh.format_map(params), en.format_map(params))

    def say(self, kind: str, tender: str | None, zh: str, en: str) -> None:
        """Append a sentence that is there in both languages."""
        parts = (format_time(self._now()), kind, tender or "-", _clean(zh), _clean(en))
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write("\t".join(parts).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self, tender: str | None = None) -> Iterator[Line]:
        """What was written, oldest first; of one tender, if named. A line cut off by a crash is left out."""
        try:
            with self._path.open(encoding="utf-8", errors="replace", newline="\n") as file:
                for raw in file:
                    parts = raw.rstrip("\n").split("\t")
                    if len(parts) == 5 and tender in (None, parts[2]):
                        yield Line(*parts)
        except FileNotFoundError:
            return


def tell_clocks_apart(journal: Journal, date: str | None, now: datetime) -> bool:
    """Write down if the platform's `Date` is a minute or more from `now`; whether it is."""
    try:
        seconds = int((now - parsedate_to_datetime(date or "")).total_seconds())
    except (ValueError, TypeError):
        return False
    if abs(seconds) < _APART:
        return False
    journal.write("clock", seconds=seconds)
    return True


def in_both(error: Exception) -> tuple[str, str]:
    """What an error says, in Chinese and English."""
    if isinstance(error, SigningError):
        error = from_signing(error)
    if isinstance(error, (BidError, ClientError, ToldInBoth)):
        return error.text("zh"), error.text("en")
    return str(error), str(error)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)[:_MOST].strip()
