"""A custodian's release: made once, on disk before anybody sees it, and the same bytes ever after."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from bids.custody import (
    CheckedClosing,
    CheckedStage,
    build_release,
    check_release,
    remember_closing,
    remember_stage,
    seal_files_share,
)
from bids.errors import BidError
from bids.notice import Notice
from bids.trust import Trust
from signing.encoding import b64decode, b64encode
from signing.statements import sign_statement
from trading.client.api import Api, ApiProblem, unfile
from trading.client.custodian_journal import Journal
from trading.client.custodian_keys import CustodianKeys
from trading.client.custodian_segments import Memory, fetch_stage, release_name, sent_name
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.journal_telling import tell_released

log = logging.getLogger("sunseal.custodian")


class Releases:
    """Releases what was checked.

    Args:
        secure: puts what is on disk into the backup, if it can.
        check: fetches the closed tender and does a custodian's checks on it.
        entries: the tender's entries in the log, as this custodian followed it.
        envelope: the digest of a party's newest statement of its envelope key in that log, or None.
    """

    def __init__(
        self,
        api: Api,
        state: CustodianState,
        keys: CustodianKeys,
        now: Callable[[], datetime],
        journal: Journal,
        secure: Callable[[], None],
        check: Callable[[str], tuple[CheckedClosing, Trust]],
        entries: Callable[[str], tuple[bytes, ...]],
        envelope: Callable[[str], str | None],
    ) -> None:
        self._api = api
        self._state = state
        self._keys = keys
        self._now = now
        self._journal = journal
        self._secure = secure
        self._check = check
        self._entries = entries
        self._envelope = envelope

    def release(self, notice: Notice, segment: str) -> bool:
        """Make the release of a segment, if none is on disk yet, and hand it in; False if none is to be made.

        `notice` is the accepted one.

        Raises:
            BidError, ClientError, SigningError, ApiProblem, ConnectionFailed: what does not hold.
        """
        tender, policy = notice.tender, notice.policy
        name = release_name(policy, segment)
        body = self._state.read(tender, name)
        if body is None:
            body = self._make(tender, segment)
            if body is None:
                return False
            self._state.write_once(tender, name, body)
            self._secure()
        try:
            self._api.put_json_bytes(f"/custody/tenders/{tender}/release", body)
        except ApiProblem as problem:
            if problem.code != "release-second":
                raise
            body = self.adopt(tender, segment)
        self._state.write(tender, sent_name(policy, segment), b"")
        tell_released(self._journal, tender, json.loads(body)["file"], policy.place(segment) > 0)
        log.info("tender %s: shares released", tender)
        return True

    def adopt(self, tender: str, segment: str) -> bytes:
        """This custodian's release that the platform has, made by hand or before a recovery; on record.

        It stands if its own key signed it for the closing that was checked here: it made it itself.

        Raises:
            ApiProblem: the platform has none. BidError, ClientError, SigningError: it does not stand.
        """
        file = unfile(self._api.get(f"/custody/tenders/{tender}/release"))
        checked, trust = self._check(tender)
        stage = fetch_stage(self._api, checked, segment, self._entries(tender), trust)
        release = check_release(file, checked, trust, stage)
        if release.custodian != self._keys.id:
            raise BidError("release-signer", custodian=self._keys.id)
        self._remember(checked, stage)
        body = json.dumps({"file": b64encode(file), "files_shares": []}, separators=(",", ":")).encode()
        self._state.write(tender, release_name(checked.policy, segment), body)
        self._journal.write("adopted", tender)
        return body

    def _make(self, tender: str, segment: str) -> bytes | None:
        """Every check of the protocol, then the release's bytes; None if too few suppliers have bid."""
        checked, trust = self._check(tender)
        if not checked.minimum_reached:
            return None
        key = self._keys.sealing_key(tender)
        signer = self._keys.signer_of(checked.policy.custodian(self._keys.id).signing_key)
        if key is None or signer is None:
            return None
        stage = fetch_stage(self._api, checked, segment, self._entries(tender), trust)
        now = self._now()
        statement, shares = build_release(checked, self._keys.id, key, segment, now, stage)
        sealed = self._seal_files(checked.notice, segment, shares, trust)
        self._remember(checked, stage)
        file = sign_statement(statement, signer, now)
        return json.dumps({"file": b64encode(file), "files_shares": sealed}, separators=(",", ":")).encode()

    def _remember(self, checked: CheckedClosing, stage: CheckedStage | None) -> None:
        """One closing of a tender, and one stage statement for a segment, ever."""
        remember_closing(Memory(self._state, "closing"), checked)
        if stage is not None:
            remember_stage(Memory(self._state, f"stage-{stage.stage.segment}"), stage)

    def _seal_files(
        self, notice: Notice, segment: str, shares: Mapping[str, bytes], trust: Trust
    ) -> list[dict[str, str]]:
        if not shares:
            return []
        file = b64decode(str(self._api.get(f"/organisations/{notice.buyer.id}/envelope-key")["file"]))
        party, statement = trust.verify_statement("envelope-key", file, "agency")
        if party.id != notice.buyer.id or statement.statement["party"] != notice.buyer.id:
            raise ClientError("envelope-key-other")
        if statement.digest != self._envelope(notice.buyer.id):
            raise ClientError("envelope-key-older")
        key = b64decode(str(statement.statement["key"]))
        return [
            {
                "bid": bid,
                "sealed": seal_files_share(
                    key, notice.tender, bid, segment, self._keys.id, share, notice.policy.suite
                ),
            }
            for bid, share in shares.items()
        ]
