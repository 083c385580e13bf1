"""The award report (中标结果报告): the ranking, the rule and its working, and what everybody asked for each item."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable, NextPageTemplate, PageBreak, Paragraph, Spacer

from reports import styles
from reports.blocks import (
    Fact,
    bilingual,
    box,
    facts_grid,
    heading,
    hexadecimal,
    label,
    monospace,
    signatures,
    text,
    title_block,
)
from reports.charts import Bar, Mark, totals_charts
from reports.common import joined, log_section, mono, policy_section, tender_facts, zone_note
from reports.facts import AwardFacts, RankingRow
from reports.layout import PORTRAIT, Sheet, render_sheet, width_of
from reports.styles import style
from reports.tables import Column, PriceColumn, Row, listing, price_annex
from reports.typeface import BOLD, REGULAR, markup
from reports.wording import DASH, OFFER_FIELDS, ZONE_EN, against, money, stamp, stamp_zh, words

TITLE_ZH, TITLE_EN = "中标结果报告", "Award report"


def render(facts: AwardFacts) -> bytes:
    """The award report as PDF: the same facts give the same bytes.

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
        moment=facts.awarded_at,
        sandbox=tender.sandbox,
    )
    return render_sheet(sheet, lambda: story(facts))


def story(facts: AwardFacts) -> list[Flowable]:
    """The document's flowables, in order."""
    width = width_of(PORTRAIT)
    tender = facts.tender
    opened_at = bilingual(stamp_zh(facts.opened_at), f"{stamp(facts.opened_at)} ({ZONE_EN})", 8.8, lead=1.35)
    awarded_at = bilingual(stamp_zh(facts.awarded_at), f"{stamp(facts.awarded_at)} ({ZONE_EN})", 8.8, lead=1.35)
    annex = price_annex(
        tender.items,
        price_columns(facts),
        tender.currency,
        heading(4, "各投标人分项报价", "Item prices of all bidders"),
    )
    after = [NextPageTemplate(PORTRAIT), PageBreak()] if annex else []
    number = 5 if annex else 4
    return [
        *title_block(TITLE_ZH, TITLE_EN, tender.title, facts.public_url, width, tender.sandbox),
        winner_box(facts, width),
        heading(1, "排名", "Ranking"),
        *ranking_section(facts, width),
        heading(2, "标段", "Tender"),
        *tender_facts(
            tender,
            [Fact("开标完成时间", "Opened at", [opened_at]), Fact("定标时间", "Awarded at", [awarded_at], wide=True)],
            width,
        ),
        heading(3, "评审规则与计算过程", "Rule and working"),
        *rule_section(facts, width),
        *annex,
        *after,
        heading(number, "密封策略与保管人", "Sealing policy and custodians"),
        *policy_section(tender.policy, width),
        heading(number + 1, "审计日志与核验", "Audit log and checking"),
        *log_section(facts.statement_digest, rests_on(facts), facts.ledger, facts.log, facts.public_url, width),
        heading(number + 2, "签字与盖章", "Signatures and seal"),
        signatures([("招标人代表", "For the agency"), ("监督人", "Supervisor"), ("经办人", "Officer")], tender.buyer, width),
        zone_note(),
    ]


def rests_on(facts: AwardFacts) -> list[Fact]:
    """The statements before this one."""
    return [
        Fact("开标声明摘要", "Opening statement, SHA-256", [hexadecimal(facts.opening_digest)], wide=True),
        Fact("截标声明摘要", "Closing statement, SHA-256", [hexadecimal(facts.closing_digest)], wide=True),
    ]


def winner_box(facts: AwardFacts, width: float) -> Flowable:
    """Who has won, at what price; or that nobody has."""
    row = next((row for row in facts.ranking if row.bid_id == facts.winner), None)
    if row is None:
        return box([bilingual("未授标", "No award was made", 15, face=BOLD, color="ink", lead=1.3)], width, strong=True)
    compared = against(row.total, facts.tender.estimate)
    beside = "" if compared == DASH else f'<font size="8" color="{styles.STONE_HEX}">　较估算价 vs estimate {compared}</font>'
    price = f"{facts.tender.currency} {money(row.total)}"
    return box(
        [
            label("中标人", "Winner"),
            text(row.supplier, 16, face=BOLD, color="ink", lead=1.35),
            Spacer(1, 3),
            label("中标价", "Award price"),
            Paragraph(
                f'{markup(price, BOLD)}<font name="{REGULAR}">{beside}</font>', style(13, face=BOLD, lead=1.35)
            ),
            mono(f"bid {row.bid_id}", 7),
        ],
        width,
        strong=True,
    )


