from __future__ import annotations

import dataclasses
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from reports import award_report, opening_record
from reports.award_report import render
from reports.capitals import capitals
from reports.facts import Correction
from reports.wording import against, money
from tests.unit.reports.make_facts import NAMES, URL, WAIVERS, award_facts, opening_facts, tender_of
from tests.unit.reports.read_pdf import all_text, fonts, pages, sizes, squeezed

ROOT = Path(__file__).resolve().parents[3]


def test_every_fact_is_on_paper() -> None:
    facts = award_facts(4, 5, rejected=1)
    text = all_text(render(facts))
    said = [
        *("中标结果报告", "Award report", "中标人", facts.winner or "", "2026年3月5日 17:00:00"),
        *(facts.rule.rule_id, facts.rule.text_zh, facts.rule.text_en, facts.rule.article, *facts.working),
        *(facts.statement_digest, facts.opening_digest, facts.closing_digest, "1,749", URL),
        *("否决原因 Why rejected: 未提交分包商名单 No list", "No figure of any offer was corrected"),
        *("未对任何报价作更正", f"估算价 Estimate {money(facts.tender.estimate)}"),
    ]
    for row in facts.ranking:
        said += [row.supplier, money(row.total), against(row.total, facts.tender.estimate)]
        said += [f"第 {row.rank} 名 / Rank {row.rank}"]
    for bid in facts.bids:
        for price in bid.prices:
            said += [money(price.unit_price), money(price.amount)]
    assert [fact for fact in said if squeezed(fact) not in text] == []


def test_the_winner_and_the_rejected_are_told_apart() -> None:
    facts = award_facts(4, 5, rejected=2)
    text = all_text(render(facts))
    assert text.count("中标Winner") == 1
    assert text.count("有效Responsive") == 1
    assert text.count("否决Rejected") == 2


def test_nobody_wins() -> None:
    text = all_text(render(award_facts(2, 4, rejected=2)))
    assert "未授标" in text
    assert "中标Winner" not in text


def test_no_bid_at_all() -> None:
    text = all_text(render(award_facts(0, 4)))
    assert "没有可排名的投标" in text
    assert "未授标" in text


def test_a_tender_without_estimate_compares_with_nothing() -> None:
    text = all_text(render(award_facts(tender=tender_of(4, estimate=None))))
    assert "Totalsagainsttheestimate" not in text
    assert "%" not in text


def test_the_ceiling_is_a_line_of_the_chart() -> None:
    ceiling = Decimal("99999999.00")
    assert "最高限价Ceiling99,999,999.00" in all_text(
        render(award_facts(tender=tender_of(4, ceiling=ceiling)))
    )


def test_corrections_are_on_record() -> None:
    facts = award_facts()
    bid = facts.bids[0]
    corrections = (
        Correction(bid.bid_id, bid.supplier, "2", "amount", Decimal("10.00"), Decimal("10.01")),
        Correction(bid.bid_id, bid.supplier, None, "total", Decimal("20.00"), Decimal("20.01")),
    )
    text = all_text(render(dataclasses.replace(facts, corrections=corrections)))
    assert "2合价Amount10.0010.01" in text
    assert "总计Total总价Total20.0020.01" in text
    assert "未对任何报价作更正" not in text


def test_pages_are_counted() -> None:
    said = pages(render(award_facts(11, 54)))
    assert all(f"第{n}页共{len(said)}页·Page{n}of{len(said)}" in page for n, page in enumerate(said, start=1))
    assert all("07-1P5804" in page and "36aee7cb...cad71bc7" in page for page in said)


def test_the_price_table_repeats_its_head_and_parts_the_bidders() -> None:
    facts = award_facts(11, 54)
    said = [page for page in pages(render(facts)) if "项目名称·编码" in page]
    assert len(said) >= 4
    for row in facts.ranking:
        with_row = [page for page in said if f"第{row.rank}名/Rank{row.rank}" in page.split("序号")[1][:400]]
        assert len(with_row) >= 2, f"rank {row.rank} heads the columns of {len(with_row)} pages"
    assert sum("投标总价" in page for page in said) == 2  # one row of totals for each part


def test_the_price_tables_title_repeats_as_continued() -> None:
    for facts in (award_facts(11, 54), award_facts(2, 54)):
        said = [page for page in pages(render(facts)) if "项目名称·编码" in page]
        assert len(said) >= 2
        assert [("各投标人分项报价（续）" in page, "四、各投标人分项报价" in page) for page in said] == [
            (place > 0, True) for place in range(len(said))
        ]


@pytest.mark.parametrize("render", [award_report.render, opening_record.render])
def test_no_type_is_smaller_than_seven_points(render: Callable[[Any], bytes]) -> None:
    tender = tender_of(4, sandbox=True, waivers=WAIVERS)
    facts = award_facts if render is award_report.render else opening_facts
    found = sizes(render(facts(3, 4, tender=tender)))
    assert found and min(found) >= 7


def test_footers_end_at_the_margin() -> None:
    for page in PdfReader(io.BytesIO(render(award_facts(11, 54)))).pages:
        margin = (15 if page.mediabox.width > page.mediabox.height else 20) * 72 / 25.4
        content = page.get_contents()
        assert content is not None
        right = f"{float(page.mediabox.width) - margin:.2f}".encode()
        assert re.search(rb"1 0 0 1 " + right + rb"\d* 31\.\d+ cm\s*/Form", content.get_data())


