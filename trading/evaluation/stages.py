"""The agency's judgement of a segment that opened before the last: who goes on, who is rejected and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bids.custody import CheckedStage, CurrentBid
from bids.notice import Notice
from bids.objects import read_signed
from bids.opening_record import OpeningRecord
from bids.stages import Stage as StageStatement
from bids.stages import check_stage
from signing.encoding import b64encode
from trading.accounts.services import Accounts
from trading.audit.services import AuditLog
from trading.opening.checked import closing_on_record
from trading.opening.closing import too_few
from trading.opening.models import Stage
from trading.opening.stages import bids_in
from trading.opening.statements import refuse_before_opening
from trading.platform import Platform
from trading.queue import step
from trading.tenders.lifecycle import Event, Facts, State, transition
from trading.tenders.models import Tender
from trading.tenders.reading import notice_in_force
from trading.tenders.rules import pack_named
from trading.tenders.services import Tenders
from trading.web.security import Actor


class Stages:
    """Takes the agency's signed stage statements; with one the next segment's turn has come."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._accounts = Accounts(platform)
        self._tenders = Tenders(platform)
        self._log = AuditLog(platform)

    def judge(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, file: bytes
    ) -> dict[str, Any]:
        """Keep the agency's stage statement and log it: custodians release the next segment on it alone.

        1. Signature, chain, revocation, organisation, now and as of its own time.
        2. A segment waits for it; it is about that segment's opening record, and admits or rejects every bid
           that opened there.
        3. Too few suppliers go on, where the rule pack counts them, or none: the tender fails in the same
           transaction, and nothing more of any bid is opened.

        The same statement again changes nothing.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is kept.
        """
        read = read_signed(file, "stage")
        now = self._platform.clock.now(session)
        verified, crl = self._accounts.verify_party_signature(
            session, read.statement_bytes, read.signature, now, "agency", actor.organisation
        )
        stage = StageStatement.parse(read)
        # What is closed does not change, so putting it together needs no lock.
        checked = None
        tender = session.get_one(Tender, tender_id)
        if tender.state == State.JUDGING.value:
            checked = closing_on_record(self._platform, session, tender)
        tender = self._tenders.lock(session, tender_id)
        before = self._kept(session, tender, stage)
        if before is not None:
            return _described(before, stage)
        now = self._platform.clock.now(session)
        target = transition(State(tender.state), Event.ADMIT, Facts(statement="stage"))
        self._accounts.judge_statement(session, "stage", file, verified, crl, now)
        row = session.get_one(Stage, (tender.id, tender.segment))
        refuse_before_opening(read.statement, row.at)
        notice = notice_in_force(session, tender)
        checked = checked or closing_on_record(self._platform, session, tender)
        bids: tuple[CurrentBid, ...] = bids_in(session, tender, tender.segment, checked)
        record = OpeningRecord.parse(row.raw)
        found = check_stage(stage, row.opens, record, bids, notice, checked.closing_digest)
        step("judging:checked", tender.id)
        tender.state, tender.segment = target, row.opens
        row.statement, row.statement_digest = file, stage.digest
        row.person_id, row.stated_at = actor.person, now
        session.flush()
        step("judging:written", tender.id)
        self._log.append(
            session, "tender.admitted", at=now, tender=tender.id, actor=actor, address=address,
            digests={
                "stage": stage.digest, "opening_record": stage.opening, "closing": checked.closing_digest,
            },
            statement=file,
        )
        step("judging:logged", tender.id)
        self._count(session, tender, notice, found, checked.closing_digest)
        return _described(row, stage)

    def _kept(self, session: Session, tender: Tender, stage: StageStatement) -> Stage | None:
        """The row that has this very statement already."""
        names = tender.segment_names
        if stage.segment not in names[1:]:
            return None
        row = session.get(Stage, (tender.id, names[names.index(stage.segment) - 1]))
        return row if row is not None and row.statement_digest == stage.digest else None

    def _count(
        self, session: Session, tender: Tender, notice: Notice, found: CheckedStage, closing: str
    ) -> None:
        pack = pack_named(notice.rules.pack, notice.rules.version)
        # With none there is nothing to open, whatever the pack says.
        least = notice.policy.minimum_bidders if pack.minimum_after_stage else 1
        if found.suppliers < least:
            now = self._platform.clock.now(session)
            self._tenders.fail(session, tender, too_few(found.suppliers, least, "admitted"), now, closing)


def _described(row: Stage, stage: StageStatement) -> dict[str, Any]:
    assert row.statement is not None
    return {
        "segment": row.segment,
        "opens": row.opens,
        "admitted": list(stage.admitted),
        "rejected": list(stage.rejections),
        "file": b64encode(row.statement),
    }
