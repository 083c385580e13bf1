"""What the award notice and the notices of the result share: address, paragraphs, terms, close and seal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer

from reports import typeface
from reports.blocks import SMALLEST, Fact, bilingual, box, facts_grid, hexadecimal, text
from reports.common import joined, mono, waivers_box, zone_note
from reports.facts import Addressee, LogPosition, NoticeTerms, TenderFacts, Term
from reports.layout import PORTRAIT, Sheet, width_of
from reports.lines import broken
from reports.seal import SealField
from reports.styles import style
from reports.typeface import BOLD, REGULAR, markup
from reports.wording import CATEGORIES, day_zh, stamp, words


def sheet_of(title: tuple[str, str], tender: TenderFacts, digest: str, issued_at: datetime) -> Sheet:
    """The sheet of a notice; its footer names the award statement."""
    return Sheet(
        title_zh=title[0],
        title_en=title[1],
        subject=tender.title,
        tender_number=tender.number,
        author=tender.buyer,
        digest=digest,
        moment=issued_at,
        sandbox=tender.sandbox,
        waived=bool(tender.waivers),
    )


def address(to: Addressee) -> list[Flowable]:
    """Whom the letter is to."""
    return [text(f"{to.supplier}：", 12.5, face=BOLD, lead=1.4, before=4, after=3)]


def paragraph(zh: str, en: str) -> Flowable:
    """A paragraph of a letter: Chinese, indented by two characters, smaller English beneath."""
    size, width = 10.5, width_of(PORTRAIT)
    lines = broken(typeface.visible(zh), REGULAR, size, width, 2 * size)
    look = style(size, lead=1.55).clone("letter", firstLineIndent=2 * size)
    chinese = Paragraph("<br/>".join(markup(line) for line in lines), look)
    return KeepTogether([chinese, text(en, 7.8, color="stone", lead=1.35, after=5)])


def rehearsal(tender: TenderFacts, width: float) -> list[Flowable]:
    """In a rehearsal: that the letter has no legal effect."""
    if not tender.sandbox:
        return []
    said = bilingual(
        "本通知系演练（沙盒）所生成，不产生任何法律效力。",
        "This notice was made in a rehearsal (sandbox) and has no legal effect.",
        9.5,
        face=BOLD,
        color="stone-dark",
    )
    return [box([said], width), Spacer(1, 4)]


def particulars(
    tender: TenderFacts, to: Addressee, more: Sequence[Fact], width: float
) -> list[Flowable]:
    """The annex: project, tender, bid, and what the letter rests on, for whoever files or checks it."""
    facts = [
        Fact("项目编号", "Project number", tender.project_number),
        Fact("标段编号", "Tender number", tender.number, face=BOLD),
        Fact("项目名称", "Project", tender.project_title, wide=True),
        Fact("招标人", "Agency (buyer)", f"{tender.buyer}（{tender.buyer_organisation}）", wide=True),
        Fact("投标人", "Bidder", f"{to.supplier}（{to.organisation}）", wide=True),
        Fact("交易类别", "Category", joined(*words(CATEGORIES, tender.category))),
        Fact("投标接收时间", "Bid received", stamp(to.received_at)),
        Fact("投标标识", "Bid id", [mono(to.bid_id)], wide=True),
        *more,
    ]
    look = {"face": BOLD, "color": "ink", "before": 12}
    title = bilingual("附：标段、投标与记录", "Annex: tender, bid and record", 10.5, **look)
    checked = bilingual(
        "本通知书由平台依据招标人签名的定标决定生成并签名。开标、评审和定标的全部证据均已公开："
        "任何人都可以从公开记录下载证据包，用 sunseal verify 重新核算排名。",
        "The platform made and signed this notice from the agency's signed decision. All evidence of "
        "opening, "
        "evaluation and award is public: anybody can download it and compute the ranking again with "
        "sunseal verify.",
        8.8,
        before=7,
    )
    waived = [Spacer(1, 7), waivers_box(tender, width)] if tender.sandbox else []
    return [KeepTogether([title, Spacer(1, 4), facts_grid(facts, width), *waived, checked, zone_note()])]


def on_record(statement: str, decision: str, log: LogPosition, url: str) -> list[Fact]:
    """What the letter rests on, and where everybody can check it."""
    return [
        Fact("中标声明摘要", "Award SHA-256", [hexadecimal(statement)], wide=True),
        Fact("定标决定摘要", "Decision SHA-256", [hexadecimal(decision)], wide=True),
        Fact("审计日志", "Log", [mono(f"{log.origin} · {log.index:,}")], wide=True),
        Fact("公开记录", "Public record", [mono(url)], wide=True),
    ]


def until(term: Term, zh: str = "即不迟于", en: str = "by ") -> tuple[str, str]:
    """The last day of a term in brackets, after these words; or nothing."""
    if term.until is None:
        return "", ""
    return f"（{zh}{_day_zh(term.until)}）", f" ({en}{term.until.isoformat()})"


def bond_paragraph(terms: NoticeTerms) -> list[Flowable]:
    """When bid bonds are given back, where the pack knows."""
    if not terms.bond.value:
        return []
    return [
        paragraph(
            f"已提交投标保证金的，招标人最迟在书面合同签订后 {terms.bond.value} "
            f"日内退还投标保证金及银行同期存款利息"
            f"（{terms.bond.article_zh}）。",
            f"Bid bonds are given back with interest within {terms.bond.value} days of the contract "
            f"({terms.bond.article_en}).",
        )
    ]


def close(buyer: str, issued_at: datetime, width: float) -> Flowable:
    """The agency's name, the date, and the field of the platform's seal, in one piece."""
    look = {"align": "right", "lead": 1.5}
    return KeepTogether(
        [
            text(f"招标人：{buyer}", 10.5, face=BOLD, before=8, **look),
            text(day_zh(issued_at), 10.5, **look),
            text(f"{stamp(issued_at)} UTC+8", SMALLEST, color="stone", **look),
            Spacer(1, 4),
            SealField(width),
        ]
    )


def _day_zh(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
