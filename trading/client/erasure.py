"""Erasing a tender's sealing key, after the opening record or the tender's end, and never on a hint."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bids.custody import CheckedClosing
from bids.entries import Entry
from bids.errors import BidError
from bids.notice import Notice
from bids.objects import build_statement
from bids.opening import OpeningRecord
from bids.trust import Trust
from signing.certificates import party_of
from signing.encoding import b64decode, format_time
from signing.keys import Signer
from signing.statements import sign_statement
from trading.client.acceptance import accepted_notice
from trading.client.api import Api, statement
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.log_follower import LogFollower

log = logging.getLogger("sunseal.custodian")


class Erasures:
    """Proves that a tender's key is needed no more, erases it, and says so.

    Args:
        checked: fetches the closed tender and does a custodian's checks on it.
    """

    def __init__(
        self,
        api: Api,
        state: CustodianState,
        follower: LogFollower,
        signer: Signer,
        now: Callable[[], datetime],
        checked: Callable[[str], CheckedClosing],
    ) -> None:
        self._api = api
        self._state = state
        self._follower = follower
        self._signer = signer
        self._now = now
        self._checked = checked

    def erase(self, tender: str, trust: Trust) -> bool:
        """Erase the seed and hand in the signed word for it; whether that was done now.

        The signed statement is on disk first and stands for the decision: after a crash the erasure is
        gone through with, whatever the platform shows by then.

        Raises:
            ClientError: "erase-unproved", "erase-unjustified". BidError: a statement does not hold.
        """
        file = self._state.read(tender, "erasure.json")
        if file is None:
            accepted = accepted_notice(self._state, tender)
            if accepted is None:
                raise ClientError("notice-not-accepted")
            notice = accepted.notice
            self._follower.follow()
            self._prove(notice, trust)
            file = self._sign(notice)
            self._state.write_once(tender, "erasure.json", file)
        self._state.erase(tender, "seed")
        self._api.put(f"/custody/tenders/{tender}/erasure", statement(file))
        self._state.write(tender, "erased", b"")
        log.info("tender %s: sealing key erased", tender)
        return True

    def _sign(self, notice: Notice) -> bytes:
        own = party_of(self._signer.certificate).id
        now = self._now()
        key = notice.policy.custodian(own).sealing_key_digest
        members = build_statement(
            "erasure",
            {"at": format_time(now), "tender": notice.tender, "custodian": own, "sealing_key": key},
        )
        return sign_statement(members, self._signer, now)

    def _prove(self, notice: Notice, trust: Trust) -> None:
        """By the log: the signed opening record, the agency's cancellation, or a justified failure."""
        by_act = {entry.act: entry for entry in map(Entry.parse, self._follower.entries(notice.tender))}
        if opened := by_act.get("tender.opened"):
            self._prove_opened(notice, opened, trust)
        elif cancelled := by_act.get("tender.cancelled"):
            self._prove_cancelled(notice, cancelled, trust)
        elif failed := by_act.get("tender.failed"):
            self._prove_failed(notice, failed, trust)
        else:
            raise ClientError("erase-unproved")

    def _prove_opened(self, notice: Notice, entry: Entry, trust: Trust) -> None:
        file = self._api.get(f"/tenders/{notice.tender}/opening")["record"]
        if file is None:
            raise ClientError("erase-unproved")
        record = OpeningRecord.parse(trust.platform_statement("opening-record", b64decode(str(file))))
        if record.tender != notice.tender or entry.digests.get("opening_record") != record.digest:
            raise ClientError("erase-unproved")
        closing = self._state.read(notice.tender, "closing")
        if closing is not None and closing.decode() != record.closing:
            raise BidError("closing-second", file="opening-record.json")

    def _prove_cancelled(self, notice: Notice, entry: Entry, trust: Trust) -> None:
        if entry.statement_file is None:
            raise ClientError("erase-unproved")
        party, read = trust.verify_statement("cancellation", entry.statement_file, "agency")
        if party.id != notice.buyer.id or read.statement["tender"] != notice.tender:
            raise ClientError("erase-unproved")

    def _prove_failed(self, notice: Notice, entry: Entry, trust: Trust) -> None:
        """Without an opening a tender fails for want of bidders alone, and this custodian counts them."""
        if entry.statement_file is None:
            raise ClientError("erase-unproved")
        read = trust.platform_statement("failure", entry.statement_file)
        if read.statement["tender"] != notice.tender:
            raise ClientError("erase-unproved")
        if self._checked(notice.tender).minimum_reached:
            raise ClientError("erase-unjustified")
