"""Sections that the opening record and the award report share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer

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
)
from reports.facts import AnnouncedField, CustodianFacts, LedgerFacts, LogPosition, PolicyFacts, TenderFacts
from reports.seal import SealField
from reports.styles import style
from reports.tables import Column, Row, listing
from reports.typeface import BOLD, MONO, REGULAR, markup
from reports.wording import (
    ANNOUNCED,
    CATEGORIES,
    DASH,
    ROLES,
    ZONE_EN,
    ZONE_ZH,
    grouped,
    money,
    stamp,
    stamp_zh,
    words,
)

NOT_INDEPENDENT_ZH, NOT_INDEPENDENT_EN = "保管人不独立", "Custodians not independent"
INDEPENDENT_ZH, INDEPENDENT_EN = "保管人相互独立", "Custodians independent"


def joined(zh: str, en: str) -> str:
    """Both languages on one line, or the only one."""
    return f"{zh} {en}" if en else zh


def tender_facts(tender: TenderFacts, more: Sequence[Fact], width: float) -> list[Flowable]:
    """The grid of facts about the tender, `more` at its end, and the waivers of a sandbox tender."""
    deadline = moment(tender.deadline, face=BOLD, color="vermilion")
    facts = [
        Fact("标段编号", "Tender number", tender.number, face=BOLD),
        Fact("项目编号", "Project number", tender.project_number),
        Fact("项目名称", "Project", tender.project_title, wide=True),
        Fact("招标人", "Agency (buyer)", f"{tender.buyer}（{tender.buyer_organisation}）", wide=True),
        Fact("交易类别", "Category", joined(*words(CATEGORIES, tender.category))),
        Fact("货币", "Currency", tender.currency),
        Fact("估算价", "Estimate", money(tender.estimate)),
        Fact("最高限价", "Ceiling", money(tender.ceiling)),
        Fact("投标截止时间", "Deadline = opening time", [deadline]),
        *more,
        Fact(
            "适用规则",
            "Rules",
            f"{tender.rules.title}（{tender.rules.name} {tender.rules.version}）",
            wide=True,
        ),
        Fact("标段标识", "Tender id", [mono(tender.tender_id)], wide=True),
        Fact("公告摘要", "Notice SHA-256", [hexadecimal(tender.notice_digest)], wide=True),
    ]
    story: list[Flowable] = [facts_grid(facts, width)]
    if tender.sandbox:
        story += [Spacer(1, 7), waivers_box(tender, width)]
    return story


def moment(when: datetime, **look: Any) -> Paragraph:
    """A point in time, as both languages write it."""
    return bilingual(stamp_zh(when), f"{stamp(when)} UTC+8", 8.8, lead=1.35, **look)


def mono(value: str, size: float = 7.8) -> Paragraph:
    """One id or key in half-width type."""
    return Paragraph(markup(value, MONO), style(size, face=MONO, lead=1.4))


def waivers_box(tender: TenderFacts, width: float) -> Flowable:
    """What a sandbox tender is, and each rule that it waives, with its article."""
    look = {"face": BOLD, "color": "stone-dark"}
    if not tender.waivers:
        said = bilingual(
            "本标段为演练（沙盒）项目；没有规则被豁免，规则全部适用。",
            "This is a sandbox tender; no rule is waived, all rules hold.",
            8.8,
            **look,
        )
        return box([said], width)
    said = bilingual(
        "本标段为演练（沙盒）项目：下列计算天数或小时的规则未适用，记为豁免；其余规则全部适用。",
        "This is a sandbox tender: these rules, which count days or hours, are recorded as waived; "
        "all others hold.",
        8.8,
        **look,
    )
    waived = [
        bilingual(
            f"豁免：{waiver.rule_zh}，{waiver.count} {waiver.unit_zh}（{waiver.article_zh}）",
            f"Waived: {waiver.rule_en}, {waiver.count} {waiver.unit_en} ({waiver.article_en})",
            8.2,
            color="stone-dark",
            lead=1.35,
            before=3,
        )
        for waiver in tender.waivers
    ]
    return box([said, *waived], width)


def announced_cell(fields: Sequence[AnnouncedField]) -> list[Flowable]:
    """The announced fields of a bid, a line each."""
    look = style(8, lead=1.35)
    lines: list[Flowable] = []
    for field in fields:
        name = markup(joined(*words(ANNOUNCED, field.name)))
        small = f'<font size="7" color="{styles.STONE_HEX}">{name}</font>'
        lines.append(Paragraph(f"{small}  {markup(field.value)}", look))
    return lines or [text(DASH, 8)]


def policy_section(number: int, policy: PolicyFacts, width: float) -> list[Flowable]:
    """Section `number`, in one piece if a page holds it: how the bids were sealed, by whom they could be
    opened, and whether those are independent.
    """
    count = len(policy.custodians)
    how = bilingual(
        f"每份投标由 {count} 名保管人中任意 {policy.threshold} 名共同开启；不足此数的保管人不能开启。",
        f"Any {policy.threshold} of the {count} custodians together open a bid; fewer cannot.",
        8.8,
    )
    if policy.independent:
        said = bilingual(INDEPENDENT_ZH, INDEPENDENT_EN, 11, face=BOLD, color="ink", lead=1.3)
        box_flowables: list[Flowable] = [said, how]
    else:
        said = bilingual(NOT_INDEPENDENT_ZH, NOT_INDEPENDENT_EN, 11, face=BOLD, color="stone-dark", lead=1.3)
        why = bilingual(
            "全部保管人密钥由同一方掌握或同机运行（或门限为一），密封不能防范该方。",
            "The custodians share a machine or an owner, or the threshold is one: "
            "the sealing does not protect against whoever runs it.",
            8.8,
        )
        box_flowables = [said, why, how]
    rows = [
        Row(
            (
                str(place),
                [bilingual(*words(ROLES, custodian.role), 8.4, lead=1.3)],
                custodian.name if custodian.remark is None else _with_remark(custodian),
                [mono(grouped(custodian.fingerprint), 7)],
                DASH if custodian.released is None else "是 Yes" if custodian.released else "否 No",
            )
        )
        for place, custodian in enumerate(policy.custodians, start=1)
    ]
    columns = [
        Column("序", "No.", 24, "right"),
        Column("角色", "Role", 70),
        Column("保管人", "Custodian", None),
        Column("签名密钥指纹", "Signing key SHA-256", 158),
        Column("已释放", "Released", 40),
    ]
    facts = [
        Fact("密码套件", "Suite", [mono(policy.suite)]),
        Fact("最少投标人数", "Minimum bidders", str(policy.minimum_bidders)),
        Fact("策略摘要", "Policy SHA-256", [hexadecimal(policy.digest)], wide=True),
    ]
    story = [
        heading(number, "密封策略与保管人", "Sealing policy and custodians"),
        box(box_flowables, width, strong=policy.independent),
        Spacer(1, 6),
        listing(columns, rows, width),
        Spacer(1, 2),
        facts_grid(facts, width),
    ]
    return [KeepTogether(story)]


def _with_remark(custodian: CustodianFacts) -> list[Flowable]:
    """A custodian's name, and below it what appears to be its fault."""
    assert custodian.remark is not None
    return [text(custodian.name), bilingual(*custodian.remark, 7.4, color="stone-dark", lead=1.25)]


