"""Segments in browsers: sealed by a supplier, judged by the agency, opened in stages, watched by all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bids.custody import Release as Parsed
from bids.manifest import Manifest
from bids.notice import Notice
from bids.opening_record import OpeningRecord
from signing.encoding import b64decode
from tests.browser.chromium import Language
from tests.browser.conftest import Enter
from tests.browser.journeys import choose, keep_anchors, set_clock
from tests.browser.signed_in import sign_in
from tests.functional.agent_scene import CAST, Agent, Cast, Scene
from tests.functional.house import Tendering
from tests.functional.opening_house import OpeningHouse, failures
from trading.custody.models import Release
from trading.submission.models import Bid

SEGMENTS = ["technical", "price"]
REASON = "项目经理没有要求的注册证书"


@pytest.fixture
def scene(house: OpeningHouse, tmp_path: Path) -> Iterator[Scene]:
    """Two bids in two segments, before the deadline, of parties of the test's own."""
    CAST[house] = Cast(house)
    yield Scene(house, tmp_path, segments=SEGMENTS)
    del CAST[house]


@pytest.mark.slow
def test_sealed_judged_and_opened_segment_by_segment(
    enter: Enter, house: OpeningHouse, desk: str, lang: Language, scene: Scene, tmp_path: Path
) -> None:
    zh = lang == "zh"
    bidder, signer, reader = (enter(desk, lang) for _ in range(3))
    supplier = house.enrol("supplier", name="粤海路桥工程有限公司")
    sign_in(bidder, house, supplier)
    (tmp_path / "施工组织设计.pdf").write_bytes(b"%PDF-1.7 technical")
    (tmp_path / "报价说明.pdf").write_bytes(b"%PDF-1.7 price")

    page = bidder.open(f"/tenders/{scene.id}/bid", look=False)
    page.locator("#bid").wait_for(state="visible")
    page.locator("#delivery-technical").fill("一年")
    page.locator("#quality-technical").fill("一次验收合格")
    page.locator("#files-technical").set_input_files(tmp_path / "施工组织设计.pdf")
    for number, price in {"1": "12.50", "2": "7"}.items():
        page.locator(f"input[data-number='{number}']").fill(price)
    page.locator("#files").set_input_files(tmp_path / "报价说明.pdf")
    page.locator("#key-new").click()
    page.locator("#key-state .mono").wait_for()
    page.locator("#confirm").check()
    page.locator("#send").click()
    assert page.locator("#wrong").inner_text() != "", "the days are no number"
    page.locator("#delivery-technical").fill("300")
    bidder.look()
    bidder.pictures("bidding-in-segments")
    page.locator("#send").click()
    page.locator("#receipt").wait_for(state="visible", timeout=60_000)
    bid = page.locator("#receipt .mono").first.inner_text()
    with house.platform.database.reading() as session:
        manifest = Manifest.parse(session.get_one(Bid, bid).manifest)
    assert [len(manifest.part(name, "files").objects) for name in SEGMENTS] == [2, 2]

    scene.step()
    scene.close()
    scene.step()
    house.work()
    place = f"/agency/tenders/{scene.id}"
    sign_in(signer, house, scene.agency, "李强（签发）")
    page = signer.open(place, weigh=False)
    rows = page.locator("form[data-state=stage] tbody tr")
    assert rows.count() == 3 and "一次验收合格" in rows.nth(2).inner_text()
    rows.nth(0).get_by_role("checkbox").check()
    rows.nth(0).locator("input[maxlength]").fill(REASON)
    signer.look()
    signer.pictures("stage-judging")
    page.get_by_role("button", name="签署阶段评审书" if zh else "Sign the stage statement").click()
    page.get_by_role("button", name="在本浏览器生成密钥" if zh else "Make a key in this browser").click()
    page.get_by_text("正在开标" if zh else "It is opening").wait_for()
    page = reader.open(f"/tenders/{scene.id}/opening")
    assert REASON in page.locator("tr.rejected").inner_text()
    reader.pictures("stage-opening")

    scene.step()
    house.work()
    assert house.state(scene.tender) == "opened"
    record = OpeningRecord.parse(b64decode(house.opening(scene.tender)["record"]))
    assert {row.bid for row in record.bids} == {scene.bids[1].bid, bid}
    assert {row.segment for row in record.bids} == {"price"}
    page = reader.open(f"/tenders/{scene.id}")
    assert page.locator("section[aria-labelledby=results] tbody tr").count() == 2
    story = page.locator(".story").inner_text()
    for segment in ("技术", "价格") if zh else ("Technical", "Price"):
        opened = "段：开标完成" if zh else ": The bids are open"
        assert segment + opened in story, "the log names no segment, the page does"
    reader.pictures("stage-tender")
    signer.page.emulate_media(reduced_motion="reduce")  # no button is judged between two colours
    signer.page.mouse.move(0, 0)
    signer.open(f"/tenders/{scene.id}/evaluation?segment=technical", weigh=False)
    signer.pictures("stage-evaluation")
    page = signer.open(place, weigh=False)
    assert page.locator("form[data-state=evaluation] tbody tr").count() == 2

    if not zh:
        return  # what follows has no language
    house.evaluate(scene.tender)
    house.award(scene.tender, scene.bids[1].bid)
    _, report = house.verified(scene.tender)
    assert failures(report) == []
    found = page.request.get(f"{desk}/api/v1/tenders/{scene.id}/opening-record.pdf?segment=technical")
    assert re.match(rb"%PDF-", found.body())