def ranking_section(facts: AwardFacts, width: float) -> list[Flowable]:
    """The ranking as a table, the reasons of those who are out, and the chart."""
    if not facts.ranking:
        return [bilingual("没有可排名的投标。", "There was no bid to rank.", 9.5, before=2)]
    columns = [
        Column("名次", "Rank", 32, "right"),
        Column("投标人", "Bidder", None),
        Column("投标总价", f"Total, {facts.tender.currency}", 100, "right"),
        Column("较估算价", "vs estimate", 58, "right"),
        Column("结论", "Result", 92),
    ]
    rows = [ranking_row(row, facts) for row in facts.ranking]
    bars = [
        Bar(row.rank, row.supplier, row.total, row.bid_id == facts.winner, row.responsive)
        for row in facts.ranking
        if row.total is not None
    ]
    charts = totals_charts(bars, marks(facts), width)
    story: list[Flowable] = [listing(columns, rows, width)]
    out = [row for row in facts.ranking if not row.responsive]
    if out:
        story += [Spacer(1, 7), facts_grid([rejection(row) for row in out], width)]
    if charts:
        story += [Spacer(1, 10), bilingual("投标总价与估算价", "Totals against the estimate", 8.8, face=BOLD, lead=1.3)]
        story[-1].keepWithNext = 1
        for chart in charts:
            story += [Spacer(1, 3), chart]
    return story


def ranking_row(row: RankingRow, facts: AwardFacts) -> Row:
    """One bidder's row."""
    winner = row.bid_id == facts.winner
    result = "中标 Winner" if winner else "有效 Responsive" if row.responsive else "无效 Not responsive"
    return Row(
        (str(row.rank), row.supplier, money(row.total), against(row.total, facts.tender.estimate), result),
        strong=winner,
        muted=not row.responsive,
    )


def rejection(row: RankingRow) -> Fact:
    """Why a bid is not responsive."""
    value = f"{row.supplier}：{row.reason or DASH}"
    return Fact(f"第 {row.rank} 名：否决原因", f"Rank {row.rank}: why rejected", value, wide=True)


def marks(facts: AwardFacts) -> list[Mark]:
    """The estimate and the ceiling as lines of the chart, where there are any."""
    found = []
    if facts.tender.estimate is not None:
        found.append(Mark("估算价", "Estimate", facts.tender.estimate))
    if facts.tender.ceiling is not None:
        found.append(Mark("最高限价", "Ceiling", facts.tender.ceiling))
    return found


def rule_section(facts: AwardFacts, width: float) -> list[Flowable]:
    """The rule in words, the computation line by line, and what was corrected."""
    rule = facts.rule
    story: list[Flowable] = [
        facts_grid(
            [
                Fact("规则", "Rule", [bilingual(rule.text_zh, rule.text_en, 8.8)], wide=True),
                Fact("规则标识", "Rule id", [mono(rule.rule_id)]),
                Fact("依据", "Article", rule.article),
            ],
            width,
        ),
        Spacer(1, 7),
        box(
            [label("计算过程", "Working, as in the award statement"), Spacer(1, 3), *working(facts.working)],
            width,
        ),
        Spacer(1, 8),
    ]
    if not facts.corrections:
        return [*story, bilingual("未对任何报价作更正。", "No figure of any offer was corrected.", 8.8)]
    columns = [
        Column("投标人", "Bidder", None),
        Column("分项", "Item", 60),
        Column("栏目", "Field", 80),
        Column("所报", "Stated", 90, "right"),
        Column("更正为", "Corrected", 90, "right"),
    ]
    rows = [
        Row(
            (
                correction.supplier,
                correction.item or "总计 Total",
                joined(*words(OFFER_FIELDS, correction.field)),
                money(correction.stated),
                money(correction.corrected),
            )
        )
        for correction in facts.corrections
    ]
    return [*story, bilingual("更正", "Corrections", 9.5, face=BOLD, after=3), listing(columns, rows, width)]


def working(lines: Sequence[str]) -> list[Flowable]:
    """The computation, a line each."""
    return monospace("\n".join(lines)) or [text(DASH, 8)]


def price_columns(facts: AwardFacts) -> list[PriceColumn]:
    """The opened bids as columns, in the order of the ranking."""
    bids = {bid.bid_id: bid for bid in facts.bids}
    return [
        PriceColumn(
            f"第 {row.rank} 名 / Rank {row.rank}",
            row.supplier,
            bids[row.bid_id].prices,
            row.total,
            strong=row.bid_id == facts.winner,
            muted=not row.responsive,
        )
        for row in facts.ranking
        if row.bid_id in bids and bids[row.bid_id].prices
    ]
