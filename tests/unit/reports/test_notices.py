"""Notices to winner and losers, the seal's field, lines as Chinese is set, what makes a file PDF/A."""

from __future__ import annotations

import dataclasses
import io

import pytest
from pypdf import PdfReader

from reports import award_notice, result_notice
from reports.capitals import capitals
from reports.lines import NO_BEGIN, NO_END, broken
from reports.typeface import REGULAR, width
from reports.wording import money
from tests.unit.reports.make_facts import (
    GENERIC,
    URL,
    WAIVERS,
    award_notice_facts,
    result_notice_facts,
    tender_of,
)
from tests.unit.reports.read_pdf import all_text, fonts, pages, sizes, squeezed

LONG = "国家高速公路网 G65 包头至茂名线某某段改扩建工程（含互通立交、特大桥、隧道及附属设施）土建施工" * 3


def test_the_award_notice_says_what_the_law_asks_for() -> None:
    facts = award_notice_facts()
    text = all_text(award_notice.render(facts))
    total = facts.winner.total
    assert total is not None
    said = [
        *("中标通知书", "Award notice", facts.tender.title, facts.tender.number, facts.tender.project_title),
        *(facts.tender.buyer, facts.winner.supplier, facts.winner.organisation, facts.winner.bid_id),
        *(money(total), capitals(total), "30 日内（即不迟于2026年4月7日）", "(by 2026-04-07)"),
        *("招标投标法第45条", "招标投标法第46条", "实施条例第57条", "Delivery, days 35", "2026年3月5日"),
        *(facts.statement_digest, facts.decision_digest, facts.log.origin, URL),
    ]
    assert [fact for fact in said if squeezed(fact) not in text] == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ["第 3 名，共 9 名", "较中标价高 772,881.96（6.0%）", "实施条例第60条", "至2026年3月16日"]),
        ({"outcome": "rejected", "reason": "未签字 Not signed"}, ["评审否决：未签字 Not signed"]),
        ({"outcome": "unopened", "reason": "密文损坏 Damaged"}, ["投标未能开启：密文损坏 Damaged"]),
        ({"terms": GENERIC}, ["平台通用规则第19条", "也可以向监督部门反映"]),
    ],
)
def test_a_loser_reads_the_reason(changes: dict[str, object], said: list[str]) -> None:
    facts = result_notice_facts(tender=tender_of(5), **changes)
    if facts.outcome == "unopened":
        facts = dataclasses.replace(
            facts, loser=dataclasses.replace(facts.loser, rank=None, total=None)
        )
    text = all_text(result_notice.render(facts))
    for fact in (*said, facts.winner, money(facts.winner_total), "中标结果通知书"):
        assert squeezed(fact) in text
    assert ("未排名" in text) is (facts.outcome == "unopened")


def test_an_equal_total_is_said_to_be_equal() -> None:
    facts = result_notice_facts()
    loser = dataclasses.replace(facts.loser, total=facts.winner_total, rank=2)
    text = all_text(result_notice.render(dataclasses.replace(facts, loser=loser)))
    assert squeezed("投标总价与中标价相同，依同价排序规则列后") in text


@pytest.mark.parametrize("render", [award_notice.render, result_notice.render])
def test_letters_fill_two_pages_the_seal_on_the_first_and_say_what_a_rehearsal_is(render: object) -> None:
    make = award_notice_facts if render is award_notice.render else result_notice_facts
    assert callable(render)
    pdf = render(make())
    assert pdf == render(make())
    assert len(pages(pdf)) == 2 and "不产生任何法律效力" not in all_text(pdf)
    (field,) = PdfReader(io.BytesIO(pdf)).pages[0]["/Annots"]
    assert (field.get_object()["/FT"], field.get_object()["/T"]) == ("/Sig", "Seal")
    sandbox = tender_of(4, sandbox=True, waivers=WAIVERS, title=LONG, buyer=LONG[:120])
    said = pages(render(make(tender=sandbox)))
    assert len(said) <= 3 and all("SANDBOXTENDER" in page for page in said)
    assert "不产生任何法律效力" in said[0] and "豁免" in "".join(said)
    assert min(sizes(pdf)) >= 7


def test_files_are_pdf_a_2b_as_far_as_their_structure_says() -> None:
    pdf = award_notice.render(award_notice_facts())
    root = PdfReader(io.BytesIO(pdf)).root_object
    metadata = root["/Metadata"].get_object().get_data()
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata and "文图拉县公路局".encode() in metadata
    (intent,) = root["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    profile = intent["/DestOutputProfile"].get_object().get_data()
    assert profile[16:20] == b"RGB " and profile[8] == 4
    assert pdf.startswith(b"%PDF-1.7") and all(fonts(pdf).values())


@pytest.mark.parametrize("room", [60.0, 97.0, 240.0, 480.0])
def test_lines_begin_and_end_as_chinese_lines_do(room: float) -> None:
    text = (
        "请自本通知书发出之日起 30 日内（即不迟于2026年4月7日），按照招标文件和“投标文件”与 Install "
        "metal beam "
        "guard rail 的招标人订立书面合同（招标投标法第46条）；总价 13,654,247.96 元（6.0%）。"
    )
    lines = broken(text, REGULAR, 10.5, room, indent=21.0)
    assert squeezed("".join(lines)) == squeezed(text)
    for place, line in enumerate(lines):
        assert line and line[-1] not in NO_END and (place == 0 or line[0] not in NO_BEGIN)
        assert width(line, REGULAR, 10.5) <= room + 0.1
    if room > 100:
        assert any("13,654,247.96" in line for line in lines)
