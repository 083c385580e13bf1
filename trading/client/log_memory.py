"""What an agent keeps of the log beyond its tenders' entries: agencies' envelope keys, and the log's time."""

from __future__ import annotations

import json
from datetime import datetime

from bids.entries import Entry
from bids.errors import BidError
from bids.objects import read_signed
from bids.trust import SKEW
from signing.encoding import format_time, parse_time
from trading.client.custodian_state import CustodianState

_RECORD = "log-memory.json"


class LogMemory:
    """A `Listener` of the log, on record in the agent's folder."""

    def __init__(self, state: CustodianState) -> None:
        self._state = state
        self._newest: datetime | None = None
        self.forget()

    @property
    def heard(self) -> int:
        """See `Listener`."""
        return self._heard

    def hear(self, position: int, entry: Entry) -> None:
        """See `Listener`."""
        self._newest = entry.at
        if entry.act != "envelope-key.set" or entry.statement_file is None:
            return
        try:
            read = read_signed(entry.statement_file, "envelope-key")
        except BidError:
            return
        # An old statement that is logged again is not the newest: its time is what its signer says. Of none
        # from times to come: who wrote it into the log once would keep the agency's true key out for ever.
        party, signed = str(read.statement["party"]), parse_time(read.statement["at"])
        if signed > entry.at + SKEW:
            return
        at = format_time(signed)
        if party not in self._keys or self._keys[party][0] < at:
            self._keys[party] = [at, read.digest]

    def keep(self, size: int) -> None:
        """See `Listener`."""
        newest = None if self._newest is None else format_time(self._newest)
        record = {"size": size, "newest": newest, "envelope_keys": self._keys}
        self._state.write_shared(_RECORD, json.dumps(record).encode())
        self._heard = size

    def forget(self) -> None:
        """See `Listener`."""
        kept = self._state.read_shared(_RECORD)
        record = {"size": 0, "newest": None, "envelope_keys": {}} if kept is None else json.loads(kept)
        self._heard = int(record["size"])
        self._newest = None if record["newest"] is None else parse_time(record["newest"])
        self._keys: dict[str, list[str]] = dict(record["envelope_keys"])

    @property
    def newest(self) -> datetime | None:
        """When the last entry of the log was made, by its own word; None of an empty log."""
        return self._newest

    def envelope_key(self, party: str) -> str | None:
        """The digest of a party's statement of its envelope key, of those in the log the newest by its own
        time; None if there is none."""
        found = self._keys.get(party)
        return None if found is None else found[1]
