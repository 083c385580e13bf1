"""Erasing a tender's sealing key, after the opening record or the tender's end, and never on a hint."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from bids.custody import CheckedClosing
from bids.entries import Entry
from bids.errors import BidError
from bids.notice import Notice
from bids.objects import build_statement, read_signed
from bids.opening_record import OpeningRecord
from bids.stages import Stage
from bids.trust import Trust
from signing.encoding import b64decode, format_time
from signing.statements import sign_statement
from trading.client.acceptance import accepted_notice
from trading.client.api import Api, statement, unfile
from trading.client.custodian_journal import Journal
from trading.client.custodian_keys import CustodianKeys
from trading.client.custodian_segments import release_name
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.log_follower import LogFollower

log = logging.getLogger("sunseal.custodian")

_ENDS = {
    "opened": (
        "开标记录已签名并收录于日志，日志中的释放声明集与本机所释放的一致",
        "the signed opening record is in the log, and the releases there agree with what was released here",
    ),
    "cancelled": (
        "招标人签名的取消决定收录于日志",
        "the agency's signed cancellation is in the log",
    ),
    "failed": (
        "平台宣布流标，本机核对的投标人数确未达下限",
        "the tender failed, and by this custodian's own count too few suppliers had bid",
    ),
    "few": (
        "平台宣布流标，按日志中的开标记录和招标人签名的阶段评审书，进入下一段的投标人确未达下限",
        "the tender failed, and by the opening record and the agency's signed stage statement in the log too "
        "few suppliers were left",
    ),
    "decided": (
        "此前已核对并决定销毁，中断后完成",
        "it had been proved and decided before an interruption",
    ),
}  # fmt: skip


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
        keys: CustodianKeys,
        now: Callable[[], datetime],
        journal: Journal,
        checked: Callable[[str], CheckedClosing],
    ) -> None:
        self._api = api
        self._state = state
        self._follower = follower
        self._keys = keys
        self._now = now
        self._journal = journal
        self._checked = checked

    def erase(self, tender: str, trust: Trust) -> bool:
        """Erase the seed and hand in the signed word for it; whether that was done now.

        The signed statement is on disk first and stands for the decision: after a crash the erasure is
        gone through with, whatever the platform shows by then.

        Raises:
            ClientError: "erase-unproved", "erase-unreleased", "erase-unjustified".
            BidError: a statement does not hold.
        """
        file = self._state.read(tender, "erasure.json")
        end = "decided"
        if file is None:
            accepted = accepted_notice(self._state, tender)
            if accepted is None:
                raise ClientError("notice-not-accepted")
            notice = accepted.notice
            self._follower.follow()
            end = self._prove(notice, trust)
            file = self._sign(notice)
            self._state.write_once(tender, "erasure.json", file)
        self._keys.erase(tender)
        # The releases too: of a tender that ended unopened, their shares are nobody's business.
        accepted = accepted_notice(self._state, tender)
        if accepted is not None:
            policy = accepted.notice.policy
            for segment in policy.segment_names:
                self._state.erase(tender, release_name(policy, segment))
        self._api.put(f"/custody/tenders/{tender}/erasure", statement(file))
        self._state.write(tender, "erased", b"")
        zh, en = _ENDS[end]
        self._journal.write("erased", tender, reason=zh, reason_en=en)
        log.info("tender %s: sealing key erased", tender)
        return True

    def _sign(self, notice: Notice) -> bytes:
        own = self._keys.id
        now = self._now()
        key = notice.policy.custodian(own).sealing_key_digest
        members = build_statement(
            "erasure",
            {"at": format_time(now), "tender": notice.tender, "custodian": own, "sealing_key": key},
        )
        return sign_statement(members, self._keys.signer, now)

    def _prove(self, notice: Notice, trust: Trust) -> str:
        """By the log: the signed opening record, the agency's cancellation, or a justified failure; which.

        Raises:
            ClientError: none of them, and why.
        """
        by_act: dict[str, list[Entry]] = {}
        for entry in map(Entry.parse, self._follower.entries(notice.tender)):
            by_act.setdefault(entry.act, []).append(entry)
        opened, frozen = by_act.get("tender.opened", []), by_act.get("opening.frozen", [])
        # The key is needed until the last segment was opened; what the log has after that counts for nothing.
        last = len(notice.policy.segments) - 1
        if len(opened) > last:
            record = self._prove_opened(notice, opened[last], trust)
            self._prove_released(notice, frozen, last, record, trust)
            return "opened"
        if cancelled := by_act.get("tender.cancelled"):
            self._prove_cancelled(notice, cancelled[0], trust)
            return "cancelled"
        if failed := by_act.get("tender.failed"):
            self._prove_failure(notice, failed[0], trust)
            if not opened:
                self._prove_few_bid(notice)
                return "failed"
            stated = by_act.get("tender.admitted", [])
            self._prove_few_left(notice, opened, frozen, stated, trust)
            return "few"
        raise ClientError("erase-unproved")

    def _prove_opened(self, notice: Notice, entry: Entry, trust: Trust) -> OpeningRecord:
        file = self._api.get(f"/tenders/{notice.tender}/opening")["record"]
        if file is None:
            raise ClientError("erase-unproved")
        record = OpeningRecord.parse(trust.platform_statement("opening-record", b64decode(str(file))))
        if record.tender != notice.tender or entry.digests.get("opening_record") != record.digest:
            raise ClientError("erase-unproved")
        return record

    def _prove_released(
        self, notice: Notice, sets: Sequence[Entry], place: int, record: OpeningRecord, trust: Trust
    ) -> None:
        """A record says that bids were opened; that they could be is what the frozen releases show.

        The set is in the log once for all custodians, so a false one names some that never released: they
        see it, and at least as many as open a bid keep their keys.
        """
        closing = self._state.read(notice.tender, "closing")
        if closing is not None and closing.decode() != record.closing:
            raise BidError("closing-second", file="opening-record.json")
        file = sets[place].statement_file if len(sets) > place else None
        if file is None:
            raise ClientError("erase-unreleased")
        members = trust.platform_statement("release-set", file).statement
        if (members["tender"], members["closing"]) != (notice.tender, record.closing):
            raise ClientError("erase-unreleased")
        listed = {row["custodian"]: row["sha256"] for row in members["releases"]}
        if len(listed.keys() & {one.id for one in notice.policy.custodians}) < notice.policy.threshold:
            raise ClientError("erase-unreleased")
        own = self._keys.id
        segment = notice.policy.segment_names[place]
        if members["segment"] != segment:
            raise ClientError("erase-unreleased")
        if own in listed and listed[own] != self._own_release(notice, segment):
            raise ClientError("erase-unreleased")

    def _own_release(self, notice: Notice, segment: str) -> str | None:
        body = self._state.read(notice.tender, release_name(notice.policy, segment))
        return None if body is None else read_signed(unfile(json.loads(body)), "release").digest

    def _prove_cancelled(self, notice: Notice, entry: Entry, trust: Trust) -> None:
        if entry.statement_file is None:
            raise ClientError("erase-unproved")
        party, read = trust.verify_statement("cancellation", entry.statement_file, "agency")
        if party.id != notice.buyer.id or read.statement["tender"] != notice.tender:
            raise ClientError("erase-unproved")

    def _prove_failure(self, notice: Notice, entry: Entry, trust: Trust) -> None:
        if entry.statement_file is None:
            raise ClientError("erase-unproved")
        read = trust.platform_statement("failure", entry.statement_file)
        if read.statement["tender"] != notice.tender:
            raise ClientError("erase-unproved")

    def _prove_few_bid(self, notice: Notice) -> None:
        """Without an opening a tender fails for want of bidders alone, and this custodian counts them."""
        if self._checked(notice.tender).minimum_reached:
            raise ClientError("erase-unjustified")

    def _prove_few_left(
        self, notice: Notice, opened: Sequence[Entry], frozen: Sequence[Entry], stated: Sequence[Entry],
        trust: Trust,
    ) -> None:  # fmt: skip
        """Between two segments a tender fails where too few suppliers were opened, or admitted by the
        agency's own statement on that opening."""
        segment = notice.policy.segment_names[len(opened) - 1]
        stages = self._api.get(f"/tenders/{notice.tender}/opening")["stages"]
        files = [b64decode(str(one["record"])) for one in stages if one["segment"] == segment]
        if not files:
            raise ClientError("erase-unproved")
        record = OpeningRecord.parse(trust.platform_statement("opening-record", files[0]))
        if record.tender != notice.tender or opened[-1].digests.get("opening_record") != record.digest:
            raise ClientError("erase-unproved")
        self._prove_released(notice, frozen, len(opened) - 1, record, trust)
        left = {row.bid for row in record.bids if row.opened}
        if len(stated) >= len(opened):
            file = stated[len(opened) - 1].statement_file
            if file is None:
                raise ClientError("erase-unproved")
            party, read = trust.verify_statement("stage", file, "agency")
            stage = Stage.parse(read)
            if party.id != notice.buyer.id or stage.opening != record.digest:
                raise ClientError("erase-unproved")
            left &= set(stage.admitted)
        suppliers = {row.supplier for row in record.bids if row.bid in left}
        if len(suppliers) >= max(notice.policy.minimum_bidders, 1):
            raise ClientError("erase-unjustified")