def log_section(
    statement: str, before: Sequence[Fact], ledger: LedgerFacts, log: LogPosition, url: str, width: float
) -> list[Flowable]:
    """Where this document's statement stands in the log, and what it rests on, for whoever checks."""
    facts = [
        Fact("本文件声明摘要", "Statement SHA-256", [hexadecimal(statement)], wide=True),
        *before,
        Fact("投标台账", "Ledger", [mono(ledger.origin)], wide=True),
        Fact("台账记录数", "Ledger size", f"{ledger.size:,}"),
        Fact("日志序号", "Log index", f"{log.index:,}", face=BOLD),
        Fact("台账根", "Ledger root", [hexadecimal(ledger.root)], wide=True),
        Fact("审计日志", "Log origin", [mono(log.origin)], wide=True),
        Fact("公开记录", "Public record", [mono(url)], wide=True),
    ]
    note: list[Flowable] = [label("日志检查点", "Checkpoint (C2SP signed note), verbatim"), Spacer(1, 3)]
    how = (
        f"核验：下载证据包，运行 sunseal verify，或按包内 README.txt 用通用工具逐项核对。"
        f'<font size="7" color="{styles.STONE_HEX}"><br/>To check: download the evidence package and run '
        f"<i>sunseal verify</i>, or follow its README.txt with common tools.</font>"
    )
    return [
        facts_grid(facts, width),
        Spacer(1, 7),
        box([*note, *monospace(log.checkpoint)], width),
        Spacer(1, 6),
        Paragraph(how, style(8.2, face=REGULAR, lead=1.45)),
    ]


def ending(
    number: int, log: list[Flowable], places: Sequence[tuple[str, str]], buyer: str, width: float
) -> list[Flowable]:
    """The last two sections, `number` and the next, on one page if they fit on one: nobody signs a sheet
    that says nothing.
    """
    signing = signatures(heading(number + 1, "签字与盖章", "Signatures and seal"), places, buyer, width)
    return [
        KeepTogether(
            [
                heading(number, "审计日志与核验", "Audit log and checking"),
                *log,
                zone_note(),
                KeepTogether([*signing, Spacer(1, 6), SealField(width)]),
            ]
        )
    ]


def zone_note() -> Paragraph:
    """Which zone all times are in."""
    return text(f"本文件所有时间均为{ZONE_ZH}。 All times are {ZONE_EN}.", 7.2, color="stone", before=9)
