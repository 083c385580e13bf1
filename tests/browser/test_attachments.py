"""Bidders' attachments: opened by the agency in its browser, handed to an evaluator, opened in theirs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from signing import canonical, hpke
from signing.suite import SUNSEAL_1
from tests.browser.chromium import Language, Reader
from tests.browser.conftest import Enter
from tests.browser.signed_in import newcomer, sign_in
from tests.functional.house import Sealed, Tendering, Who
from tests.functional.opening_house import OpeningHouse
from trading.evaluation.models import EvaluatorKey, HandedKey
from trading.opening.record import stored_objects

LARGE = random.Random(1).randbytes(5_000_000)  # more than is decrypted at once
CONTENTS = (b"%PDF-1.7 plan", LARGE, LARGE[:3000])
NAMES = ("甲路桥有限公司", "乙市政建设集团有限公司", "丙公路养护有限公司")


@dataclass(frozen=True)
class Opened:
    """A tender whose bids are open; the third's attachment has been changed in storage. The agency's seed."""

    house: OpeningHouse
    agency: Who
    tender: Tendering
    bids: Sequence[Sealed]
    seed: bytes

    @property
    def page(self) -> str:
        return f"/tenders/{self.tender.id}/evaluation"


def opened(house: OpeningHouse, experts: Sequence[str]) -> Opened:
    agency = house.enrol("agency", name="斗门区公路事业发展中心")
    custodians = tuple(house.enrol("custodian", name=f"第{n}保管人") for n in (1, 2, 3))
    seed = house.put_envelope_key(agency)
    tender = house.tender(agency, custodians)
    for person in experts:
        house.app.post(
            f"/tenders/{tender.id}/evaluators", {"person": person}, status=303,
            headers={"Authorization": f"Bearer {agency.token}"},
        )  # fmt: skip
    bids = []
    for name, content, price in zip(NAMES, CONTENTS, ("8.00", "9.50", "11.25"), strict=True):
        supplier = house.enrol("supplier", name=name)
        bids.append(house.bid(supplier, tender, attachment=content, prices={"1": price, "2": price}))
    house.open(tender)
    with house.platform.database.reading() as session:
        place = stored_objects(session, [bids[2].bid], "bid", "files", 1)[bids[2].bid, 1]
    house.spoil(place)
    return Opened(house, agency, tender, bids, seed)


def panels(page: Page) -> Locator:
    return page.locator("div.panel:has(h2[id^=files-])")


def saved_as_sealed(page: Page, zh: bool) -> None:
    """All are listed by supplier; what was sealed is saved to the byte, and what was changed is not."""
    page.get_by_text("打开了 3 份投标，共 3 个附件" if zh else "3 bids with 3 attachments").wait_for()
    page.emulate_media(reduced_motion="reduce")  # no button is judged between two colours
    heads = [panel.locator("h2").inner_text() for panel in panels(page).all()]
    assert heads == [f"{n}. {name}" for n, name in enumerate(NAMES, 1)]
    for at, content in enumerate(CONTENTS[:2]):
        told = panels(page).nth(at).inner_text()
        assert hashlib.sha256(content).hexdigest() in told and "application/pdf" in told
        with page.expect_download() as download:
            panels(page).nth(at).get_by_role("link").click()
        assert download.value.suggested_filename == "方案.pdf"
        assert Path(download.value.path()).read_bytes() == content
    assert ("看来是平台的问题" if zh else "the platform's fault") in panels(page).nth(2).inner_text()
    assert panels(page).nth(2).get_by_role("link").count() == 0
    page.mouse.move(0, 0)


def own_key(expert: Reader, zh: bool) -> tuple[bytes, str]:
    """An evaluator makes a key; its seed, as saved, and its fingerprint, as shown."""
    page = expert.open("/evaluator/key")
    page.get_by_role("button", name="生成密钥" if zh else "Make the key").click()
    save = page.get_by_role("button", name="保存备份文件" if zh else "Save a copy")
    with page.expect_download() as download:
        save.click()
    seed = bytes.fromhex(Path(download.value.path()).read_text())
    shown = page.locator("section.panel .mono").inner_text()
    expert.pictures("evaluator-key")
    assert shown.replace(" ", "") == canonical.digest(SUNSEAL_1.sealing_key(seed).public)
    return seed, shown


def restored(expert: Reader, zh: bool, copy: Path) -> None:
    """The browser has lost the key; the copy brings it back."""
    page = expert.page
    page.evaluate("() => new Promise((done) => { indexedDB.deleteDatabase('sunseal').onsuccess = done; })")
    page = expert.open("/evaluator/key")
    page.get_by_text("不在本浏览器中" if zh else "not in this browser").wait_for()
    page.get_by_role("button", name="使用此备份" if zh else "Use this copy").click()
    page.get_by_text("这不是平台所登记" if zh else "This is not the file").wait_for()
    expert.look()
    page.locator("#own-key-file").set_input_files(copy)
    page.get_by_role("button", name="使用此备份" if zh else "Use this copy").click()
    page.get_by_role("button", name="保存备份文件" if zh else "Save a copy").wait_for()


@pytest.mark.slow
def test_opened_handed_over_and_opened_again(
    enter: Enter, house: OpeningHouse, desk: str, lang: Language, tmp_path: Path
) -> None:
    zh = lang == "zh"
    expert, idle, agency = (enter(desk, lang) for _ in range(3))
    person = newcomer(house, expert, "evaluator", "陈专家")
    seed, fingerprint = own_key(expert, zh)
    scene = opened(house, [person, newcomer(house, idle, "evaluator", "林专家")])

    # The agency: no file, another key, its own key, which the browser is asked to keep.
    sign_in(agency, house, scene.agency)
    for name, content in (("other.key", bytes(32)), ("envelope.key", scene.seed), ("evaluator.key", seed)):
        (tmp_path / name).write_text(content.hex() + "\n")
    page = agency.open(scene.page)
    start = page.get_by_role("button", name="核对并打开附件" if zh else "Check, and open")
    start.click()
    page.get_by_text("64 个十六进制字符" if zh else "64 hexadecimal digits").wait_for()
    page.locator("#envelope-file").set_input_files(tmp_path / "other.key")
    start.click()
    page.get_by_text("没有一份密钥份额能用" if zh else "None of the custodians' shares").first.wait_for()
    page.locator("#envelope-file").set_input_files(tmp_path / "envelope.key")
    page.locator("#envelope-stay").check()
    start.click()
    saved_as_sealed(page, zh)

    # The evaluator with a key is handed them, once their fingerprint is compared; the one without is not.
    box = page.get_by_role("listitem").filter(has=page.locator(f"#hand-{person}"))
    assert fingerprint in box.inner_text()
    assert page.locator("input[id^=hand-]").count() == 1 and "林专家" in page.content()
    button = page.get_by_role("button", name="移交给所选专家" if zh else "Hand over to those chosen")
    button.click()
    page.get_by_text("请先核对指纹" if zh else "Compare the fingerprints, then").wait_for()
    agency.look()
    page.locator(f"#hand-{person}").check()
    button.click()
    page.get_by_text("已移交 3 / 3" if zh else "3 of 3 bids handed over").wait_for()
    agency.pictures("attachments-agency")
    agency.open(scene.page, look=False)
    page.get_by_text("附件密钥保存在本浏览器中" if zh else "is kept in this browser").wait_for()
    start.click()
    page.get_by_text("已移交 3 / 3" if zh else "3 of 3 bids handed over").wait_for()
    page.get_by_role("button", name="从本浏览器删除密钥" if zh else "Remove the key").click()
    page.locator("#envelope-file").wait_for()

    # The evaluator, in a browser that has lost its key and got it back.
    restored(expert, zh, tmp_path / "evaluator.key")
    page = expert.open(scene.page, look=False)
    start = page.get_by_role("button", name="核对并打开附件" if zh else "Check, and open")
    start.click()
    saved_as_sealed(page, zh)
    expert.look()
    expert.pictures("attachments-evaluator")

    lied_to(scene, person, seed)
    start.click()
    page.get_by_text("移交来的密钥打不开" if zh else "does not open and may have been exchanged").wait_for()
    page.get_by_text("不是投标人封存附件所用" if zh else "not the key that the bidder sealed").wait_for()
    with house.platform.database.transaction() as session:
        key = session.get_one(EvaluatorKey, person)
        key.key = SUNSEAL_1.sealing_key(bytes(32)).public
        key.digest = canonical.digest(key.key)
    page = expert.open(scene.page, look=False)
    page.get_by_text("不是本浏览器中的这一把" if zh else "another public key than this browser's").wait_for()


def lied_to(scene: Opened, person: str, seed: bytes) -> None:
    """The keys are sealed as the documentation says; the platform exchanges one, and makes up another."""
    key = SUNSEAL_1.sealing_key(seed)
    with scene.house.platform.database.transaction() as session:
        rows = [session.get_one(HandedKey, (scene.tender.id, "bid", bid.bid, person)) for bid in scene.bids]
        for row, bid in zip(rows, scene.bids, strict=True):
            part, policy = bid.manifest.part("bid", "files"), scene.tender.notice.policy
            context = bid.manifest.context("bid", "files")
            opened = key.open(info(scene.tender.id, bid.bid, person), row.sealed)
            dealt = SUNSEAL_1.deal(opened, policy.threshold, len(policy.custodians), context)
            assert tuple(map(canonical.digest, dealt)) == tuple(part.share_digests)
        rows[0].sealed = rows[1].sealed
        rows[1].sealed = hpke.seal(key.public, info(scene.tender.id, rows[1].bid_id, person), bytes(32))


def info(tender: str, bid: str, person: str) -> bytes:
    return canonical.dumps(
        {
            "type": "sunseal/files-key/v1", "tender": tender, "bid": bid, "segment": "bid", "part": "files",
            "evaluator": person,
        }
    )  # fmt: skip
