"""Every table and every column of the database: what an edit of it does, and who detects that.

A column stands in one place of `tables.TABLES`:

- `caught(MOMENT, "columns", PARTY, …)`: it is edited at that moment, and at least these parties must find
  it, each with its own real code. "(row)" is the deletion of the row.
- `harmless(REASON, "columns")`: nothing that anybody relies on follows from it. All of them are edited at
  once, at several moments, and then the whole course comes out as ever.
- `elsewhere(WHO, "columns")`: detected by what does not run here, which `WHO` names with its tests.
- `open_("why", "columns")`: nobody detects it; it stands so in docs/security.md.

`test_columns.py` fails for a column that stands nowhere. docs/security.md is written from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.adversary.edits import Change
from tests.adversary.moments import Moment
from tests.adversary.parties import Party

C, S, W, V = Party.CUSTODIAN, Party.SUPPLIER, Party.WITNESS, Party.VERIFIER
A, R, SUPERVISOR, ALL = Party.AGENCY, Party.READER, Party.SUPERVISOR, Party.EVERYBODY

SHOWN = "shown on pages and in lists; what binds is the signed notice, statement or log entry"
COPY = "a copy, for queries, of what signed bytes say; every check reads the bytes"
ACCESS = "lets somebody act over the API, which the operator can do anyway; it signs nothing"
WORK = "which work is to be done, and by whom; an edit delays it, and the log shows for how long"
SALT = "opens one address for an auditor, who sees that it no longer fits the digest in the log"
HARMLESS_TOGETHER = (SHOWN, COPY)


@dataclass(frozen=True)
class Caught:
    """Columns whose edit at `moment` is found by all of `parties` at least."""

    columns: tuple[str, ...]
    moment: Moment
    parties: frozenset[Party]
    change: Change | None = None


@dataclass(frozen=True)
class Harmless:
    """Columns whose edit changes nothing that anybody relies on."""

    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Elsewhere:
    """Columns whose edit is found by what these tests cannot run."""

    columns: tuple[str, ...]
    who: str


@dataclass(frozen=True)
class Open:
    """Columns whose edit nobody finds."""

    columns: tuple[str, ...]
    why: str


Kind = Caught | Harmless | Elsewhere | Open


def caught(moment: Moment, columns: str, *parties: Party, change: Change | None = None) -> Caught:
    return Caught(tuple(columns.split()), moment, frozenset(parties), change)


def harmless(reason: str, columns: str) -> Harmless:
    return Harmless(tuple(columns.split()), reason)


def elsewhere(who: str, columns: str) -> Elsewhere:
    return Elsewhere(tuple(columns.split()), who)


def open_(why: str, columns: str) -> Open:
    return Open(tuple(columns.split()), why)

