"""Sealing keys: signed for a tender, in advance for ids kept ready, and erased if no tender came of one."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from bids.sealing_keys import sign_sealing_key
from signing.certificates import fingerprint
from signing.encoding import b64encode, format_time, is_id, parse_time
from trading.client.acceptance import accepted_notice
from trading.client.api import Api, JsonObject
from trading.client.custodian_journal import Journal
from trading.client.custodian_keys import CustodianKeys
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError

log = logging.getLogger("sunseal.custodian")

_RECORD = "key.json"
_AT_ONCE = 16  # keys in one request
_GIVEN_UP = "given-up"
# So long is a key kept that the platform needs no more, while the log is watched for a notice with it.
KEPT = timedelta(days=30)
_MOST = 4000  # keys in advance: a platform must not fill this disk


def signed_key(state: CustodianState, keys: CustodianKeys, tender: str) -> JsonObject:
    """What hands in the sealing key of a tender, made now if there is none; on disk before this returns.

    The same again if the first answer was lost, but signed anew if the signing key was renewed since.
    """
    if state.read(tender, _GIVEN_UP) is not None:
        state.erase(tender, _GIVEN_UP)  # it is wanted after all
    signer = keys.signer
    body = state.read(tender, _RECORD)
    if body is not None and keys.holds(tender):
        known: JsonObject = json.loads(body)
        if known["certificate"] == fingerprint(signer.certificate):
            return known
    public = keys.make(tender)
    members: JsonObject = {
        "sealing_key": b64encode(public),
        "signature": b64encode(sign_sealing_key(signer.key, tender, keys.id, public)),
        "certificate": fingerprint(signer.certificate),
    }
    state.write(tender, _RECORD, json.dumps(members).encode())
    return members


class Stock:
    """The keys that this custodian has signed for tenders to come."""

    def __init__(
        self,
        api: Api,
        state: CustodianState,
        keys: CustodianKeys,
        journal: Journal,
        secure: Callable[[], None],
    ) -> None:
        self._api = api
        self._state = state
        self._keys = keys
        self._journal = journal
        self._secure = secure

    def fill(self) -> set[str]:
        """Hand in a key for every id that has none; all ids that are kept ready now.

        Raises:
            ClientError: "stock-too-large".
        """
        items = [item for item in self._api.get("/custody/reserve")["items"] if is_id(str(item["tender"]))]
        wanted = [
            str(item["tender"]) for item in items
            if item["key_wanted"] or self._signed_before(str(item["tender"]))
        ]  # fmt: skip
        # Other ids each time fill a disk as well as many at once.
        held = {*(each for each in self.unused(frozenset()) if not self._given_up(each)), *wanted}
        if not wanted:
            held = set()
        if max(len(items), len(held)) > _MOST:
            raise ClientError("stock-too-large", limit=_MOST)
        bodies = [{"tender": tender, **signed_key(self._state, self._keys, tender)} for tender in wanted]
        if bodies:
            self._secure()
            for start in range(0, len(bodies), _AT_ONCE):
                self._api.put("/custody/reserve", {"keys": bodies[start : start + _AT_ONCE]})
            self._journal.write("stocked", count=len(bodies))
            log.info("%d sealing keys handed in for tenders to come", len(bodies))
        return {str(item["tender"]) for item in items}

    def _signed_before(self, tender: str) -> bool:
        """Whether the key of an id was signed by a signing key that was renewed since."""
        record = self._state.read(tender, _RECORD)
        newest = fingerprint(self._keys.signer.certificate)
        return record is not None and json.loads(record)["certificate"] != newest

    def unused(self, needed: AbstractSet[str]) -> list[str]:
        """Keys here of which no notice was accepted and that are not among the needed."""
        return [
            tender
            for tender in self._state.tenders()
            if tender not in needed
            and self._keys.holds(tender)
            and accepted_notice(self._state, tender) is None
        ]

    def left_over(self, needed: AbstractSet[str]) -> list[str]:
        """Keys here whose notice was accepted and that the platform wants nothing of any more."""
        return [
            tender
            for tender in self._state.tenders()
            if tender not in needed
            and self._keys.holds(tender)
            and accepted_notice(self._state, tender) is not None
        ]

    def give_up(self, tender: str, now: datetime, logged: datetime | None) -> bool:
        """Have the platform forget an unpublished key; erase it `KEPT` later; whether anything was done.

        The platform's word is not enough, and an old end of the log shows no notice that came after it: the
        key is erased once the log has entries (`logged`: the time of its last one) from after that time.

        Raises:
            ApiProblem: it is needed after all; it stays.
        """
        since = self._state.read(tender, _GIVEN_UP)
        if since is None:
            self._api.delete(f"/custody/reserve/{tender}")
            self._state.write(tender, _GIVEN_UP, format_time(now).encode())
            self._journal.write("given-up", tender)
            return True
        until = parse_time(since.decode()) + KEPT
        if now < until or logged is None or logged < until:
            return False
        self._erase(tender)
        self._journal.write("unused", tender)
        return True

    def _given_up(self, tender: str) -> bool:
        return self._state.read(tender, _GIVEN_UP) is not None

    def erase(self, tender: str) -> None:
        """Erase the key of a tender that was published without this custodian."""
        self._erase(tender)
        self._journal.write("unnamed", tender)

    def _erase(self, tender: str) -> None:
        # In this order: what a crash leaves must not hand in a key that is gone.
        self._state.erase(tender, _RECORD)
        self._keys.erase(tender)
        self._secure()
