"""The notice of the result (中标结果通知书) to a bidder that did not win, with the reason.

Tendering Law (招标投标法) art. 45; Order 20 (20号令) art. 36; in government procurement Order 87 (87号令)
art. 69.
"""

from __future__ import annotations

from reportlab.platypus import Flowable, Spacer, Table

from reports import styles
from reports.blocks import BARE, box, label, text, title_block
from reports.facts import ResultNoticeFacts
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
from reports.wording import DASH, MINUS, against, day_zh, money

TITLE_ZH, TITLE_EN = "中标结果通知书", "Notice of the result"


def render(facts: ResultNoticeFacts) -> bytes:
    """The notice as PDF, with an empty field for the seal: the same facts give the same bytes.

    Raises ReportError if the fonts are missing or a fact cannot be printed.
    """
    sheet = sheet_of((TITLE_ZH, TITLE_EN), facts.tender, facts.statement_digest, facts.issued_at)
    return render_sheet(sheet, lambda: story(facts))


def story(facts: ResultNoticeFacts) -> list[Flowable]:
    """The document's flowables, in order."""
    width = width_of(PORTRAIT)
    tender, to = facts.tender, facts.loser
    record = on_record(facts.statement_digest, facts.decision_digest, facts.log, facts.public_url)
    return [
        *title_block(TITLE_ZH, TITLE_EN, tender.title, facts.public_url, width, tender.sandbox),
        *rehearsal(tender, width),
        *address(to),
        paragraph(
            f"感谢你单位参加“{tender.title}”（标段编号 {tender.number}）的投标。"
            f"招标人已于{day_zh(facts.issued_at)}确定"
            f"中标人，你单位未中标。现将中标结果和未中标的原因通知如下：",
            f"Thank you for your bid for this tender ({tender.number}). The agency has decided the "
            f"award, and your "
            f"bid did not win. The result, and the reason:",
        ),
        *result(facts, width),
        Spacer(1, 7),
        *terms_paragraphs(facts),
        close(tender.buyer, facts.issued_at, width),
        *particulars(tender, to, record, width),
    ]


def result(facts: ResultNoticeFacts, width: float) -> list[Flowable]:
    """Winner and own bid side by side, the reason beneath."""
    to, currency = facts.loser, facts.tender.currency
    inner = width - 18
    half = inner / 2 - 12

    def figure(amount: str, color: str) -> Flowable:
        return text(amount, fitting(amount, BOLD, 14, half), face=BOLD, color=color, lead=1.4)

    place = "未排名 not ranked" if to.rank is None else f"第 {to.rank} 名，共 {facts.ranked} 名"
    place_en = "" if to.rank is None else f"rank {to.rank} of {facts.ranked}"
    won: list[Flowable] = [
        label("中标人", "Winner"),
        text(facts.winner, 10.5, face=BOLD, color="ink", lead=1.4),
        Spacer(1, 4),
        label("中标价", f"Award price, {currency}"),
        figure(money(facts.winner_total), "ink"),
    ]
    own: list[Flowable] = [
        label("你单位的排名", "Your rank"),
        text(f"{place} {place_en}".strip(), 10.5, face=BOLD, lead=1.4),
        Spacer(1, 4),
        label("你单位的投标总价", f"Your total, {currency}"),
        figure(money(to.total), "text"),
    ]
    sides = Table(
        [[won, own]],
        colWidths=[inner / 2, inner / 2],
        splitInRow=1,
        style=[
            *BARE,
            ("LEFTPADDING", (1, 0), (1, 0), 12),
            ("RIGHTPADDING", (0, 0), (0, 0), 10),
            ("LINEBEFORE", (1, 0), (1, 0), 0.5, styles.STONE_BAR),
        ],
    )
    zh, en = reason(facts)
    why: list[Flowable] = [
        label("未中标的原因", "Why your bid did not win"),
        Spacer(1, 2),
        text(zh, 10, lead=1.45),
        text(en, 7.8, color="stone"),
    ]
    return [box([sides], width), Spacer(1, 6), box(why, width, strong=True)]


def reason(facts: ResultNoticeFacts) -> tuple[str, str]:
    """Why the bid did not win, in both languages; of a rejected one the evaluation's own words."""
    to = facts.loser
    if facts.outcome == "rejected":
        return (
            f"评审否决：{facts.reason or DASH}",
            "Rejected by the evaluation, for the reason stated above in its own words.",
        )
    if facts.outcome == "unopened":
        return (
            f"投标未能开启：{facts.reason or DASH}",
            "The bid could not be opened, for the reason stated above.",
        )
    if to.total is None or to.rank is None:
        return "投标未进入排名。", "The bid was not ranked."
    more = to.total - facts.winner_total
    if not more:
        return (
            f"按公布的评审规则排名第 {to.rank}；投标总价与中标价相同，依同价排序规则列后。",
            f"Ranked {to.rank} by the published rule; the total equals the winner's, and the rule for "
            f"equal totals places it after.",
        )
    share = against(to.total, facts.winner_total).lstrip("+").lstrip(MINUS)
    return (
        f"按公布的评审规则排名第 {to.rank}，列中标人之后；投标总价 {money(to.total)}，"
        f"较中标价{'高' if more > 0 else '低'} {money(abs(more))}（{share}）。",
        f"Ranked {to.rank} by the published rule, after the winner; the total {money(to.total)} is "
        f"{money(abs(more))} ({share}) {'above' if more > 0 else 'below'} the winner's.",
    )


def terms_paragraphs(facts: ResultNoticeFacts) -> list[Flowable]:
    """How to object, where to complain, when bonds come back, how to check; by the rule pack."""
    objection, complaint = facts.terms.objection, facts.terms.complaint
    by_zh, by_en = until(complaint, "自本通知书发出之日起算，至", "counted from this notice, to ")
    if complaint.value:
        object_zh = (
            f"对评标结果有异议的，应当在中标候选人公示期间向招标人提出（{objection.article_zh}）；认为招标投标活动不符合"
            f"法律、行政法规规定的，可以自知道或者应当知道之日起 {complaint.value} 日内{by_zh}"
            f"向行政监督部门投诉，投诉应当有明确的请求和必要的证明材料（{complaint.article_zh}）。"
        )
        object_en = (
            f"Objections to the evaluation go to the agency while candidates are publicised "
            f"({objection.article_en}); a complaint that law was broken goes to the supervising "
            f"authority within {complaint.value} days of when it was or should have been known{by_en}, "
            f"with a clear request and evidence ({complaint.article_en})."
        )
    else:
        object_zh = (
            f"对中标结果有异议的，请按招标文件的规定向招标人提出；也可以向监督部门反映（{objection.article_zh}）。"
        )
        object_en = (
            f"Objections go to the agency, as the bidding documents say; you may also turn to the supervisor "
            f"({objection.article_en})."
        )
    return [paragraph(object_zh, object_en), *bond_paragraph(facts.terms)]
