"""A desk is made of sections of lines: what waits, for which tender, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trading.web.forms import Both

MOST = 20  # lines of a section; a list of its own has them all


@dataclass(frozen=True)
class Line:
    """One thing to do or to know: where it leads, what it is, why it stands here, until or since when."""

    to: str
    text: str
    note: Both
    at: datetime | None = None
    counts_down: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Section:
    """Lines of one kind; `empty` says what to do when there are none, `more` leads on as `leads` says."""

    key: str
    title: Both
    lines: Sequence[Line]
    empty: Both
    more: str = ""
    leads: Both = Both("查看全部", "See all")
