"""Entries of the public log: who did what, when, from which address, with which digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bids.objects import read_object, write_object
from signing import canonical
from signing.canonical import JSON
from signing.encoding import format_time, parse_time


@dataclass(frozen=True)
class Who:
    """A person acting for an organisation in a role."""

    person: str
    organisation: str
    role: str


@dataclass(frozen=True)
class Entry:
    """A leaf of the public log, `raw` its exact bytes.

    `act` is "tender.published", "tender.closed", …; `address` a salted digest of the network address;
    `digests` SHA-256 by name; `statement` a whole signed statement {statement, signature} where no file of
    the evidence package holds it.
    """

    raw: bytes
    digest: str
    at: datetime
    act: str
    tender: str | None
    who: Who | None
    address: str | None
    digests: Mapping[str, str]
    statement: Mapping[str, Any] | None

    @classmethod
    def parse(cls, raw: bytes) -> Entry:
        """An entry from a leaf's bytes; BidError."""
        members = read_object(raw, "entry")
        return cls(
            raw=raw,
            digest=canonical.digest(raw),
            at=parse_time(members["at"]),
            act=members["act"],
            tender=members.get("tender"),
            who=Who(**members["who"]) if "who" in members else None,
            address=members.get("address"),
            digests=members.get("digests", {}),
            statement=members.get("statement"),
        )

    @property
    def statement_file(self) -> bytes | None:
        """The embedded signed statement as the file it would be, ready for `signing.statements`."""
        return None if self.statement is None else canonical.dumps(self.statement)


def build_entry(
    *,
    at: datetime,
    act: str,
    tender: str | None = None,
    who: Who | Mapping[str, str] | None = None,
    address: str | None = None,
    digests: Mapping[str, str] | None = None,
    statement: bytes | None = None,
) -> bytes:
    """The canonical bytes of an entry; `statement` is a signed statement's file. Raises BidError."""
    members: dict[str, JSON] = {"at": format_time(at), "act": act}
    if tender is not None:
        members["tender"] = tender
    if who is not None:
        person = who if isinstance(who, Who) else Who(**who)
        members["who"] = {"person": person.person, "organisation": person.organisation, "role": person.role}
    if address is not None:
        members["address"] = address
    if digests:
        members["digests"] = dict(digests)
    if statement is not None:
        members["statement"] = canonical.loads(statement)
    return write_object("entry", members)
