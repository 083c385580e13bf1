"""Closing: at the deadline, never before, one transaction freezes the ledger and logs the closing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from bids.closing import build_closing
from bids.ledger import ledger_origin
from bids.notice import Notice
from signing import merkle
from signing.notes import Checkpoint, format_checkpoint
from trading.audit.services import AuditLog
from trading.opening.models import Closing
from trading.opening.record import current_on_record, leaves_on_record
from trading.opening.statements import SignedFile, sign
from trading.platform import Platform
from trading.queue import step
from trading.tenders.lifecycle import Event, Facts, State, transition
from trading.tenders.services import Tenders


class Closings:
    """Closes tenders."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tenders = Tenders(platform)
        self._log = AuditLog(platform)

    def close(self, tender_id: str) -> bool:
        """Close a tender whose deadline has passed; whether this call did.

        Accepting a bid locks the same row and reads the same clock, so a bid is either in the
        ledger that is frozen here or refused as late.
        """
        step("closing:started", tender_id)
        with self._platform.database.transaction() as session:
            tender = self._tenders.lock(session, tender_id)
            now = self._platform.clock.now(session)
            if tender.state != State.PUBLISHED or now < tender.deadline:
                step("closing:nothing-to-do", tender_id, state=tender.state)
                return False
            step("closing:locked", tender_id)
            notice = self._tenders.notice_of(session, tender)
            target = transition(
                State(tender.state), Event.CLOSE,
                Facts(statement="closing", now=now, deadline=max(notice.deadline, tender.deadline)),
            )
            leaves = leaves_on_record(session, tender_id)
            current = current_on_record(session, tender_id, notice.policy.digest, leaves)
            suppliers = {leaf.supplier for leaf in current}
            step("closing:ledger-read", tender_id)
            signed = self._statement(notice, leaves, now)
            step("closing:signed", tender_id)
            tender.state = target
            self._publish(session, tender_id, signed, len(leaves), now)
            step("closing:logged", tender_id)
            least = notice.policy.minimum_bidders
            if len(suppliers) < least:
                self._tenders.fail(
                    session, tender, too_few(len(suppliers), least, "bid"), now, signed.digest
                )
                step("closing:failed", tender_id)
        step("closing:committed", tender_id)
        return True

    def _statement(self, notice: Notice, leaves: list[bytes], now: datetime) -> SignedFile:
        keys = self._platform.keys
        origin = ledger_origin(keys.log_origin, notice.tender)
        root = merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
        checkpoint = format_checkpoint(Checkpoint(origin, len(leaves), root), keys.note_signer(origin))
        statement = build_closing(
            at=now, tender=notice.tender, policy=notice.policy.digest, deadline=notice.deadline,
            checkpoint=checkpoint, log=keys.log_origin,
        )
        return sign(self._platform, statement, now)

    def _publish(
        self, session: Session, tender_id: str, signed: SignedFile, size: int, now: datetime
    ) -> None:
        row = Closing(
            tender_id=tender_id, raw=signed.raw, digest=signed.digest, ledger_size=size, log_position=-1,
            at=now,
        )
        session.add(row)
        session.flush()
        step("closing:written", tender_id)
        entry = self._log.append(
            session, "tender.closed", at=now, tender=tender_id, actor=None, address=None,
            digests={"closing": signed.digest, "closing_file": signed.file_digest}, statement=None,
        )
        row.log_position = entry.position


_FEW = {
    "bid": ("递交有效投标文件", "have a current bid"),
    "opened": ("投标文件成功开启", "have a bid that opened"),
    "admitted": ("通过阶段评审", "were admitted to the next segment"),
}


def too_few(suppliers: int, least: int, verb: Literal["bid", "opened", "admitted"]) -> str:
    """Why a tender ends without enough bidders, in both languages, for its failure statement."""
    zh, en = _FEW[verb]
    said = f"{suppliers} supplier(s) {en}; {least} are needed."
    return f"{zh}的投标人为 {suppliers} 家，不足 {least} 家。 {said}"
