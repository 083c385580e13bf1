"""The facts that the PDF reports print, from signed statements and rows.

Everything here is on record and no longer changes, down to the log's checkpoint, which is the
one right after the printed statement's entry: the same tender always gives the same facts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.awards import Award
from bids.closing import Closing
from bids.ledger import parse_leaf
from bids.notice import Notice
from bids.offer import Offer, recompute
from bids.opening import reason_text
from bids.opening_record import OpenedRow, OpeningRecord
from bids.segments import is_priced
from bids.stages import Stage as StageStatement
from reports.facts import (
    AnnouncedField,
    AwardFacts,
    AwardRule,
    BidFacts,
    Correction,
    CustodianFacts,
    Fault,
    Item,
    ItemPrice,
    LedgerFacts,
    LogPosition,
    OpeningFacts,
    PolicyFacts,
    RankingRow,
    RulesPack,
    StageFacts,
    TenderFacts,
    Waiver,
)
from reports.wording import money
from signing import canonical, merkle
from trading.audit.services import AuditLog
from trading.awards.models import PublishedAward
from trading.custody.standings import RELEASED, standings
from trading.evaluation.services import supplier_names
from trading.opening.models import Closing as ClosingRow
from trading.opening.models import OpenedBid, PublishedOpeningRecord, Stage
from trading.opening.record import current_on_record, leaves_on_record, receipt_times
from trading.opening.stages import stages_of
from trading.platform import Platform
from trading.submission.models import Withdrawal
from trading.tenders.models import PublishedNotice, Tender
from trading.tenders.reading import notice_in_force
from trading.tenders.rules import pack_named, waivers

_TIES = {
    "earlier-receipt": ("总价相同的，先收到者在前", "equal totals: the earlier receipt first"),
    "order": ("总价相同的，按招标人签署的先后", "equal totals: in the order that the agency signed"),
}


class FactsOf:
    """Gathers the facts of one tender; the opening is that of `segment`, by default the last."""

    def __init__(
        self, platform: Platform, session: Session, tender: Tender, segment: str | None = None
    ) -> None:
        self._platform = platform
        self._session = session
        self._tender = tender
        self._notice: Notice = notice_in_force(session, tender)
        names = tender.segment_names
        self._segment = segment or names[-1]
        stages = stages_of(session, tender.id)
        self._stages = [stages[name] for name in names[: names.index(self._segment)]]
        self._record_row: PublishedOpeningRecord | Stage = (
            session.get_one(PublishedOpeningRecord, tender.id)
            if self._segment == names[-1]
            else stages[self._segment]
        )
        self._record = OpeningRecord.parse(self._record_row.raw)
        first = OpeningRecord.parse(self._stages[0].raw) if self._stages else self._record
        self._names = supplier_names(session, {row.supplier for row in first.bids})

    def opening(self) -> OpeningFacts:
        """All of the opening record."""
        withdrawn, replaced = self._removed()
        return OpeningFacts(
            tender=self._tender_facts(),
            opened_at=self._record.at,
            statement_digest=self._record.digest,
            closing_digest=self._record.closing,
            ledger=self._ledger(),
            bids=self._bids(),
            withdrawn=withdrawn,
            replaced=replaced,
            log=self._log(self._record_row.log_position),
            public_url=self._address("/opening"),
            segment=self._segment if len(self._tender.segment_names) > 1 else None,
            stages=tuple(self._judged(row) for row in self._stages),
        )

    def award(self) -> AwardFacts:
        """All of the award report."""
        row = self._session.get_one(PublishedAward, self._tender.id)
        award = Award.parse(row.raw)
        return AwardFacts(
            tender=self._tender_facts(),
            opened_at=self._record.at,
            awarded_at=award.at,
            statement_digest=award.digest,
            opening_digest=self._record.digest,
            closing_digest=self._record.closing,
            ledger=self._ledger(),
            bids=self._bids(),
            ranking=tuple(
                RankingRow(
                    rank=each.rank, bid_id=each.bid, supplier=self._names[each.supplier], total=each.total,
                    responsive=each.responsive, reason=each.reason,
                )
                for each in award.ranking
            ),
            winner=award.winner,
            corrections=tuple(self._corrections(award)),
            rule=self._rule(award),
            working=tuple(self._working(award)),
            log=self._log(row.log_position),
            public_url=self._address(""),
        )

    def _judged(self, row: Stage) -> StageFacts:
        assert row.statement is not None and row.stated_at is not None
        stage = StageStatement.parse(row.statement)
        suppliers = {each.bid: each.supplier for each in OpeningRecord.parse(row.raw).bids}
        return StageFacts(
            segment=row.segment,
            admitted=len(stage.admitted),
            rejections=tuple(
                (self._names[suppliers[bid]], reason) for bid, reason in stage.rejections.items()
            ),
            stated_at=row.stated_at,
            statement_digest=stage.digest,
        )

    def _tender_facts(self) -> TenderFacts:
        notice = self._notice
        pack = pack_named(notice.rules.pack, notice.rules.version)
        return TenderFacts(
            tender_id=notice.tender,
            number=self._number(),
            title=notice.title,
            project_number=notice.project.number,
            project_title=notice.project.title,
            category=notice.category,
            buyer=notice.buyer.name,
            buyer_organisation=notice.buyer.organisation,
            currency=notice.currency,
            estimate=notice.estimate,
            ceiling=notice.ceiling,
            deadline=notice.deadline,
            sandbox=notice.sandbox,
            waivers=tuple(
                Waiver(
                    rule.title.zh, rule.title.en, int(rule.value), rule.article.zh, rule.article.en,
                    rule.unit.zh, rule.unit.en,
                )
                for rule in (waivers(pack) if notice.sandbox else ())
            ),
            rules=RulesPack(pack.name, pack.version, pack.title.text),
            policy=self._policy(),
            items=tuple(
                Item(item.number, item.code or None, item.description, item.unit, item.quantity)
                for item in notice.items
            ),
            notice_digest=notice.digest,
        )

    def _number(self) -> str:
        """The project's number; after it, for all but the first published of its tenders, which one it is.

        Tenders that the project gets later change nothing.
        """
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
        number = self._notice.project.number
        return f"{number}-{before + 1}" if before else number

    def _policy(self) -> PolicyFacts:
        policy = self._notice.policy
        stood = {one.id: one for one in standings(self._session, self._tender, self._segment)}
        return PolicyFacts(
            suite=policy.suite,
            threshold=policy.threshold,
            custodians=tuple(
                CustodianFacts(
                    custodian_id=each.id, role=each.role, name=each.name,
                    fingerprint=canonical.digest(each.signing_key),
                    released=stood[each.id].state == RELEASED,
                    remark=stood[each.id].words() if stood[each.id].at_fault else None,
                )
                for each in policy.custodians
            ),
            independent=policy.independent,
            minimum_bidders=policy.minimum_bidders,
            digest=policy.digest,
        )

    def _ledger(self) -> LedgerFacts:
        closing = Closing.parse(self._session.get_one(ClosingRow, self._tender.id).raw)
        leaves = leaves_on_record(self._session, self._tender.id)
        root = merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
        return LedgerFacts(closing.ledger_origin, len(leaves), root.hex())

    def _removed(self) -> tuple[int, int]:
        """How many bids were withdrawn, and how many replaced or made void, before the deadline."""
        raw_leaves = leaves_on_record(self._session, self._tender.id)
        policy = self._notice.policy.digest
        current = current_on_record(self._session, self._tender.id, policy, raw_leaves)
        leaves = [parse_leaf(raw) for raw in raw_leaves]
        accepted = sum(leaf.kind == "acceptance" for leaf in leaves)
        withdrawn = self._session.scalar(
            select(func.count()).select_from(Withdrawal).where(Withdrawal.tender_id == self._tender.id)
        )
        return int(withdrawn or 0), accepted - int(withdrawn or 0) - len(current)

    def _bids(self) -> tuple[BidFacts, ...]:
        times = receipt_times(self._session, self._tender.id)
        offers = self._session.execute(
            select(OpenedBid.bid_id, OpenedBid.offer).where(
                OpenedBid.tender_id == self._tender.id, OpenedBid.segment == self._segment
            )
        )
        found = {row.bid_id: row.offer for row in offers}
        return tuple(
            BidFacts(
                bid_id=row.bid,
                supplier_id=row.supplier,
                supplier=self._names[row.supplier],
                received_at=times[row.bid],
                opened=row.opened,
                total=row.total,
                announced=announced(row),
                prices=self._prices(found[row.bid]),
                fault=cast("Fault | None", row.fault),
                reason=both(row.reason),
            )
            for row in self._record.bids
        )

    def _prices(self, raw: bytes | None) -> tuple[ItemPrice, ...]:
        if raw is None or not is_priced(self._segment):
            return ()
        offer = Offer.parse(raw, self._notice)
        amounts = recompute(offer, self._notice).lines
        return tuple(
            ItemPrice(line.number, line.unit_price, amounts[line.number])
            for line in offer.lines
        )

    def _log(self, position: int) -> LogPosition:
        checkpoint = AuditLog(self._platform).checkpoint(self._session, position + 1)
        return LogPosition(self._platform.keys.log_origin, position, checkpoint.decode())

    def _address(self, page: str) -> str:
        """Of the portal's page about the tender, or of its opening."""
        return f"{self._platform.settings.public_url.rstrip('/')}/tenders/{self._tender.id}{page}"

    def _corrections(self, award: Award) -> list[Correction]:
        suppliers = {row.bid: self._names[row.supplier] for row in award.ranking}
        return [
            Correction(
                bid_id=bid["bid"], supplier=suppliers[bid["bid"]], item=each.get("item"), field=each["field"],
                stated=Decimal(each["stated"]), corrected=Decimal(each["corrected"]),
            )
            for bid in award.working["bids"]
            for each in bid.get("corrections", ())
        ]

    def _rule(self, award: Award) -> AwardRule:
        pack = pack_named(self._notice.rules.pack, self._notice.rules.version)
        zh, en = _TIES[pack.tie]
        return AwardRule(
            rule_id=award.rule,
            text_zh=f"实质性响应的投标中，按单价乘以工程量重新计算的总价最低者中标；{zh}。",
            text_en="Of the responsive bids the one with the lowest total wins, totals computed again "
            f"from unit price × quantity; {en}.",
            article=pack.rule("award-rule").article.text,
        )

    def _working(self, award: Award) -> list[str]:
        """A line a bid: its sum, item by item in the statement, and its place."""
        rows = {row.bid: row for row in award.ranking}
        currency = award.working["currency"]
        return [_line(rows[bid["bid"]], bid, self._names, currency) for bid in award.working["bids"]]


def _line(row: Any, bid: dict[str, Any], names: dict[str, str], currency: str) -> str:
    count = len(bid["lines"])
    terms = f"{count} 项之和 sum of {count} items, Σ(单价 unit price × 数量 quantity)"
    said = f"{row.rank}. {names[row.supplier]}: {terms} = {money(row.total)} {currency}"
    return said if row.responsive else f"{said}（否决 rejected）"


def announced(row: OpenedRow) -> tuple[AnnouncedField, ...]:
    # Corrections have a section of their own.
    return tuple(
        AnnouncedField(name, str(value)) for name, value in row.announced.items() if name != "corrections"
    )


def both(reason: str | None) -> str | None:
    if reason is None:
        return None
    return f"{reason_text(reason, 'zh')} {reason_text(reason, 'en')}"
