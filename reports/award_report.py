"""The award report (中标结果报告): ranking, rule and working, and what everybody asked for each item."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from reports import styles
from reports.blocks import (
    BARE,
    Fact,
    bilingual,
    box,
    facts_grid,
    hexadecimal,
    label,
    monospace,
    section,
    text,
    title_block,
)
from reports.capitals import capitals
from reports.charts import Bar, Mark, totals_charts
from reports.common import ending, joined, log_section, moment, mono, policy_section, tender_facts
from reports.facts import AwardFacts, RankingRow
from reports.layout import PORTRAIT, Sheet, render_sheet, width_of
from reports.tables import Column, PriceColumn, Row, listing, price_annex
from reports.typeface import BOLD, fitting
from reports.wording import DASH, OFFER_FIELDS, against, money, words

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
        waived=bool(tender.waivers),
    )
    return render_sheet(sheet, lambda: story(facts))


def story(facts: AwardFacts) -> list[Flowable]:
    """The document's flowables, in order."""
    width = width_of(PORTRAIT)
    tender = facts.tender
    annex = price_annex(
        tender.items,
        price_columns(facts),
        tender.currency,
        4,
    )
    number = 5 if annex else 4
    return [
        *title_block(TITLE_ZH, TITLE_EN, tender.title, facts.public_url, width, tender.sandbox),
        winner_box(facts, width),
        *section(1, "排名", "Ranking"),
        *ranking_section(facts, width),
        *section(2, "标段", "Tender"),
        *tender_facts(
            tender,
            [
                Fact("开标完成时间", "Opened at", [moment(facts.opened_at)]),
                Fact("定标时间", "Awarded at", [moment(facts.awarded_at)], wide=True),
            ],
            width,
        ),
        *section(3, "评审规则与计算过程", "Rule and working"),
        *rule_section(facts, width),
        *annex,
        *policy_section(number, tender.policy, width),
        *ending(
            number + 1,
            log_section(
                facts.statement_digest, rests_on(facts), facts.ledger, facts.log, facts.public_url, width
            ),
            [("招标人代表", "For the agency"), ("监督人", "Supervisor"), ("经办人", "Officer")],
            tender.buyer,
            width,
        ),
    ]


def rests_on(facts: AwardFacts) -> list[Fact]:
    """The statements before this one."""
    return [
        Fact("开标声明摘要", "Opening SHA-256", [hexadecimal(facts.opening_digest)], wide=True),
        Fact("截标声明摘要", "Closing SHA-256", [hexadecimal(facts.closing_digest)], wide=True),
    ]


def winner_box(facts: AwardFacts, width: float) -> Flowable:
    """Who has won, at what price; or that nobody has."""
    row = next((row for row in facts.ranking if row.bid_id == facts.winner), None)
    if row is None:
        return box(
            [bilingual("未授标", "No award was made", 15, face=BOLD, color="ink", lead=1.3)],
            width,
            strong=True,
        )
    compared = against(row.total, facts.tender.estimate)
    price: list[Flowable] = [
        label("中标价", f"Award price, {facts.tender.currency}"),
        Spacer(1, 2),
        text(
            money(row.total),
            fitting(money(row.total), BOLD, 16, width * 0.3),
            face=BOLD,
            color="ink",
            lead=1.4,
        ),
    ]
    if facts.tender.currency == "CNY" and row.total is not None:
        price.append(text(f"大写：{capitals(row.total)}", 8.2, color="ink", lead=1.4))
    if compared != DASH:
        price.append(text(f"较估算价 vs estimate {compared}", 7.6, color="stone"))
    size = 16 if len(row.supplier) <= 36 else 11
    name: list[Flowable] = [
        label("中标人", "Winner"),
        Spacer(1, 2),
        text(row.supplier, size, face=BOLD, color="ink", lead=1.4),
        mono(f"bid {row.bid_id}", 7),
    ]
    inner = width - 21
    sides = Table(
        [[name, price]],
        colWidths=[inner * 0.64, inner * 0.36],
        splitInRow=1,
        style=[
            *BARE,
            ("LEFTPADDING", (1, 0), (1, 0), 12),
            ("RIGHTPADDING", (0, 0), (0, 0), 10),
            ("LINEBEFORE", (1, 0), (1, 0), 0.5, styles.STONE_BAR),
        ],
    )
    return box([sides], width, strong=True)


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
    if charts:
        title = "投标总价与估算价", "Totals against the estimate"
        if facts.tender.estimate is None:
            title = "投标总价", "Totals"
        story += [
            Spacer(1, 9),
            KeepTogether([bilingual(*title, 8.8, face=BOLD, lead=1.3), Spacer(1, 2), charts[0]]),
            *charts[1:],
        ]
    return story


def ranking_row(row: RankingRow, facts: AwardFacts) -> Row:
    """One bidder's row."""
    winner = row.bid_id == facts.winner
    result = "中标 Winner" if winner else "有效 Responsive" if row.responsive else "否决 Rejected"
    bidder: str | list[Flowable] = row.supplier
    if row.reason and not row.responsive:
        why = f"否决原因 Why rejected: {row.reason}"
        bidder = [
            text(row.supplier, 8.4, color="grey", lead=1.35),
            text(why, 7.4, color="stone-dark", lead=1.35),
        ]
    return Row(
        (str(row.rank), bidder, money(row.total), against(row.total, facts.tender.estimate), result),
        strong=winner,
        muted=not row.responsive,
    )


def marks(facts: AwardFacts) -> list[Mark]:
    """The estimate and the ceiling as lines of the chart, where there are any."""
    found = []
    if facts.tender.estimate is not None:
        found.append(Mark("估算价", "Estimate", facts.tender.estimate, compared=True))
    if facts.tender.ceiling is not None:
        found.append(Mark("最高限价", "Ceiling", facts.tender.ceiling))
    return found


def rule_section(facts: AwardFacts, width: float) -> list[Flowable]:
    """The rule in words, the computation line by line, and what was corrected."""
    rule = facts.rule
    said = [
        Fact("规则", "Rule", [bilingual(rule.text_zh, rule.text_en, 8.8)], wide=True),
        Fact("规则标识", "Rule id", [mono(rule.rule_id)]),
        Fact("依据", "Article", rule.article),
    ]
    if not facts.corrections:
        none = bilingual("未对任何报价作更正。", "No figure of any offer was corrected.", 8.8)
        said.append(Fact("更正", "Corrections", [none], wide=True))
    story: list[Flowable] = [
        facts_grid(said, width),
        Spacer(1, 7),
        box(
            [label("计算过程", "Working, as in the award statement"), Spacer(1, 3), *working(facts.working)],
            width,
        ),
    ]
    if not facts.corrections:
        return story
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
    title = bilingual("更正", "Corrections", 9.5, face=BOLD, before=8, after=3)
    return [*story, title, listing(columns, rows, width)]


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
