"""What a party's look at the log has met in its name, and what it has still to look up, on its own disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from signing.certificates import Party
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError

_RECORD = "own-name.json"


@dataclass(frozen=True)
class Sighting:
    """A certificate that was met in the party's name.

    `kind` is "issued", "listed" (by the platform to the party), "day", "statement", "notice", "custodian" (a
    notice's) or "bid". `key` is the SHA-256 of its SPKI, where it is known; `what` names the statement's
    type, the bid, the day. `files` (base64, by the name each has in a proof) show it to anybody.
    """

    certificate: str
    kind: str
    at: str
    key: str | None = None
    position: int | None = None
    tender: str | None = None
    what: str | None = None
    files: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass
class OwnMemory:
    """What is on record: how far the log was heard, what in it is still to be looked up, what was met."""

    party: str
    heard: int = 0
    issued: dict[str, list[str]] = field(default_factory=dict)  # position: fingerprint, entry
    days: dict[str, str] = field(default_factory=dict)  # position: entry
    opened: dict[str, str] = field(default_factory=dict)  # position: day
    before: str = ""  # the last day before the party was there that has a root
    notices: list[list[Any]] = field(default_factory=list)  # tender, digest, position
    closed: list[str] = field(default_factory=list)  # tenders
    met: list[Sighting] = field(default_factory=list)

    @classmethod
    def load(cls, state: CustodianState, party: Party) -> OwnMemory:
        """The record; ClientError "own-other-party" if it is another party's."""
        data = state.read_shared(_RECORD)
        if data is None:
            return cls(party.id)
        members = json.loads(data)
        if members["party"] != party.id:
            raise ClientError("own-other-party", folder=state.folder, found=members["party"])
        return cls(**{**members, "met": [Sighting(**one) for one in members["met"]]})

    def add(self, other: OwnMemory) -> None:
        """What was heard since."""
        self.issued |= other.issued
        self.days |= other.days
        self.notices += other.notices
        self.closed += other.closed
        self.met += other.met

    def save(self, state: CustodianState) -> None:
        """To disk."""
        state.write_shared(_RECORD, json.dumps(asdict(self)).encode())