@pytest.mark.slow
def test_a_custodian_releases_each_segment_by_hand(
    enter: Enter, house: OpeningHouse, desk: str, tmp_path: Path
) -> None:
    agency = house.enrol("agency")
    house.put_envelope_key(agency)
    by_hand, *others = custodians = tuple(house.enrol("custodian") for _ in range(3))
    agents = [Agent(house, who, tmp_path / who.id) for who in others]
    tender_id = house.draft(agency, custodians, segments=SEGMENTS)["id"]
    reader = enter(desk, "zh")
    sign_in(reader, house, by_hand, "值班员")
    page = reader.open(f"/custody/{tender_id}", weigh=False, look=False)
    keep_anchors(page)
    page.get_by_role("button", name="生成并交出公钥").click()
    page.get_by_role("button", name="在本浏览器生成密钥").click()
    page.get_by_text("您的密封密钥指纹").wait_for()
    for agent in agents:
        agent.step()
    raw, signature = house.notice(agency, tender_id)
    house.publish(agency, tender_id, raw, signature)
    tender = Tendering(tender_id, agency, custodians, Notice.parse(raw), signature, {"segments": SEGMENTS})
    bids = [house.bid(house.enrol("supplier"), tender) for _ in range(2)]

    def release(segment: str) -> list[str]:
        for agent in agents:
            agent.step()
        set_clock(reader, house)
        page = reader.open(f"/custody/{tender_id}", weigh=False, look=False)
        page.get_by_role("button", name="核对并交出份额").click()
        page.get_by_text("份额已交出").wait_for()
        house.work()
        with house.platform.database.reading() as session:
            raw = session.get_one(Release, (tender_id, segment, by_hand.id)).raw
        return [bid for bid, part in Parsed.parse(raw).rows if part == "public"]

    house.past_deadline()
    house.work()
    assert len(release("technical")) == 2
    assert house.state(tender) == "judging"
    page = reader.open(f"/custody/{tender_id}", weigh=False)
    assert page.get_by_role("button", name="销毁密钥并签名").count() == 0, "the prices are still sealed"
    house.judge(tender, {bids[0].bid: REASON})
    assert release("price") == [bids[1].bid], "no share of the rejected bid's price is given"
    assert house.state(tender) == "opened"
    page = reader.open(f"/custody/{tender_id}", weigh=False, look=False)
    page.get_by_role("button", name="销毁密钥并签名").click()
    page.get_by_text("密钥已销毁").wait_for()


@pytest.mark.slow
def test_the_agency_chooses_segments(enter: Enter, house: OpeningHouse, desk: str, lang: Language) -> None:
    agency = house.enrol("agency")
    custodians = [house.enrol("custodian") for _ in range(3)]
    drafter = enter(desk, lang)
    sign_in(drafter, house, agency)
    page = drafter.open("/agency/tenders/new")
    page.locator("#segments").select_option("qualification,technical,price")
    drafter.look()
    drafter.pictures("draft-in-segments")
    for name, value in {
        "project_number": "DM-2", "project_title": "城北道路", "title": "城北道路第二标段",
        "deadline": "2031-01-31T14:00", "items": "1\t\t路基\tm3\t120.5",
    }.items():  # fmt: skip
        page.locator(f"#{name}").fill(value)
    choose(page, custodians)
    page.locator("main form button:not([name])").click()
    page.wait_for_url(re.compile("/agency/tenders/[0-9a-f]{32}$"))
    drafter.look()
    words = "资格 → 技术 → 价格" if lang == "zh" else "Qualification → Technical → Price"
    assert words in page.locator("dl.facts").inner_text()
