"""The API's reference page: readable whole, and each request as its form says."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.browser.chromium import PHONE, Reader
from tests.browser.conftest import Enter
from tests.browser.scenes import Scene
from trading.tenders.lifecycle import State


def unfolded(page: Page, operation: str) -> Locator:
    """An operation, opened."""
    there = page.locator(f"#{operation}")
    there.locator("summary").click()
    return there


def answer(there: Locator, status: int) -> str:
    """Send the form as it is; what came back, when it has come with this status."""
    there.locator("button").click()
    there.locator(".result p", has_text=f"{status} ").wait_for()
    return there.locator(".result pre").first.inner_text()


def test_operations_unfolded(enter: Enter, address: str) -> None:
    """All of a topic that has every kind of form; the others are of the same template."""
    reader = enter(address, "zh", PHONE)
    page = reader.open("/api", look=False)
    page.locator("section[aria-labelledby=tenders] details").evaluate_all(
        "(all) => all.forEach((one) => { one.open = true })"
    )
    assert page.locator("form.try:visible").count() == 21
    reader.look()


def test_it_is_found_and_its_script_loads_nowhere_else(reader: Reader) -> None:
    page = reader.open("/", look=False)
    scripts = page.locator("script").evaluate_all("(all) => all.map((one) => one.src)")
    assert scripts and not any("explorer" in each for each in scripts)
    page.get_by_role("link", name={"zh": "开放接口", "en": "API"}[reader.lang], exact=True).click()
    page.locator("#getTender").wait_for()
    assert page.url.endswith("/api")


def test_requests_and_what_comes_back(enter: Enter, address: str, scene: Scene) -> None:
    reader = enter(address, "en")
    tender = scene.tenders[State.AWARDED]
    page = reader.open("/api#getTender", look=False)
    there = page.locator("#getTender[open]")
    there.get_by_label("tender").fill(tender.id)
    assert json.loads(answer(there, 200))["title"] == tender.notice.title
    there = unfolded(page, "listTenders")
    there.get_by_label("state").fill("failed")
    found = json.loads(answer(there, 200))
    assert [one["id"] for one in found["items"]] == [scene.tenders[State.FAILED].id]
    assert "/api/v1/tenders?state=failed" in there.locator(".result pre").last.inner_text()
    there = unfolded(page, "getEvidencePackage")
    there.get_by_label("tender").fill(tender.id)
    there.locator("button").click()
    with page.expect_download() as begun:
        there.locator(".result a").click()
    assert begun.value.suggested_filename == "evidence.zip"
    assert Path(begun.value.path()).read_bytes() == scene.house.package(tender)
    reader.look()


def test_refusals_are_in_the_readers_language(reader: Reader) -> None:
    page = reader.open("/api", look=False)
    reader.expect("/api/v1/me")
    problem = json.loads(answer(unfolded(page, "getMe"), 401))
    assert problem["code"] == "token-missing"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in problem["detail"]) is (reader.lang == "zh")


def test_with_a_token_it_acts(enter: Enter, address: str, scene: Scene, tmp_path: Path) -> None:
    house, agency, reader = scene.house, scene.agency, enter(address, "en")
    page = reader.open("/api", look=False)
    page.locator("#token").fill(agency.token)
    page.keyboard.press("Enter")
    assert json.loads(answer(unfolded(page, "getMe"), 200))["organisation"] == agency.id
    there = unfolded(page, "createProject")
    assert set(json.loads(there.locator("textarea").input_value())) == {"number", "title"}
    there.locator("textarea").fill(json.dumps({"number": "试 1", "title": "它的'项目'"}, ensure_ascii=False))
    project = json.loads(answer(there, 201))
    assert house.call("GET", f"/projects/{project['id']}").json["title"] == "它的'项目'"
    command = there.locator(".result pre").last.inner_text()
    assert agency.token not in command and "$TOKEN" in command and "'\\''项目'\\''" in command
    draft = house.draft(agency, scene.custodians, project=project["id"])["id"]
    (tmp_path / "图.pdf").write_bytes(b"%PDF-1.7 drawing")
    there = unfolded(page, "putDocument")
    there.get_by_label("tender").fill(draft)
    there.get_by_label("name").fill("图纸 一/二.pdf")
    there.locator("input[type=file]").set_input_files(tmp_path / "图.pdf")
    reader.expect(f"/api/v1/tenders/{draft}/documents/%E5%9B%BE%E7%BA%B8%20%E4%B8%80%2F%E4%BA%8C.pdf")
    assert json.loads(answer(there, 404))["code"]
    there.get_by_label("name").fill("图纸 一.pdf")
    assert json.loads(answer(there, 201))["size"] == len(b"%PDF-1.7 drawing")
    assert house.call("GET", f"/tenders/{draft}/documents/图纸 一.pdf", agency).body == b"%PDF-1.7 drawing"
