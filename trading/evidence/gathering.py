"""The facts of a tender's documents, gathered from the platform's rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.awards import Award
from bids.closing import Closing
from bids.objects import read_signed
from bids.opening_record import OpeningRecord
from bids.stages import Stage as StageStatement
from reports.facts import LogPosition
from trading.accounts.models import Organisation
from trading.audit.services import AuditLog
from trading.awards.models import PublishedAward
from trading.custody.standing import RELEASED
from trading.custody.standings import standings
from trading.evaluation.services import supplier_names
from trading.evidence.facts import Judged, Stood
from trading.evidence.notices import Notices
from trading.opening.models import Closing as ClosingRow
from trading.opening.models import OpenedBid, PublishedOpeningRecord, Stage
from trading.opening.record import current_on_record, leaves_on_record, receipt_times
from trading.opening.stages import stages_of
from trading.platform import Platform
from trading.tenders.models import PublishedNotice, Tender
from trading.tenders.reading import notice_in_force


class FactsOf(Notices):
    """Gathers the facts of one tender; the opening is that of `segment`, by default the last."""

    def __init__(
        self, platform: Platform, session: Session, tender: Tender, segment: str | None = None
    ) -> None:
        self._platform = platform
        self._session = session
        self._tender = tender
        self.notice = notice_in_force(session, tender)
        self.public_url = platform.settings.public_url
        self.closing = Closing.parse(session.get_one(ClosingRow, tender.id).raw)
        self.leaves = leaves_on_record(session, tender.id)
        names = tender.segment_names
        self.segment = segment or names[-1]
        rows = stages_of(session, tender.id)
        self._record_row: PublishedOpeningRecord | Stage = (
            session.get_one(PublishedOpeningRecord, tender.id)
            if self.segment == names[-1]
            else rows[self.segment]
        )
        self.record = OpeningRecord.parse(self._record_row.raw)
        self.stages = [_judged(rows[name]) for name in names[: names.index(self.segment)]]
        first = self.stages[0].record if self.stages else self.record
        self.names = supplier_names(session, {row.supplier for row in first.bids})

    def number(self) -> str:
        """Tenders that the project gets later change nothing."""
        first = select(PublishedNotice.log_position).where(
            PublishedNotice.tender_id == self._tender.id, PublishedNotice.sequence == 0
        )
        before = self._session.scalar(
            select(func.count())
            .select_from(PublishedNotice)
            .join(Tender, Tender.id == PublishedNotice.tender_id)
            .where(
                Tender.project_id == self._tender.project_id,
                PublishedNotice.sequence == 0,
                PublishedNotice.log_position < first.scalar_subquery(),
            )
        )
        number = self.notice.project.number
        return f"{number}-{before + 1}" if before else number

    def stood(self) -> Mapping[str, Stood]:
        """As the rows have it."""
        return {
            one.id: Stood(one.state == RELEASED, one.words() if one.at_fault else None)
            for one in standings(self._session, self._tender, self.segment)
        }

    def current(self) -> int:
        """By the ledger and the manifests' rows."""
        policy = self.notice.policy.digest
        return len(current_on_record(self._session, self._tender.id, policy, self.leaves))

    def received(self) -> Mapping[str, datetime]:
        """All bids' times."""
        return self._received

    @cached_property
    def _received(self) -> dict[str, datetime]:
        return receipt_times(self._session, self._tender.id)

    def offers(self) -> Mapping[str, bytes | None]:
        """As they were opened."""
        found = self._session.execute(
            select(OpenedBid.bid_id, OpenedBid.offer).where(
                OpenedBid.tender_id == self._tender.id, OpenedBid.segment == self.segment
            )
        )
        return {row.bid_id: row.offer for row in found}

    def place_of_record(self) -> LogPosition:
        """With the checkpoint of that moment, signed again: the same bytes."""
        return self._log(self._record_row.log_position)

    def place_of_award(self) -> LogPosition:
        """As `place_of_record`."""
        return self._log(self._award_row.log_position)

    @cached_property
    def award_statement(self) -> Award:
        """The published one."""
        return Award.parse(self._award_row.raw)

    @cached_property
    def decision(self) -> str:
        """Of the decision on record."""
        return read_signed(self._award_row.decision, "award-decision").digest

    def organisation(self, supplier: str) -> str:
        """As it is registered."""
        return self._session.get_one(Organisation, supplier).reference

    @cached_property
    def _award_row(self) -> PublishedAward:
        return self._session.get_one(PublishedAward, self._tender.id)

    def _log(self, position: int) -> LogPosition:
        checkpoint = AuditLog(self._platform).checkpoint(self._session, position + 1)
        return LogPosition(self._platform.keys.log_origin, position, checkpoint.decode())


def _judged(row: Stage) -> Judged:
    assert row.statement is not None and row.stated_at is not None
    record, statement = OpeningRecord.parse(row.raw), StageStatement.parse(row.statement)
    return Judged(row.segment, record, statement, row.stated_at)
