"""Who watches and judges, in a browser: operator, supervisor, evaluator and the agency that hears them."""

from __future__ import annotations

from tests.browser.chromium import Language
from tests.browser.conftest import BOTH, Enter
from tests.browser.scenes import Scene
from tests.browser.signed_in import newcomer, sign_in
from trading.tenders.lifecycle import State


@BOTH
def test_the_operator_s_day(enter: Enter, scene: Scene, address: str, lang: Language, width: int) -> None:
    zh = lang == "zh"
    reader = enter(address, lang, width)
    newcomer(scene.house, reader, "operator", f"值班 {lang}")
    for path in ("/desk", "/operating", "/operating/jobs", "/operating/organisations"):
        reader.open(path)
        reader.pictures("operator" + path.replace("/", "-"))
    page = reader.page
    reader.expect("/operating/organisations/new")
    page.get_by_role("link", name="登记机构" if zh else "Enrol one").click()
    name = f"新登记的机构 {lang}"
    page.locator("#identifier").fill(f"91{lang}")
    page.locator("#name").fill(name)
    page.get_by_label("评标专家" if zh else "Evaluator").check()
    page.get_by_role("button", name="登记" if zh else "Enrol").click()
    page.get_by_text("校验不符" if zh else "check character does not fit").first.wait_for()
    reader.look()
    page.locator("#scheme").fill("XTEST")
    page.get_by_role("button", name="登记" if zh else "Enrol").click()
    page.get_by_role("heading", name=name).wait_for()
    reader.look()
    page.get_by_label("监督人员" if zh else "Supervisor").check()
    with page.expect_navigation():
        page.get_by_role("button", name="保存角色" if zh else "Save the roles").click()
    assert page.get_by_label("监督人员" if zh else "Supervisor").is_checked()
    page = reader.open(f"/operating/organisations/{scene.suppliers[0].id}", look=False)
    page.get_by_text("撤销…" if zh else "Revoke…").first.click()
    reader.look()
    reader.pictures("operator-organisation")


@BOTH
def test_a_supervisor_s_day(enter: Enter, scene: Scene, address: str, lang: Language, width: int) -> None:
    zh = lang == "zh"
    reader = enter(address, lang, width)
    newcomer(scene.house, reader, "supervisor", f"王监督 {lang}")
    awarded = f"/supervision/tenders/{scene.tenders[State.AWARDED].id}"
    published = f"/supervision/tenders/{scene.tenders[State.PUBLISHED].id}"
    for name, path in (("desk", "/desk"), ("course", "/supervision"), ("published", published),
                       ("awarded", awarded), ("log", "/log"),
                       ("acts", "/supervision/acts")):  # fmt: skip
        reader.open(path, look=name != "log")  # which everybody sees alike
        reader.pictures(f"supervisor-{name}")
    page = reader.open(awarded, look=False)
    page.get_by_role("button", name="在此核验" if zh else "Check it here").click()
    page.get_by_text("核对通过" if zh else "It holds").first.wait_for()
    reader.look()
    reader.pictures("supervisor-checked")


@BOTH
def test_an_evaluation(enter: Enter, scene: Scene, address: str, lang: Language, width: int) -> None:
    zh = lang == "zh"
    place = f"/tenders/{scene.tenders[State.OPENED].id}"
    expert, agency = enter(address, lang, width), enter(address, lang, width)
    newcomer(scene.house, expert, "evaluator", f"陈专家 {lang}")
    sign_in(agency, scene.house, scene.agency)
    page = agency.open(place + "/evaluators")
    option = page.locator("#person option", has_text=f"陈专家 {lang}")
    page.locator("#person").select_option(str(option.get_attribute("value")))
    page.get_by_role("button", name="指定" if zh else "Appoint").click()
    page.get_by_role("listitem").filter(has_text=f"陈专家 {lang}").wait_for()
    agency.look()
    agency.pictures("evaluators")

    page = expert.open("/desk")
    page.get_by_role("link", name=scene.tenders[State.OPENED].notice.title).click()
    page.get_by_role("heading", name="投标逐项对比" if zh else "Bids side by side").wait_for()
    expert.look()
    box = page.get_by_role("region", name="投标逐项对比表" if zh else "Table of bids side by side")
    box.focus()
    first = page.locator("section.panel form").first
    first.get_by_role("radio", name="建议否决" if zh else "To be rejected").check()
    expert.expect(place + "/evaluation/opinions")
    first.get_by_role("button").click()
    page.get_by_text("请写明理由" if zh else "Give the reason").first.wait_for()
    expert.look()
    first = page.locator("section.panel form").first
    first.locator("textarea").fill("业绩证明不符合要求")
    first.get_by_role("button").click()
    page.get_by_role("button", name="更改意见" if zh else "Change it").wait_for()
    expert.pictures("evaluation")

    page = agency.open(place + "/evaluation")
    assert "业绩证明不符合要求" in page.content() and f"陈专家 {lang}" in page.content()
    agency.pictures("evaluation-agency")
