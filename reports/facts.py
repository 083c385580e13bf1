"""The facts of the reports, as frozen dataclasses: all that is printed, and nothing that is not.

Conventions for every class here: money is `Decimal` in the tender's currency (major units: yuan, dollars)
with exactly the currency's minor digits; times are aware datetimes (any zone, printed in UTC+8); digests
are SHA-256 in lower-case hex; ids are 32 hex digits; texts are plain text, printed as they are (markup has
no meaning in them). None means "there is none"; it is printed as a dash or left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from reports.errors import ReportError

Fault = Literal["bidder", "platform", "custodian", "unknown"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill of quantities, in the notice's words."""

    number: str
    code: str | None
    description: str
    unit: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class ItemPrice:
    """One bidder's price of one item: money per unit, and the recomputed amount (× quantity)."""

    number: str
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AnnouncedField:
    """A field of an offer, other than prices, that the notice says is announced.

    name: the offer's member name (`delivery_days`, `quality`, `total_in_words`, or another, printed as it
    is).
    """

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class BidFacts:
    """One current bid at closing, whether it could be opened or not.

    total: the recomputed total, None if not opened. prices: one for each item in the items' order, empty if
    not opened. fault: whose fault a failed opening appears to be; reason: why, as it is to be printed.
    """

    bid_id: str
    supplier_id: str
    supplier: str
    received_at: datetime
    opened: bool
    total: Decimal | None
    announced: tuple[AnnouncedField, ...] = ()
    prices: tuple[ItemPrice, ...] = ()
    fault: Fault | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CustodianFacts:
    """A custodian of the sealing policy. role: `agency`, `supervisor`, `operator`, `notary` or any other
    word.

    fingerprint: SHA-256 of the signing key (SubjectPublicKeyInfo, DER). released: True if its release was
    in the frozen set, None where that is not said. remark: what appears to be its fault, in Chinese and
    English, if anything.
    """

    custodian_id: str
    role: str
    name: str
    fingerprint: str
    released: bool | None = None
    remark: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """The sealing policy. threshold: how many of the custodians open a bid; digest: of the policy's
    canonical bytes.

    independent: False where custodians share a machine or the threshold is 1; the report then says so
    plainly.
    """

    suite: str
    threshold: int
    custodians: tuple[CustodianFacts, ...]
    independent: bool
    minimum_bidders: int
    digest: str


