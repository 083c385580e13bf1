"""The facts that the PDF documents print, from signed statements, whoever gathers these.

The platform gathers them from its rows (`gathering`), whoever checks a document from an evidence package
(`repeating`). All of it is on record and no longer changes, down to the log's checkpoint, which is the one
right after the printed statement's entry: the same tender always gives the same facts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

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
from trading.tenders.rules import RulePack, pack_named, waivers

_TIES = {
    "earlier-receipt": ("总价相同的，先收到者在前", "equal totals: the earlier receipt first"),
    "order": ("总价相同的，按招标人签署的先后", "equal totals: in the order that the agency signed"),
}


@dataclass(frozen=True)
class Judged:
    """A segment before the one that a record is of: its opening record, the agency's stage statement on it,
    and when the log has that."""

    segment: str
    record: OpeningRecord
    statement: StageStatement
    stated_at: datetime


@dataclass(frozen=True)
class Stood:
    """How a custodian did: whether its release was counted, and what appears to be its fault, in Chinese and
    English."""

    released: bool
    remark: tuple[str, str] | None


class Facts(ABC):
    """The facts of one tender's documents. `segment` is the one whose opening is printed, `record` its
    opening record, `stages` the segments before it; `names` are those of organisations, by id."""

    notice: Notice
    closing: Closing
    leaves: Sequence[bytes]
    segment: str
    record: OpeningRecord
    stages: Sequence[Judged]
    names: Mapping[str, str]
    public_url: str

    # --- what is gathered in two ways

    @abstractmethod
    def number(self) -> str:
        """The tender's number for people: the project's, and which of its tenders it is, if not the first."""

    @abstractmethod
    def stood(self) -> Mapping[str, Stood]:
        """The custodians of the segment, by id."""

    @abstractmethod
    def current(self) -> int:
        """How many bids were current at the closing."""

    @abstractmethod
    def received(self) -> Mapping[str, datetime]:
        """When bids were received, by bid."""

    @abstractmethod
    def offers(self) -> Mapping[str, bytes | None]:
        """The offers of the segment that opened, by bid."""

    @abstractmethod
    def place_of_record(self) -> LogPosition:
        """Where the log has the opening record."""

    @abstractmethod
    def place_of_award(self) -> LogPosition:
        """Where the log has the award."""

    @property
    @abstractmethod
    def award_statement(self) -> Award:
        """The award, of a tender that has one."""

    # --- what follows

    def opening(self) -> OpeningFacts:
        """All of the opening record."""
        withdrawn, replaced = self._removed()
        return OpeningFacts(
            tender=self.tender_facts,
            opened_at=self.record.at,
            statement_digest=self.record.digest,
            closing_digest=self.record.closing,
            ledger=self._ledger(),
            bids=self._bids(),
            withdrawn=withdrawn,
            replaced=replaced,
            log=self.place_of_record(),
            public_url=self.address("/opening"),
            segment=self.segment if len(self.notice.policy.segment_names) > 1 else None,
            stages=tuple(self._judged(each) for each in self.stages),
        )

    def award(self) -> AwardFacts:
        """All of the award report."""
        award = self.award_statement
        return AwardFacts(
            tender=self.tender_facts,
            opened_at=self.record.at,
            awarded_at=award.at,
            statement_digest=award.digest,
            opening_digest=self.record.digest,
            closing_digest=self.record.closing,
            ledger=self._ledger(),
            bids=self._bids(),
            ranking=tuple(
                RankingRow(
                    rank=each.rank, bid_id=each.bid, supplier=self.names[each.supplier], total=each.total,
                    responsive=each.responsive, reason=each.reason,
                )
                for each in award.ranking
            ),
            winner=award.winner,
            corrections=tuple(self._corrections(award)),
            rule=self._rule(award),
            working=tuple(self._working(award)),
            log=self.place_of_award(),
            public_url=self.address(""),
        )

    @cached_property
    def tender_facts(self) -> TenderFacts:
        """What the documents say of the tender, as its notice has it."""
        notice, pack = self.notice, self.pack
        return TenderFacts(
            tender_id=notice.tender,
            number=self.number(),
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

    @cached_property
    def pack(self) -> RulePack:
        """The rule pack that the notice is pinned to."""
        return pack_named(self.notice.rules.pack, self.notice.rules.version)

    def address(self, page: str) -> str:
        """Of the portal's page about the tender, or of its opening."""
        return f"{self.public_url.rstrip('/')}/tenders/{self.notice.tender}{page}"

    def _judged(self, stage: Judged) -> StageFacts:
        suppliers = {each.bid: each.supplier for each in stage.record.bids}
        return StageFacts(
            segment=stage.segment,
            admitted=len(stage.statement.admitted),
            rejections=tuple(
                (self.names[suppliers[bid]], reason) for bid, reason in stage.statement.rejections.items()
            ),
            stated_at=stage.stated_at,
            statement_digest=stage.statement.digest,
        )

    def _policy(self) -> PolicyFacts:
        policy, stood = self.notice.policy, self.stood()
        return PolicyFacts(
            suite=policy.suite,
            threshold=policy.threshold,
            custodians=tuple(
                CustodianFacts(
                    custodian_id=each.id, role=each.role, name=each.name,
                    fingerprint=canonical.digest(each.signing_key),
                    released=stood[each.id].released,
                    remark=stood[each.id].remark,
                )
                for each in policy.custodians
            ),
            independent=policy.independent,
            minimum_bidders=policy.minimum_bidders,
            digest=policy.digest,
        )

    def _ledger(self) -> LedgerFacts:
        root = merkle.root([merkle.leaf_hash(leaf) for leaf in self.leaves])
        return LedgerFacts(self.closing.ledger_origin, len(self.leaves), root.hex())

    def _removed(self) -> tuple[int, int]:
        """How many bids were withdrawn, and how many replaced or made void, before the deadline."""
        kinds = [parse_leaf(raw).kind for raw in self.leaves]
        accepted, withdrawn = kinds.count("acceptance"), kinds.count("withdrawal")
        return withdrawn, accepted - withdrawn - self.current()

    def _bids(self) -> tuple[BidFacts, ...]:
        times, offers = self.received(), self.offers()
        return tuple(
            BidFacts(
                bid_id=row.bid,
                supplier_id=row.supplier,
                supplier=self.names[row.supplier],
                received_at=times[row.bid],
                opened=row.opened,
                total=row.total,
                announced=announced(row),
                prices=self._prices(offers[row.bid]) if row.opened else (),
                fault=cast("Fault | None", row.fault),
                reason=both(row.reason),
            )
            for row in self.record.bids
        )

    def _prices(self, raw: bytes | None) -> tuple[ItemPrice, ...]:
        if raw is None or not is_priced(self.segment):
            return ()
        offer = Offer.parse(raw, self.notice)
        amounts = recompute(offer, self.notice).lines
        return tuple(
            ItemPrice(line.number, line.unit_price, amounts[line.number])
            for line in offer.lines
        )

    def _corrections(self, award: Award) -> list[Correction]:
        suppliers = {row.bid: self.names[row.supplier] for row in award.ranking}
        return [
            Correction(
                bid_id=bid["bid"], supplier=suppliers[bid["bid"]], item=each.get("item"), field=each["field"],
                stated=Decimal(each["stated"]), corrected=Decimal(each["corrected"]),
            )
            for bid in award.working["bids"]
            for each in bid.get("corrections", ())
        ]

    def _rule(self, award: Award) -> AwardRule:
        zh, en = _TIES[self.pack.tie]
        return AwardRule(
            rule_id=award.rule,
            text_zh=f"实质性响应的投标中，按单价乘以工程量重新计算的总价最低者中标；{zh}。",
            text_en="Of the responsive bids the one with the lowest total wins, totals computed again "
            f"from unit price × quantity; {en}.",
            article=self.pack.rule("award-rule").article.text,
        )

    def _working(self, award: Award) -> list[str]:
        """A line a bid: its sum, item by item in the statement, and its place."""
        rows = {row.bid: row for row in award.ranking}
        currency = award.working["currency"]
        return [_line(rows[bid["bid"]], bid, self.names, currency) for bid in award.working["bids"]]


def _line(row: Any, bid: dict[str, Any], names: Mapping[str, str], currency: str) -> str:
    count = len(bid["lines"])
    terms = f"{count} 项之和 sum of {count} items, Σ(单价 unit price × 数量 quantity)"
    said = f"{row.rank}. {names[row.supplier]}: {terms} = {money(row.total)} {currency}"
    return said if row.responsive else f"{said}（否决 rejected）"


def announced(row: OpenedRow) -> tuple[AnnouncedField, ...]:
    """What an opening record announces of a bid; corrections have a section of their own."""
    return tuple(
        AnnouncedField(name, str(value)) for name, value in row.announced.items() if name != "corrections"
    )


def both(reason: str | None) -> str | None:
    """Why a bid did not open, in both languages."""
    if reason is None:
        return None
    return f"{reason_text(reason, 'zh')} {reason_text(reason, 'en')}"
