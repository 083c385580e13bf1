"""The opening record (开标记录): what was opened, what was announced, and what would not open, for signing and sealing.

Order 20 (电子招标投标办法) art. 30 to 32: announced to all, published, failures recorded with whose fault they are.
"""

from __future__ import annotations

from reportlab.platypus import Flowable, NextPageTemplate, PageBreak, Spacer

from reports.blocks import Fact, bilingual, box, facts_grid, heading, hexadecimal, signatures, text, title_block
from reports.common import (
    announced_text,
    joined,
    log_section,
    policy_section,
    tender_facts,
    zone_note,
)
from reports.facts import BidFacts, OpeningFacts
from reports.layout import PORTRAIT, Sheet, render_sheet, width_of
from reports.tables import Column, PriceColumn, Row, listing, price_annex
from reports.typeface import BOLD
from reports.wording import FAULTS, ZONE_EN, money, stamp, stamp_zh, words

TITLE_ZH, TITLE_EN = "开标记录", "Record of bid opening"


def render(facts: OpeningFacts) -> bytes:
    """The opening record as PDF: the same facts give the same bytes.

    Raises ReportError if the fonts are missing or a fact cannot be printed.
    """
    tender = facts.tender
    sheet = Sheet(
        title_zh=TITLE_ZH,
        title_en=TITLE_EN,
        subject=tender.title,
        tender_number=tender.number,
        author=tender.buyer,
        digest=facts.statement_digest,
        moment=facts.opened_at,
        sandbox=tender.sandbox,
    )
    return render_sheet(sheet, lambda: story(facts))


def story(facts: OpeningFacts) -> list[Flowable]:
    """The document's flowables, in order."""
    width = width_of(PORTRAIT)
    tender = facts.tender
    opened_at = bilingual(stamp_zh(facts.opened_at), f"{stamp(facts.opened_at)} ({ZONE_EN})", 8.8, lead=1.35)
    annex = price_annex(
        tender.items,
        price_columns(facts.bids),
        tender.currency,
        heading(3, "各投标人分项报价", "Item prices of all bidders"),
    )
    after = [NextPageTemplate(PORTRAIT), PageBreak()] if annex else []
    number = 4 if annex else 3
    return [
        *title_block(TITLE_ZH, TITLE_EN, tender.title, facts.public_url, width, tender.sandbox),
        result_box(facts, width),
        heading(1, "标段与开标", "Tender and opening"),
        *tender_facts(tender, [Fact("开标完成时间", "Opened at", [opened_at])], width),
        heading(2, "开标结果", "Bids at opening"),
        *bids_section(facts, width),
        *annex,
        *after,
        heading(number, "密封策略与保管人", "Sealing policy and custodians"),
        *policy_section(tender.policy, width),
        heading(number + 1, "审计日志与核验", "Audit log and checking"),
        *log_section(
            facts.statement_digest,
            [Fact("截标声明摘要", "Closing statement, SHA-256", [hexadecimal(facts.closing_digest)], wide=True)],
            facts.ledger,
            facts.log,
            facts.public_url,
            width,
        ),
        heading(number + 2, "签字与盖章", "Signatures and seal"),
        signatures(
            [("招标人代表", "For the agency"), ("监督人", "Supervisor"), ("记录人", "Recorder")], tender.buyer, width
        ),
        zone_note(),
    ]


def result_box(facts: OpeningFacts, width: float) -> Flowable:
    """The outcome in one sentence."""
    opened = sum(bid.opened for bid in facts.bids)
    failed = len(facts.bids) - opened
    zh = f"截止时有效投标 {len(facts.bids)} 份，开启 {opened} 份，未能开启 {failed} 份"
    en = (
        f"{len(facts.bids)} current bids at the deadline: {opened} opened, {failed} not opened. "
        f"Before it, {facts.withdrawn} withdrawn and {facts.replaced} replaced."
    )
    more = f"截止前撤回 {facts.withdrawn} 份，被替换 {facts.replaced} 份。"
    return box([text(f"{zh}。", 12, face=BOLD, color="ink"), text(more, 9), text(en, 8, color="stone")], width, strong=True)


def bids_section(facts: OpeningFacts, width: float) -> list[Flowable]:
    """The table of bids, and why those not opened were not."""
    if not facts.bids:
        return [bilingual("没有可开启的投标。", "There was no bid to open.", 9.5, before=2)]
    columns = [
        Column("序", "No.", 22, "right"),
        Column("投标人", "Bidder", None),
        Column("接收时间", "Received", 84),
        Column("投标总价", f"Total, {facts.tender.currency}", 92, "right"),
        Column("其他唱标内容", "Also announced", 118),
    ]
    rows = [
        Row(
            (
                str(place),
                bid.supplier,
                stamp(bid.received_at),
                money(bid.total) if bid.opened else "未开启 Not opened",
                announced_text(bid.announced),
            ),
            muted=not bid.opened,
        )
        for place, bid in enumerate(facts.bids, start=1)
    ]
    closed = [(place, bid) for place, bid in enumerate(facts.bids, start=1) if not bid.opened]
    notes: list[Flowable] = []
    if closed:
        notes = [Spacer(1, 8), bilingual("未能开启的投标", "Bids not opened", 9.5, face=BOLD, after=2)]
        notes.append(facts_grid([failure(place, bid) for place, bid in closed], width))
    ids = [Fact(f"投标 {place}", f"Bid {place}, id", bid.bid_id, face="Sunseal-Mono") for place, bid in enumerate(facts.bids, 1)]
    return [listing(columns, rows, width), *notes, Spacer(1, 8), facts_grid(ids, width)]


def failure(place: int, bid: BidFacts) -> Fact:
    """One bid that would not open: whose fault it appears to be, and the reason."""
    fault = joined(*words(FAULTS, bid.fault or "unknown"))
    return Fact(f"投标 {place}", f"Bid {place}", f"{bid.supplier}：{fault}。{bid.reason or ''}", wide=True)


def price_columns(bids: tuple[BidFacts, ...]) -> list[PriceColumn]:
    """The opened bids as columns, with their numbers in the table of bids."""
    return [
        PriceColumn(f"投标 {place} / Bid {place}", bid.supplier, bid.prices, bid.total)
        for place, bid in enumerate(bids, start=1)
        if bid.prices
    ]