def test_the_price_in_capitals() -> None:
    facts = award_facts()
    row = facts.ranking[0]
    assert row.total is not None
    assert squeezed(f"大写：{capitals(row.total)}") in all_text(render(facts))
    assert "大写" not in all_text(render(award_facts(tender=tender_of(4, currency="USD"))))


def test_a_chart_has_room_for_names_and_compares_with_the_estimate_alone() -> None:
    long = "江苏恒远路桥工程建设集团股份有限公司第一分公司"
    text = all_text(render(award_facts(2, 4, names=(long, "B"))))
    assert text.count(long) >= 3 and "…" not in text.split("二、标段")[0]
    capped = tender_of(4, estimate=None, ceiling=Decimal("99999999.00"))
    assert "%" not in all_text(render(award_facts(tender=capped)))


@pytest.mark.slow
def test_a_hundred_and_fifty_items_and_fourteen_bidders() -> None:
    facts = award_facts(14, 150)
    pdf = render(facts)
    text = all_text(pdf)
    assert len(pages(pdf)) > 15
    assert len(pdf) < 1_000_000
    assert all(money(price.amount) in text for bid in facts.bids for price in bid.prices)


LONG = ("<b>&株式会社アルファ " + "ABC Construction & Sons <script> 中文公司" * 20)[:200]
NASTY = (
    LONG,
    "x" * 200,
    "公" * 200,
    "Ünïcødé Москва",
    "😀\u202eevil\x00",
    "한국 العربية",
    "]]>&amp;</para>",
    " ",
    "",
)


def test_names_of_any_kind_are_printed_or_spelt_out() -> None:
    for text in (
        all_text(award_report.render(award_facts(9, 12, names=NASTY, rejected=2))),
        all_text(opening_record.render(opening_facts(9, 12, names=NASTY))),
    ):
        assert squeezed(LONG) in text
        assert text.count("x") >= 200
        assert text.count("公") >= 200
        assert "Ünïcødé" in text
        assert "[U+1F600][U+202E]evil[U+0000]" in text
        assert "[U+D55C][U+AD6D]" in text
        assert "]]>&amp;</para>" in text


def test_texts_longer_than_pages_break_over_them() -> None:
    tender = tender_of(1, title="长" * 2500, project_title="word " * 2000, buyer="Z" * 500, number="N" * 300)
    item = dataclasses.replace(tender.items[0], description="描述 description " * 400, code="C" * 100)
    facts = award_facts(3, 1, tender=dataclasses.replace(tender, items=(item,)))
    ranking = tuple(
        dataclasses.replace(row, reason="因为所以 " * 1500, responsive=False) for row in facts.ranking
    )
    text = all_text(render(dataclasses.replace(facts, ranking=ranking, winner=None)))
    assert text.count("长") >= 2500
    assert text.count("word") == 2000
    assert text.count("为所") >= 4480  # a page's end parts some of the 4,500
    assert text.count("description") == 400


def test_the_same_facts_give_the_same_bytes() -> None:
    facts = award_facts(5, 20)
    first = render(facts)
    opening_record.render(opening_facts(9, 12, names=NASTY))  # another document's glyphs in between
    assert render(facts) == first
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(render, [facts] * 3)) == {first}


def test_the_same_bytes_in_another_process_place_and_time() -> None:
    script = (
        "import sys, hashlib; from tests.unit.reports.make_facts import award_facts; "
        "from reports.award_report import render; "
        "sys.stdout.write(hashlib.sha256(render(award_facts(3, 6))).hexdigest())"
    )
    digests = set()
    for zone, seed, epoch in (("UTC", "1", None), ("America/New_York", "2", "1")):
        env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        env.pop("SOURCE_DATE_EPOCH", None)
        if epoch:
            env["SOURCE_DATE_EPOCH"] = epoch
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize(("bidders", "items"), [(2, 4), (11, 54)])
def test_all_fonts_are_embedded_subsets(bidders: int, items: int) -> None:
    found = fonts(render(award_facts(bidders, items)))
    assert found
    assert all(found.values())
    assert all(name[7] == "+" and "NotoSansSC" in name for name in found)


@pytest.mark.outside
def test_poppler_agrees(tmp_path: Path) -> None:
    tools = [shutil.which(tool) for tool in ("pdffonts", "pdftotext", "pdfinfo")]
    if None in tools:
        pytest.skip("poppler-utils are not installed")
    pdf = tmp_path / "award.pdf"
    pdf.write_bytes(render(award_facts(11, 54, rejected=2)))
    pdffonts, pdftotext, pdfinfo = (str(tool) for tool in tools)

    def run(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    listed = run(pdffonts, str(pdf)).splitlines()[2:]
    assert listed
    assert all(line.split()[-5:-3] == ["yes", "yes"] for line in listed)  # embedded, subset
    text = squeezed(run(pdftotext, "-layout", str(pdf), "-"))
    assert all(squeezed(name) in text for name in NAMES)
    assert "Syntax" not in run(pdfinfo, str(pdf))


@pytest.mark.outside
def test_the_qr_code_leads_to_the_public_record(tmp_path: Path) -> None:
    pdftoppm, zbarimg = shutil.which("pdftoppm"), shutil.which("zbarimg")
    if pdftoppm is None or zbarimg is None:
        pytest.skip("pdftoppm or zbarimg is not installed")
    pdf = tmp_path / "award.pdf"
    pdf.write_bytes(render(award_facts()))
    subprocess.run([pdftoppm, "-r", "150", "-l", "1", "-png", str(pdf), str(tmp_path / "page")], check=True)
    read = subprocess.run(
        [zbarimg, "-q", "--raw", *map(str, tmp_path.glob("page*.png"))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout.strip() == URL
