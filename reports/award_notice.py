"""The award notice (中标通知书) to the winner.

Tendering Law (招标投标法) art. 45 and 46; Order 20 (20号令) art. 36 and 40.
"""

from __future__ import annotations

from reportlab.platypus import Flowable, Spacer, Table

from reports import styles
from reports.blocks import BARE, box, label, text, title_block
from reports.capitals import capitals
from reports.common import announced_cell
from reports.facts import AwardNoticeFacts
from reports.layout import PORTRAIT, render_sheet, width_of
from reports.letters import (
    address,
    bond_paragraph,
    close,
    on_record,
    paragraph,
    particulars,
    rehearsal,
    sheet_of,
    until,
)
from reports.typeface import BOLD, fitting
from reports.wording import day_zh, money

TITLE_ZH, TITLE_EN = "中标通知书", "Award notice"


def render(facts: AwardNoticeFacts) -> bytes:
    """The award notice as PDF, with an empty field for the seal: the same facts give the same bytes.

    Raises ReportError if the fonts are missing or a fact cannot be printed.
    """
    sheet = sheet_of((TITLE_ZH, TITLE_EN), facts.tender, facts.statement_digest, facts.issued_at)
    return render_sheet(sheet, lambda: story(facts))


def story(facts: AwardNoticeFacts) -> list[Flowable]:
    """The document's flowables, in order."""
    width = width_of(PORTRAIT)
    tender, to = facts.tender, facts.winner
    record = on_record(facts.statement_digest, facts.decision_digest, facts.log, facts.public_url)
    return [
        *title_block(TITLE_ZH, TITLE_EN, tender.title, facts.public_url, width, tender.sandbox),
        *rehearsal(tender, width),
        *address(to),
        paragraph(
            f"你单位于{day_zh(to.received_at)}递交的“{tender.title}”（标段编号 {tender.number}）投标，"
            f"经开标、评审，招标人已确定你单位为中标人。",
            f"Your bid for this tender ({tender.number}) was opened and evaluated, and the agency has "
            f"decided that the contract is awarded to you.",
        ),
        price_box(facts, width),
        Spacer(1, 6),
        *terms_paragraphs(facts),
        close(tender.buyer, facts.issued_at, width),
        *particulars(tender, to, record, width),
    ]


def price_box(facts: AwardNoticeFacts, width: float) -> Flowable:
    """The price in figures and, of yuan, in words; what else the bid promises."""
    total, currency = facts.winner.total, facts.tender.currency
    figure = money(total)
    price: list[Flowable] = [
        label("中标价", f"Award price, {currency}"),
        Spacer(1, 2),
        text(figure, fitting(figure, BOLD, 17, width * 0.5), face=BOLD, color="ink", lead=1.4),
    ]
    if currency == "CNY" and total is not None:
        price.append(text(f"大写：{capitals(total)}", 9.5, color="ink", lead=1.4))
    if not facts.announced:
        return box(price, width, strong=True)
    promised = [label("投标承诺", "Promised in the bid"), Spacer(1, 2), *announced_cell(facts.announced)]
    inner = width - 21
    sides = Table(
        [[price, promised]],
        colWidths=[inner * 0.62, inner * 0.38],
        splitInRow=1,
        style=[
            *BARE,
            ("LEFTPADDING", (1, 0), (1, 0), 12),
            ("RIGHTPADDING", (0, 0), (0, 0), 10),
            ("LINEBEFORE", (1, 0), (1, 0), 0.5, styles.STONE_BAR),
        ],
    )
    return box([sides], width, strong=True)


def terms_paragraphs(facts: AwardNoticeFacts) -> list[Flowable]:
    """What the winner has to do by when, and what the notice means, by the rule pack."""
    terms = facts.terms
    contract, notice = terms.contract, terms.notice
    by_zh, by_en = until(contract)
    if contract.value:
        signing = paragraph(
            f"请自本通知书发出之日起 {contract.value} 日内{by_zh}，"
            f"按照招标文件和你单位的投标文件与招标人订立书面合同；"
            f"双方不得再行订立背离合同实质性内容的其他协议。招标文件要求提交履约保证金的，请在订立合同前提交"
            f"（{contract.article_zh}）。",
            f"Sign the contract with the agency within {contract.value} days of this notice{by_en}, by "
            f"the bidding documents and your bid, with no other agreement that departs from them; where "
            f"the documents ask for a "
            f"performance bond, hand it in first ({contract.article_en}).",
        )
    else:
        signing = paragraph(
            f"请在招标文件规定的期限内，按照招标文件和你单位的投标文件与招标人订立书面合同（{contract.article_zh}）。",
            f"Sign the contract with the agency in the time that the bidding documents give, by them and "
            f"by your bid "
            f"({contract.article_en}).",
        )
    if notice.value != "binding":
        return [signing, *bond_paragraph(terms)]
    binding = paragraph(
        f"本通知书对招标人和中标人具有法律效力。本通知书发出后，招标人改变中标结果，或者中标人放弃中标项目的，"
        f"应当依法承担法律责任（{notice.article_zh}）。",
        f"This notice binds agency and winner in law; whichever of them goes back on it answers for that "
        f"({notice.article_en}).",
    )
    return [signing, binding, *bond_paragraph(terms)]