@dataclass(frozen=True, slots=True)
class RulesPack:
    """The rule pack pinned at publication: `generic`, `cn-works`, …, its version and its title for people."""

    name: str
    version: str
    title: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A rule recorded as waived because the tender is a sandbox one.

    rule: what it is called; count: how many of its unit it would have counted; article: where it stands;
    rule, article and unit in both languages.
    """

    rule_zh: str
    rule_en: str
    count: int
    article_zh: str
    article_en: str
    unit_zh: str = "日"
    unit_en: str = "days"


@dataclass(frozen=True, slots=True)
class TenderFacts:
    """The tender as its current notice has it. number, project_number: for people; tender_id: the
    platform's id.

    notice_digest: SHA-256 of the notice file.
    """

    tender_id: str
    number: str
    title: str
    project_number: str
    project_title: str
    category: str
    buyer: str
    buyer_organisation: str
    currency: str
    estimate: Decimal | None
    ceiling: Decimal | None
    deadline: datetime
    sandbox: bool
    waivers: tuple[Waiver, ...]
    rules: RulesPack
    policy: PolicyFacts
    items: tuple[Item, ...]
    notice_digest: str


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """The tender's own ledger as frozen at closing. size: number of leaves; root: RFC 6962 root hash, hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where the printed statement stands in the public log. index: of its entry, from 0.

    checkpoint: the C2SP signed note, verbatim with its line ends, of a tree that holds the entry.
    """

    origin: str
    index: int
    checkpoint: str


@dataclass(frozen=True, slots=True)
class StageFacts:
    """The agency's judgement of a segment opened before: how many bids went on, and whose were rejected, with
    the reasons. stated_at: when the log has the stage statement; statement_digest: of that statement.
    """

    segment: str
    admitted: int
    rejections: tuple[tuple[str, str], ...]
    stated_at: datetime
    statement_digest: str


@dataclass(frozen=True, slots=True)
class OpeningFacts:
    """All of the opening record (开标记录).

    opened_at: the opening-record statement's `at`. statement_digest: of that statement; closing_digest: of
    the closing statement. withdrawn, replaced: how many bids were withdrawn or replaced before the deadline
    (void ones counted in replaced). public_url: the public record's address, printed as a QR code.
    segment: the one opened, None where bids have but one; stages: the segments before it, in their order.
    """

    tender: TenderFacts
    opened_at: datetime
    statement_digest: str
    closing_digest: str
    ledger: LedgerFacts
    bids: tuple[BidFacts, ...]
    withdrawn: int
    replaced: int
    log: LogPosition
    public_url: str
    segment: str | None = None
    stages: tuple[StageFacts, ...] = ()

    def __post_init__(self) -> None:
        check_bids(self.tender, self.bids)


@dataclass(frozen=True, slots=True)
class RankingRow:
    """One row of the ranking, in the award statement's order. reason: why it is not responsive, or None."""

    rank: int
    bid_id: str
    supplier: str
    total: Decimal | None
    responsive: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure of an offer that was corrected. item: its number, None for the total.

    field: the offer's member (`amount`, `total`, `unit_price`).
    """

    bid_id: str
    supplier: str
    item: str | None
    field: str
    stated: Decimal
    corrected: Decimal


@dataclass(frozen=True, slots=True)
class AwardRule:
    """The rule of the award: its id (`lowest-total`), its text in both languages, the article or document
    behind it.
    """

    rule_id: str
    text_zh: str
    text_en: str
    article: str


@dataclass(frozen=True, slots=True)
class AwardFacts:
    """All of the award report (中标结果报告).

    awarded_at: the award statement's `at`. winner: the winning bid's id, None if nobody is awarded.
    working: the computation's lines, as in the award statement. bids: as in the opening record, for the
    table of prices. statement_digest: of the award statement; opening_digest, closing_digest: of those it
    rests on.
    """

    tender: TenderFacts
    opened_at: datetime
    awarded_at: datetime
    statement_digest: str
    opening_digest: str
    closing_digest: str
    ledger: LedgerFacts
    bids: tuple[BidFacts, ...]
    ranking: tuple[RankingRow, ...]
    winner: str | None
    corrections: tuple[Correction, ...]
    rule: AwardRule
    working: tuple[str, ...]
    log: LogPosition
    public_url: str

    def __post_init__(self) -> None:
        check_bids(self.tender, self.bids)
        if self.winner is not None and self.winner not in {
            row.bid_id for row in self.ranking if row.responsive
        }:
            raise ReportError(f"the winner {self.winner} is not a responsive bid of the ranking")


@dataclass(frozen=True, slots=True)
class Term:
    """A rule of the pack that a notice tells of. value: as the pack has it; until: the last day of a period
    of `value` days, None where there is none or the calendar of that year is not known; article in both
    languages.
    """

    value: int | str
    article_zh: str
    article_en: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What follows from an award, by the rule pack. notice: `binding` or `informs`; contract, complaint,
    bond: in how many days a contract is signed, one may complain, bid bonds are given back (0: as the bidding
    documents say); objection: `during-publicity` or `to-agency`.
    """

    notice: Term
    contract: Term
    objection: Term
    complaint: Term
    bond: Term


@dataclass(frozen=True, slots=True)
class Addressee:
    """The bidder that a notice is for. organisation: its organisation id; rank, total: None if not opened."""

    supplier: str
    organisation: str
    bid_id: str
    received_at: datetime
    total: Decimal | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class AwardNoticeFacts:
    """All of the award notice (中标通知书).

    issued_at: the award statement's `at`. announced: what the winner's bid promises beside its price.
    statement_digest: of the award statement; decision_digest: of the agency's signed decision.
    """

    tender: TenderFacts
    winner: Addressee
    announced: tuple[AnnouncedField, ...]
    issued_at: datetime
    statement_digest: str
    decision_digest: str
    terms: NoticeTerms
    log: LogPosition
    public_url: str


Outcome = Literal["outranked", "rejected", "unopened"]


@dataclass(frozen=True, slots=True)
class ResultNoticeFacts:
    """All of the notice of the result (中标结果通知书) to one bidder that did not win.

    ranked: how many bids the ranking has. outcome: outranked by others, rejected by the evaluation, or not
    opened; reason: why it was rejected or not opened, as it is to be printed, None if it was outranked.
    """

    tender: TenderFacts
    loser: Addressee
    outcome: Outcome
    reason: str | None
    ranked: int
    winner: str
    winner_total: Decimal
    issued_at: datetime
    statement_digest: str
    decision_digest: str
    terms: NoticeTerms
    log: LogPosition
    public_url: str


def check_bids(tender: TenderFacts, bids: Sequence[BidFacts]) -> None:
    """Refuse (ReportError) bids whose prices are not the tender's items, one each, in order."""
    numbers = [item.number for item in tender.items]
    for bid in bids:
        if not bid.opened and (bid.prices or bid.total is not None):
            raise ReportError(f"bid {bid.bid_id} was not opened, so it can have no prices")
        if bid.prices and [price.number for price in bid.prices] != numbers:
            raise ReportError(
                f"the prices of bid {bid.bid_id} are not those of the tender's items, in their order"
            )
