"""The opening record (开标记录): what was opened and announced, and what would not open.

Order 20 (20号令) art. 30 to 32: announced to all, published, failures recorded with whose fault they are.
"""

from __future__ import annotations

from reportlab.platypus import Flowable

from reports.blocks import Fact, bilingual, box, hexadecimal, section, text, title_block
from reports.common import (
    announced_cell,
    ending,
    joined,
    log_section,
    moment,
    mono,
    policy_section,
    tender_facts,
)
from reports.facts import BidFacts, OpeningFacts
from reports.layout import PORTRAIT, Sheet, render_sheet, width_of
from reports.stages import segment_facts, stages_section
from reports.tables import Column, PriceColumn, Row, listing, price_annex
from reports.typeface import BOLD
from reports.wording import DASH, FAULTS, money, stamp, words

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
        waived=bool(tender.waivers),
    )
    return render_sheet(sheet, lambda: story(facts))


def story(facts: OpeningFacts) -> list[Flowable]:
    """The document's flowables, in order."""
    width = width_of(PORTRAIT)
    tender = facts.tender
    annex = price_annex(
        tender.items,
        price_columns(facts.bids),
        tender.currency,
        4 if facts.stages else 3,
    )
    number = 4 if annex else 3
    # What the agency judged before stands between the tender and the bids that it let go on.
    stages = section(2, "阶段评审", "Stages judged before") if facts.stages else []
    shift = 1 if facts.stages else 0
    return [
        *title_block(TITLE_ZH, TITLE_EN, tender.title, facts.public_url, width, tender.sandbox),
        result_box(facts, width),
        *section(1, "标段与开标", "Tender and opening"),
        *tender_facts(
            tender,
            [*segment_facts(facts), Fact("开标完成时间", "Opened at", [moment(facts.opened_at)])],
            width,
        ),
        *stages,
        *stages_section(facts.stages, width),
        *section(2 + shift, "开标结果", "Bids at opening"),
        *bids_section(facts, width),
        *annex,
        *policy_section(number + shift, tender.policy, width),
        *ending(
            number + 1 + shift,
            log_section(
                facts.statement_digest,
                [
                    Fact(
                        "截标声明摘要",
                        "Closing SHA-256",
                        [hexadecimal(facts.closing_digest)],
                        wide=True,
                    )
                ],
                facts.ledger,
                facts.log,
                facts.public_url,
                width,
            ),
            [("招标人代表", "For the agency"), ("监督人", "Supervisor"), ("记录人", "Recorder")],
            tender.buyer,
            width,
        ),
    ]


def result_box(facts: OpeningFacts, width: float) -> Flowable:
    """The outcome in one sentence."""
    opened = sum(bid.opened for bid in facts.bids)
    failed = len(facts.bids) - opened
    whose = "通过评审的投标" if facts.stages else "截止时有效投标"
    which = "admitted bids" if facts.stages else "current bids at the deadline"
    zh = f"{whose} {len(facts.bids)} 份，开启 {opened} 份，未能开启 {failed} 份"
    en = (
        f"{len(facts.bids)} {which}: {opened} opened, {failed} not opened. "
        f"Before it, {facts.withdrawn} withdrawn and {facts.replaced} replaced."
    )
    more = f"截止前撤回 {facts.withdrawn} 份，被替换 {facts.replaced} 份。"
    return box(
        [text(f"{zh}。", 12, face=BOLD, color="ink"), text(more, 9), text(en, 8, color="stone")],
        width,
        strong=True,
    )


def bids_section(facts: OpeningFacts, width: float) -> list[Flowable]:
    """The table of bids, and why those not opened were not."""
    if not facts.bids:
        return [bilingual("没有可开启的投标。", "There was no bid to open.", 9.5, before=2)]
    priced = facts.segment in (None, "price")
    columns = [
        Column("序", "No.", 22, "right"),
        Column("投标人", "Bidder", None),
        Column("接收时间", "Received", 84),
        Column("投标总价", f"Total, {facts.tender.currency}", 92, "right")
        if priced
        else Column("开启", "Opened", 92, "right"),
        Column("其他唱标内容" if priced else "唱标内容", "Also announced" if priced else "Announced", 118),
    ]
    rows = [
        Row(
            (
                str(place),
                bidder_cell(bid),
                stamp(bid.received_at),
                ("已开启 Opened" if not priced else money(bid.total)) if bid.opened else "未开启 Not opened",
                announced_cell(bid.announced),
            ),
            muted=not bid.opened,
        )
        for place, bid in enumerate(facts.bids, start=1)
    ]
    return [listing(columns, rows, width)]


def bidder_cell(bid: BidFacts) -> list[Flowable]:
    """A bidder, the bid's id, and if it would not open, whose fault that appears to be and why."""
    color = "text" if bid.opened else "grey"
    cell: list[Flowable] = [text(bid.supplier, 8.6, face=BOLD, color=color, lead=1.35), mono(bid.bid_id, 7)]
    if not bid.opened:
        fault = joined(*words(FAULTS, bid.fault or "unknown"))
        cell.append(
            text(f"未能开启 Not opened · {fault}：{bid.reason or DASH}", 7.6, color="stone-dark", lead=1.35)
        )
    return cell


def price_columns(bids: tuple[BidFacts, ...]) -> list[PriceColumn]:
    """The opened bids as columns, with their numbers in the table of bids."""
    return [
        PriceColumn(f"投标 {place} / Bid {place}", bid.supplier, bid.prices, bid.total)
        for place, bid in enumerate(bids, start=1)
        if bid.prices
    ]
