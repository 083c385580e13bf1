"""The facts of the notices that follow from an award: to the winner, and to each bidder that did not win."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date
from functools import cached_property

from bids.opening_record import OpenedRow
from bids.ranking import RankRow
from reports.facts import (
    Addressee,
    AwardNoticeFacts,
    NoticeTerms,
    Outcome,
    ResultNoticeFacts,
    Term,
)
from trading.errors import TradingError
from trading.evidence.facts import Facts, announced, both
from trading.tenders.calendar import day_of, last_day


class Notices(Facts):
    """The facts of an awarded tender's notices."""

    @property
    @abstractmethod
    def decision(self) -> str:
        """The digest of the agency's signed decision."""

    @abstractmethod
    def organisation(self, supplier: str) -> str:
        """The organisation id of a supplier, with its scheme."""

    def last_day(self, rule: str, since: date, days: int) -> date | None:
        """The last day of the period of `rule`; None where the holidays of that year are not announced yet:
        the days are said, no day is guessed."""
        try:
            return last_day(since, days)
        except TradingError:
            return None

    @property
    def losers(self) -> list[str]:
        """The suppliers whose current bids did not win, opened or not, in the opening record's order."""
        return [row.supplier for row in self._rows.values() if row.bid != self.award_statement.winner]

    def award_notice(self) -> AwardNoticeFacts:
        """All of the award notice (中标通知书)."""
        row = self._rows[self.award_statement.winner]
        return AwardNoticeFacts(
            tender=self.tender_facts,
            winner=self._addressee(row),
            announced=announced(row),
            issued_at=self.award_statement.at,
            statement_digest=self.award_statement.digest,
            decision_digest=self.decision,
            terms=self._terms,
            log=self.place_of_award(),
            public_url=self.address(""),
        )

    def result_notice(self, supplier: str) -> ResultNoticeFacts:
        """All of the notice of the result (中标结果通知书) to one of the losers.

        Where the evaluation gives no reason, rank and price against the winner's are the reason.
        """
        row = next(row for row in self._rows.values() if row.supplier == supplier)
        ranked, winner = self._ranks.get(row.bid), self._ranks[self.award_statement.winner]
        refused = self._refused.get(row.bid)
        outcome: Outcome = "unopened" if ranked is None else "outranked" if ranked.responsive else "rejected"
        reason = both(row.reason) if ranked is None else ranked.reason
        if refused is not None:
            outcome, reason = "rejected", refused
        return ResultNoticeFacts(
            tender=self.tender_facts,
            loser=self._addressee(row),
            outcome=outcome,
            reason=reason,
            ranked=len(self._ranks),
            winner=self.names[winner.supplier],
            winner_total=winner.total,
            issued_at=self.award_statement.at,
            statement_digest=self.award_statement.digest,
            decision_digest=self.decision,
            terms=self._terms,
            log=self.place_of_award(),
            public_url=self.address(""),
        )

    @cached_property
    def _rows(self) -> dict[str, OpenedRow]:
        """A row a bid; of one with several segments the first that did not open, else the last."""
        rows: dict[str, OpenedRow] = {}
        records = [*(stage.record for stage in self.stages), self.record]
        for row in (row for record in records for row in record.bids):
            if row.bid not in rows or rows[row.bid].opened:
                rows[row.bid] = row
        return rows

    @cached_property
    def _refused(self) -> dict[str, str]:
        """Why bids were rejected in the stage of a segment before the last, by bid."""
        return {bid: why for each in self.stages for bid, why in each.statement.rejections.items()}

    @cached_property
    def _ranks(self) -> dict[str, RankRow]:
        return {row.bid: row for row in self.award_statement.ranking}

    @cached_property
    def _terms(self) -> NoticeTerms:
        issued = day_of(self.award_statement.at)
        return NoticeTerms(
            notice=self._term("award-notice"),
            contract=self._term("contract-days", issued),
            objection=self._term("objection"),
            complaint=self._term("complaint-days", issued),
            bond=self._term("bond-refund-days"),
        )

    def _term(self, id: str, since: date | None = None) -> Term:
        rule = self.pack.rule(id)
        until = None
        if since is not None and isinstance(rule.value, int) and rule.value:
            until = self.last_day(id, since, rule.value)
        return Term(rule.value, rule.article.zh, rule.article.en, until)

    def _addressee(self, row: OpenedRow) -> Addressee:
        ranked = self._ranks.get(row.bid)
        return Addressee(
            supplier=self.names[row.supplier],
            organisation=self.organisation(row.supplier),
            bid_id=row.bid,
            received_at=self.received()[row.bid],
            total=row.total if ranked is None else ranked.total,
            rank=None if ranked is None else ranked.rank,
        )
