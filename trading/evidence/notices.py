"""The facts of the notices that follow from an award: to the winner, and to each bidder that did not win."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property

from sqlalchemy import select

from bids.awards import Award
from bids.objects import read_signed
from bids.opening_record import OpenedRow, OpeningRecord
from bids.ranking import RankRow
from bids.stages import Stage as StageStatement
from reports.facts import (
    Addressee,
    AwardNoticeFacts,
    LogPosition,
    NoticeTerms,
    Outcome,
    ResultNoticeFacts,
    TenderFacts,
    Term,
)
from trading.accounts.models import Organisation
from trading.awards.models import PublishedAward
from trading.errors import TradingError
from trading.evidence.facts import FactsOf, announced, both
from trading.opening.record import receipt_times
from trading.tenders.calendar import day_of, last_day
from trading.tenders.rules import RulePack, pack_named


class NoticesOf(FactsOf):
    """Gathers the facts of an awarded tender's notices."""

    @property
    def losers(self) -> list[str]:
        """The suppliers whose current bids did not win, opened or not, in the opening record's order."""
        return [row.supplier for row in self._rows.values() if row.bid != self._award.winner]

    def award_notice(self) -> AwardNoticeFacts:
        """All of the award notice (中标通知书)."""
        row = self._rows[self._award.winner]
        return AwardNoticeFacts(
            tender=self._facts,
            winner=self._addressee(row),
            announced=announced(row),
            issued_at=self._award.at,
            statement_digest=self._award.digest,
            decision_digest=self._decision,
            terms=self._terms,
            log=self._place,
            public_url=self._address(""),
        )

    def result_notice(self, supplier: str) -> ResultNoticeFacts:
        """All of the notice of the result (中标结果通知书) to one of the losers.

        Where the evaluation gives no reason, rank and price against the winner's are the reason.
        """
        row = next(row for row in self._rows.values() if row.supplier == supplier)
        ranked, winner = self._ranks.get(row.bid), self._ranks[self._award.winner]
        refused = self._refused.get(row.bid)
        outcome: Outcome = "unopened" if ranked is None else "outranked" if ranked.responsive else "rejected"
        reason = both(row.reason) if ranked is None else ranked.reason
        if refused is not None:
            outcome, reason = "rejected", refused
        return ResultNoticeFacts(
            tender=self._facts,
            loser=self._addressee(row),
            outcome=outcome,
            reason=reason,
            ranked=len(self._ranks),
            winner=self._names[winner.supplier],
            winner_total=winner.total,
            issued_at=self._award.at,
            statement_digest=self._award.digest,
            decision_digest=self._decision,
            terms=self._terms,
            log=self._place,
            public_url=self._address(""),
        )

    @cached_property
    def _rows(self) -> dict[str, OpenedRow]:
        """A row a bid; of one with several segments the first that did not open, else the last."""
        rows: dict[str, OpenedRow] = {}
        records = [OpeningRecord.parse(stage.raw) for stage in self._stages]
        for row in (row for record in [*records, self._record] for row in record.bids):
            if row.bid not in rows or rows[row.bid].opened:
                rows[row.bid] = row
        return rows

    @cached_property
    def _refused(self) -> dict[str, str]:
        """Why bids were rejected in the stage of a segment before the last, by bid."""
        stated = [StageStatement.parse(row.statement) for row in self._stages if row.statement is not None]
        return {bid: reason for each in stated for bid, reason in each.rejections.items()}

    @cached_property
    def _facts(self) -> TenderFacts:
        return self._tender_facts()

    @cached_property
    def _place(self) -> LogPosition:
        return self._log(self._award_row.log_position)

    @cached_property
    def _award_row(self) -> PublishedAward:
        return self._session.get_one(PublishedAward, self._tender.id)

    @cached_property
    def _award(self) -> Award:
        return Award.parse(self._award_row.raw)

    @cached_property
    def _decision(self) -> str:
        return read_signed(self._award_row.decision, "award-decision").digest

    @cached_property
    def _ranks(self) -> dict[str, RankRow]:
        return {row.bid: row for row in self._award.ranking}

    @cached_property
    def _received(self) -> dict[str, datetime]:
        return receipt_times(self._session, self._tender.id)

    @cached_property
    def _terms(self) -> NoticeTerms:
        pack, issued = pack_named(self._notice.rules.pack, self._notice.rules.version), day_of(self._award.at)
        return NoticeTerms(
            notice=_term(pack, "award-notice"),
            contract=_term(pack, "contract-days", issued),
            objection=_term(pack, "objection"),
            complaint=_term(pack, "complaint-days", issued),
            bond=_term(pack, "bond-refund-days"),
        )

    def _addressee(self, row: OpenedRow) -> Addressee:
        found = select(Organisation.scheme, Organisation.identifier).where(Organisation.id == row.supplier)
        scheme, identifier = self._session.execute(found).one()
        ranked = self._ranks.get(row.bid)
        return Addressee(
            supplier=self._names[row.supplier],
            organisation=f"{scheme}:{identifier}",
            bid_id=row.bid,
            received_at=self._received[row.bid],
            total=row.total if ranked is None else ranked.total,
            rank=None if ranked is None else ranked.rank,
        )


def _term(pack: RulePack, id: str, since: date | None = None) -> Term:
    rule = pack.rule(id)
    until = None
    if since is not None and isinstance(rule.value, int) and rule.value:
        try:
            until = last_day(since, rule.value)
        except TradingError:
            # Holidays of that year are not announced yet: the days are said, no day is guessed.
            until = None
    return Term(rule.value, rule.article.zh, rule.article.en, until)
