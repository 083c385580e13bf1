"""An agency's people draft, sign, publish, evaluate and award in their browsers."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Route
from sqlalchemy import select

from bids.notice import Notice
from reports import wording
from tests.browser.chromium import Language
from tests.browser.conftest import Enter
from tests.browser.journeys import choose, join
from tests.browser.signed_in import sign_in
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse, failures
from trading.tenders.models import PublishedNotice

BILL = "序号\t编码\t项目\t单位\t数量\n1\t0301\t路基\tm3\t120.5\n2\t\t沥青面层\tm2\t3,000"


@pytest.mark.slow
def test_from_the_draft_to_the_award(enter: Enter, house: OpeningHouse, desk: str, lang: Language) -> None:
    zh = lang == "zh"
    agency = house.enrol("agency", name="斗门区公路事业发展中心")
    custodians = tuple(house.enrol("custodian", name=f"第{n}保管人") for n in (1, 2, 3))
    drafter, signer = enter(desk, lang), enter(desk, lang)
    sign_in(drafter, house, agency, "张敏")
    join(signer, house, agency.id, "李强（签发）", "agency")

    page = drafter.open("/agency/tenders/new")
    deadline = (house.now() + timedelta(hours=1)).astimezone(wording.PAPER_ZONE)
    for name, value in {
        "project_number": "DM-1",
        "project_title": "城北道路",
        "title": "城北道路第一标段",
        "estimate": "1,000,000",
        "deadline": f"{deadline:%Y-%m-%dT%H:%M:%S}",
        "items": BILL,
    }.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#rules").select_option("generic")
    choose(page, custodians)
    page.get_by_text("符合" if zh else "rules hold").first.wait_for()
    drafter.look()
    drafter.pictures("agency-new")
    page.get_by_role("button", name="保存草稿" if zh else "Save the draft").click()
    page.wait_for_url(re.compile("/agency/tenders/[0-9a-f]{32}$"))
    place = re.sub("^https?://[^/]+", "", page.url)
    tender_id = place.rpartition("/")[2]
    page.locator("#document").set_input_files(
        {"name": "招标文件.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    page.get_by_role("button", name="上传" if zh else "Upload").click()
    page.get_by_role("link", name="招标文件.pdf").wait_for()
    drafter.look()
    for custodian in custodians:
        house.hand_in_key(custodian, tender_id)

    # The drafter cannot publish; the second person makes a key and the key for attachments, checks and signs.
    page = signer.open(place, weigh=False)
    page.get_by_role("button", name="在本浏览器生成密钥" if zh else "Make a key in this browser").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="生成并保存附件密钥" if zh else "Make and save the key").click()
    assert re.fullmatch("[0-9a-f]{64}\n", Path(download.value.path()).read_text())
    page.locator("#checked").check()
    signer.look()
    signer.pictures("agency-draft")
    page.get_by_role("button", name="签名并发布" if zh else "Sign and publish").click()
    page.get_by_text("投标密封中" if zh else "Bids are sealed").wait_for()
    signer.look()
    assert house.state(_tendering(house, tender_id, agency, custodians)) == "published"

    tender = _tendering(house, tender_id, agency, custodians)
    suppliers = [house.enrol("supplier", name=name) for name in ("甲公司", "乙公司", "丙公司")]
    for supplier, price in zip(suppliers, ("9.50", "8.00", "11.25"), strict=True):
        house.bid(supplier, tender, prices={"1": price, "2": price})
    house.open(tender)

    page = signer.open(place, weigh=False)
    rows = page.locator("form[data-state=evaluation] tbody tr")
    assert [row.locator("th").inner_text() for row in rows.all()] == ["乙公司", "甲公司", "丙公司"]
    rows.nth(0).get_by_role("checkbox").check()
    rows.nth(0).locator("input[maxlength]").fill("未提供安全生产许可证")
    signer.look()
    signer.pictures("agency-evaluation")
    page.get_by_role("button", name="签署评审结果" if zh else "Sign the evaluation").click()
    page.get_by_role("button", name="签署定标决定" if zh else "Sign the award").wait_for()
    signer.look()
    page.get_by_role("button", name="签署定标决定" if zh else "Sign the award").click()
    page.get_by_text("已定标" if zh else "It is awarded").wait_for()
    house.work()
    signer.open("/desk", look=False)
    signer.pictures("agency-desk")
    page = signer.open(f"/tenders/{tender_id}")
    assert "甲公司" in page.locator("tr.winner").inner_text()
    assert "未提供安全生产许可证" in page.locator("tr.rejected").inner_text()
    if zh:  # the package has no language
        assert failures(house.verified(tender)[1]) == []


@pytest.mark.slow
def test_two_persons_amend_and_a_supplier_is_told(
    enter: Enter, house: OpeningHouse, desk: str, lang: Language
) -> None:
    zh = lang == "zh"
    agency = house.enrol("agency", name="斗门区公路事业发展中心")
    tender = house.tender(agency, tuple(house.enrol("custodian", name=f"第{n}保管人") for n in (1, 2, 3)))
    house.call("PUT", f"/tenders/{tender.id}/documents/答疑纪要.pdf", agency, b"%PDF-1.7", 201)
    supplier = house.enrol("supplier")
    house.bid(supplier, tender)
    preparer, signer, bidder = (enter(desk, lang) for _ in range(3))
    sign_in(preparer, house, agency, "张敏")
    join(signer, house, agency.id, "李强（签发）", "agency")
    sign_in(bidder, house, supplier)

    place = f"/agency/tenders/{tender.id}"
    page = preparer.open(place, look=False, weigh=False)
    page.get_by_role("link", name="准备更正公告" if zh else "Prepare an amendment").click()
    page.locator("#items").fill(BILL.replace("3,000", "3,500") + "\n3\t\t路缘石\tm\t40")
    page.locator("#findings .broken").wait_for()  # the bill alone cannot change
    later = (tender.notice.deadline + timedelta(days=1)).astimezone(wording.PAPER_ZONE)
    page.locator("#deadline").fill(f"{later:%Y-%m-%dT%H:%M:%S}")
    void = "全部失效" if zh else "are void"
    page.locator("#findings").get_by_text(void).wait_for()
    page.locator("#findings .broken").wait_for(state="detached")
    preparer.look()
    preparer.pictures("amendment")
    page.get_by_role("button", name="保存，待另一人" if zh else "Save it for another").click()
    page.get_by_text("轮到本单位另一位" if zh else "It is another person").wait_for()

    # Prepared again before the script asks what to sign: it is not what the page shows, and nobody signs it.
    path = f"/tenders/{tender.id}/amendment"
    shown = house.call("GET", path, agency).json
    members = ("currency", "estimate", "deadline", "minimum_bidders", "grace_seconds", "items")
    facts = {name: shown[name] for name in members} | {"documents": []}

    def prepared_again(route: Route) -> None:
        house.call("PUT", path, agency, {**facts, "title": "另行准备的更正"}, 200)
        route.continue_()

    page = signer.page
    page.route(f"**/api/v1{path}", prepared_again, times=1)
    signer.open(place, look=False, weigh=False)
    page.get_by_text("已被更改" if zh else "was changed after this page").wait_for()
    assert page.get_by_text("另行准备的更正").count() == 0 and page.locator("#checked").count() == 0
    signer.look()
    page.locator("#again").click()
    page.get_by_text("另行准备的更正").first.wait_for()
    page.get_by_role("button", name="在本浏览器生成密钥" if zh else "Make a key in this browser").click()
    told = "已密封的投标失效" if zh else "bids sealed before are void"
    page.locator("#publish").get_by_text(told).wait_for()
    page.locator("#checked").check()
    signer.look()
    signer.pictures("amendment-signing")
    page.get_by_role("button", name="签名并发布" if zh else "Sign and publish").click()
    page.get_by_role("link", name="准备更正公告" if zh else "Prepare an amendment").wait_for()

    page = bidder.open("/desk", look=False)
    page.get_by_text("投标已失效" if zh else "your bid is void").wait_for()
    page = bidder.open(f"/tenders/{tender.id}", weigh=False)
    page.get_by_text("投标已失效" if zh else "your bid is void").wait_for()
    bidder.pictures("amended-tender")
    page.get_by_role("link", name="更正了什么" if zh else "What was amended").click()
    assert "路缘石" in page.locator(".story .changes").inner_text()


@pytest.mark.slow
def test_who_drafted_does_not_publish_where_there_are_two(
    enter: Enter, house: OpeningHouse, desk: str
) -> None:
    agency = house.enrol("agency")
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    drafter, other = enter(desk, "zh"), enter(desk, "zh")
    sign_in(drafter, house, agency, "张敏")
    join(other, house, agency.id, "李强（签发）", "agency")
    page = drafter.open("/agency/tenders/new")
    for name, value in {
        "project_number": "1",
        "project_title": "路",
        "title": "路",
        "deadline": f"{house.now() + timedelta(days=60):%Y-%m-%dT10:00}",
    }.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#items").fill(BILL)
    choose(page, custodians)
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_url(re.compile("/agency/tenders/[0-9a-f]{32}$"))
    tender_id = page.url.rpartition("/")[2]
    for custodian in custodians:
        house.hand_in_key(custodian, tender_id)
    page.get_by_role("button", name="在本浏览器生成密钥").click()
    page.get_by_role("button", name="生成并保存附件密钥").click()
    page.locator("#checked").check()
    drafter.expect(f"/api/v1/tenders/{tender_id}/publication")
    page.get_by_role("button", name="签名并发布").click()
    page.get_by_text("须由本单位另一位经办人核对并签发").wait_for()


def _tendering(house: OpeningHouse, tender_id: str, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    with house.platform.database.reading() as session:
        row = session.scalars(select(PublishedNotice).where(PublishedNotice.tender_id == tender_id)).one()
    return Tendering(tender_id, agency, custodians, Notice.parse(row.raw), row.signature, {})
