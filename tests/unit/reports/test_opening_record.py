from __future__ import annotations

import dataclasses
import io

import pytest
from pypdf import PdfReader

from reports.facts import AnnouncedField, StageFacts
from reports.opening_record import render
from reports.wording import money, stamp
from tests.unit.reports.make_facts import DEADLINE, URL, WAIVERS, hexes, opening_facts, tender_of
from tests.unit.reports.read_pdf import all_text, fonts, pages, squeezed


def test_every_fact_is_on_paper() -> None:
    facts = opening_facts(3, 5)
    text = all_text(render(facts))
    tender = facts.tender
    said = [
        *("开标记录", "Record of bid opening"),
        *(tender.number, tender.title, tender.project_number, tender.project_title, tender.tender_id),
        *(tender.buyer, tender.buyer_organisation, tender.currency, tender.notice_digest),
        *(money(tender.estimate), stamp(tender.deadline), stamp(facts.opened_at), "2026年3月5日 14:00:00"),
        *(tender.rules.name, tender.rules.title, tender.policy.suite, tender.policy.digest),
        *(facts.statement_digest, facts.closing_digest, facts.ledger.root, facts.ledger.origin, "1,742"),
        *(URL, facts.log.origin, "3 current bids at the deadline: 3 opened, 0 not opened"),
        *("1 withdrawn and 1 replaced", "招标人（盖章）", "盖章处", "北京时间"),
    ]
    for custodian in tender.policy.custodians:
        said += [custodian.name, custodian.fingerprint]
    for bid in facts.bids:
        said += [bid.supplier, bid.bid_id, stamp(bid.received_at), money(bid.total)]
        said += [f"Delivery, days {field.value}" for field in bid.announced if field.name == "delivery_days"]
        for price in bid.prices:
            said += [money(price.unit_price), money(price.amount)]
    for item in tender.items:
        said += [item.description, str(item.code)]
    said += [line for line in facts.log.checkpoint.splitlines() if line]
    assert [fact for fact in said if squeezed(fact) not in text] == []


def test_a_record_names_its_segment_and_what_was_judged_before() -> None:
    facts = opening_facts(3)
    first = dataclasses.replace(
        facts, segment="technical", stages=(),
        bids=tuple(dataclasses.replace(bid, total=None, prices=()) for bid in facts.bids),
    )  # fmt: skip
    text = all_text(render(first))
    assert squeezed("技术 Technical") in text and squeezed("3 current bids at the deadline") in text
    assert squeezed("分项报价") not in text and squeezed(money(facts.bids[0].total)) not in text

    stage = StageFacts("technical", 3, (("丁公司", "项目经理没有证书"),), DEADLINE, hexes("stage"))
    text = all_text(render(dataclasses.replace(facts, segment="price", stages=(stage,))))
    assert squeezed("3 admitted bids: 3 opened, 0 not opened") in text
    for said in ("丁公司", "项目经理没有证书", stage.statement_digest, money(facts.bids[0].total)):
        assert squeezed(said) in text


def test_bids_that_would_not_open_are_recorded_with_fault_and_reason() -> None:
    facts = opening_facts(3, 4)
    shut = dataclasses.replace(
        facts.bids[1],
        opened=False,
        total=None,
        prices=(),
        announced=(),
        fault="bidder",
        reason="分片承诺与重新分发的结果不符 shares do not match",
    )
    text = all_text(render(dataclasses.replace(facts, bids=(facts.bids[0], shut, facts.bids[2]))))
    assert squeezed("开启 2 份，未能开启 1 份") in text
    assert squeezed("投标人原因 Bidder：分片承诺与重新分发的结果不符 shares do not match") in text
    assert "投标1/Bid1" in text
    assert "投标2/Bid2" not in text  # no column of prices for it
    assert "投标3/Bid3" in text


def test_no_bid_at_all() -> None:
    text = all_text(render(opening_facts(0, 4)))
    assert "没有可开启的投标" in text
    assert "Itempricesofallbidders" not in text


def test_the_sandbox_is_said_on_every_page_with_its_waivers() -> None:
    said = pages(render(opening_facts(11, 54, tender=tender_of(54, sandbox=True, waivers=WAIVERS))))
    assert len(said) > 6
    assert all("SANDBOXTENDER" in page and "演练项目" in page for page in said)
    for waiver in WAIVERS:
        zh = f"豁免：{waiver.rule_zh}，{waiver.count} {waiver.unit_zh}（{waiver.article_zh}）"
        en = f"Waived: {waiver.rule_en}, {waiver.count} {waiver.unit_en} ({waiver.article_en})"
        assert squeezed(zh + en) in "".join(said)


def test_a_rehearsal_that_waives_nothing_does_not_say_that_it_does() -> None:
    text = all_text(render(opening_facts(tender=tender_of(4, sandbox=True))))
    assert "没有规则被豁免" in text and "规则全部适用，没有豁免" in text
    assert "记为豁免" not in text and "recordedaswaived" not in text


def test_a_real_tender_says_nothing_of_a_sandbox() -> None:
    assert "SANDBOX" not in all_text(render(opening_facts()))


@pytest.mark.parametrize("independent", [True, False])
def test_whether_custodians_are_independent_is_said_plainly(independent: bool) -> None:
    policy = dataclasses.replace(tender_of(4).policy, independent=independent)
    text = all_text(render(opening_facts(tender=tender_of(4, policy=policy))))
    assert ("保管人不独立" in text) is not independent
    assert ("Custodiansnotindependent" in text) is not independent
    assert ("Custodiansindependent" in text) is independent


@pytest.mark.parametrize("bidders", range(1, 9))
def test_the_signatures_come_last_and_never_alone(bidders: int) -> None:
    last = pages(render(opening_facts(bidders, 20)))[-1]
    assert 0 < last.index("审计日志与核验") < last.index("日志检查点") < last.index("签字与盖章")


def test_metadata_comes_from_the_facts() -> None:
    facts = opening_facts()
    reader = PdfReader(io.BytesIO(render(facts)))
    assert reader.metadata is not None
    assert reader.metadata.title == "开标记录 Record of bid opening · 07-1P5804"
    assert reader.metadata.author == facts.tender.buyer
    assert reader.metadata.subject == facts.tender.title
    assert reader.metadata.creation_date == facts.opened_at.replace(microsecond=0)
    assert str(reader.root_object["/Lang"]) == "zh-CN"
    assert [str(entry.title)[:2] for entry in reader.outline if not isinstance(entry, list)] == [
        "一、",
        "二、",
        "三、",
        "四、",
        "五、",
        "六、",
    ]


def test_only_subsets_of_our_fonts_and_all_embedded() -> None:
    found = fonts(render(opening_facts(2, 4)))
    assert found
    assert all(found.values())
    assert all(name[7] == "+" and "NotoSansSC" in name for name in found)


def test_a_small_record_is_a_small_file() -> None:
    assert len(render(opening_facts(2, 4))) < 150_000


def test_many_announced_fields_of_any_name() -> None:
    facts = opening_facts()
    fields = tuple(AnnouncedField(f"field-{n}", f"<value {n}>") for n in range(60))
    bids = tuple(dataclasses.replace(bid, announced=fields) for bid in facts.bids)
    text = all_text(render(dataclasses.replace(facts, bids=bids)))
    assert all(f"field-{n}<value{n}>" in text for n in range(60))


def test_other_facts_other_bytes() -> None:
    facts = opening_facts()
    assert render(facts) != render(dataclasses.replace(facts, closing_digest=hexes("another")))
