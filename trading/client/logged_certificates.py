"""Which enrolments the public log has, as a custodian follows it: a certificate that it lacks does not count.

An agency or a custodian that looks at the log then finds every certificate that was ever used in its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from bids.entries import Entry
from bids.trust import Enrolment
from trading.client.custodian_state import CustodianState

_RECORD, _LOG = "enrolled.json", "log.json"


class LoggedCertificates:
    """A listener of the follower: the digests of the enrolments in entries `certificate.issued`, on disk.

    It is written where there is something new. What the follower has on record was heard by then, as that is
    written after this.
    """

    def __init__(self, state: CustodianState) -> None:
        self._state = state
        kept, log = state.read_shared(_RECORD), state.read_shared(_LOG)
        self._known: set[str] = set() if kept is None else set(json.loads(kept))
        self._heard = int(json.loads(log)["size"]) if kept is not None and log is not None else 0
        self._written = kept is not None
        self._fresh: set[str] = set()

    @property
    def heard(self) -> int:
        """See `Listener`."""
        return self._heard

    def hear(self, position: int, entry: Entry) -> None:
        """See `Listener`."""
        if entry.act == "certificate.issued" and "enrolment" in entry.digests:
            self._fresh.add(entry.digests["enrolment"])

    def keep(self, size: int) -> None:
        """See `Listener`."""
        if self._fresh - self._known or not self._written:
            self._known |= self._fresh
            self._state.write_shared(_RECORD, json.dumps(sorted(self._known)).encode())
            self._written = True
        self._fresh.clear()
        self._heard = size

    def forget(self) -> None:
        """See `Listener`."""
        self._fresh.clear()

    def missing(self, enrolments: Iterable[Enrolment]) -> list[str]:
        """The certificates of agencies and custodians whose enrolments the log does not have."""
        return [
            one.certificate for one in enrolments if one.role != "supplier" and one.digest not in self._known
        ]
