"""What a custodian's browser remembers (whom it trusts, the log, its keys), and what contradicts it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Route

from bids.notice import Notice
from signing.cosignatures import CosignatureSigner
from signing.encoding import b64encode
from signing.notes import Checkpoint, NoteSigner, format_checkpoint, generate_note_key, read_checkpoint
from tests.browser.conftest import Enter
from tests.browser.journeys import join, keep_anchors, set_clock
from tests.functional.house import Tendering
from tests.functional.opening_house import OpeningHouse
from tests.typescript.agreement import running
from trading.client.witness import refusal_file
from trading.custody.models import Release

PASSPHRASE = "正确的马电池订书钉，写在纸上"
OTHER = "另一台机器上的另一个备份口令"


@pytest.mark.slow
def test_a_rewritten_log_and_another_key_are_refused(enter: Enter, house: OpeningHouse, desk: str) -> None:
    agency = house.enrol("agency")
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    tender_id = house.draft(agency, custodians)["id"]
    reader = enter(desk, "zh")
    join(reader, house, custodians[0].id, "值班员", "custodian")
    page = reader.open(f"/custody/{tender_id}", weigh=False, look=False)
    keep_anchors(page)
    key = house.platform.keys.log
    witness = CosignatureSigner("finance.example/w", generate_note_key())
    page.get_by_text("不要求见证人副署日志").click()
    for line, said in (
        ("quorum nobody\n", "策略文件第 1 行有误"),
        (f"log {NoteSigner('x', generate_note_key()).vkey}\nquorum none\n", "另一个日志的公钥"),
        (f"log {key.vkey}\nwitness 财政 {witness.vkey}\nquorum 财政\n", "要求见证人副署日志：财政（财政）"),
    ):
        file = {"name": "log.policy", "mimeType": "text/plain", "buffer": line.encode()}
        page.locator("#log-policy").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="采用此策略").click()
        page.get_by_text(said).wait_for()
    page.get_by_text("要求见证人副署日志：财政").click()
    reader.look()
    reader.pictures("custodian-policy")
    page.get_by_role("button", name="不再要求").click()
    page.get_by_text("不要求见证人副署日志").wait_for()
    note = house.call("GET", "/log/checkpoint").body
    fork = format_checkpoint(Checkpoint(key.name, read_checkpoint(note).size, bytes(32)), key)
    reader.skip_policy("/api/v1/log/")

    def answer(body: bytes) -> object:
        return lambda route: Route.fulfill(route, body=body, content_type="text/plain")

    page.route("**/api/v1/log/checkpoint", answer(fork))
    page.get_by_role("button", name="生成并交出公钥").click()
    page.get_by_role("button", name="在本浏览器生成密钥").click()
    page.get_by_text("已被改写").wait_for()
    page.unroute("**/api/v1/log/checkpoint")
    page = reader.open(f"/custody/{tender_id}", weigh=False)
    page.get_by_text("公开日志曾被改写").wait_for()
    reader.pictures("custodian-split")
    with page.expect_download() as download:
        page.get_by_role("link", name="保存举证文件").click()
    kept = Path(download.value.path()).read_bytes()
    assert kept == refusal_file("it does not extend the one seen before", note, fork)
    assert house.call("GET", f"/tenders/{tender_id}/sealing-policy", agency).json["ready"] is False

    other = NoteSigner(key.name, generate_note_key())
    page.route("**/api/v1/log/key", answer(other.vkey.encode()))
    page.reload()
    page.get_by_text("平台出示的与本浏览器固定的不同").wait_for()
    page.get_by_role("button", name="生成并交出公钥").click()
    page.get_by_text("请先通过电话或书面与运营方核实").wait_for()
    reader.look()
    reader.pictures("custodian-anchors-changed")


@pytest.mark.slow
def test_keys_are_restored_in_another_browser(
    enter: Enter, house: OpeningHouse, desk: str, tmp_path: Path
) -> None:
    agency = house.enrol("agency")
    by_hand, *others = custodians = tuple(house.enrol("custodian") for _ in range(3))
    tender_id = house.draft(agency, custodians)["id"]
    first = enter(desk, "zh")
    join(first, house, by_hand.id, "值班员", "custodian")
    page = first.open(f"/custody/{tender_id}", weigh=False, look=False)
    keep_anchors(page)
    page.locator("#backup-passphrase").fill(PASSPHRASE)
    page.locator("#backup-again").fill("不同")
    page.get_by_role("button", name="设定备份口令").click()
    page.get_by_text("两次输入的口令不同").wait_for()
    first.look()
    first.pictures("custodian-passphrase")
    page.locator("#backup-again").fill(PASSPHRASE)
    page.get_by_role("button", name="设定备份口令").click()
    page.locator("#save-backup").wait_for()
    page.get_by_role("button", name="生成并交出公钥").click()
    page.get_by_role("button", name="在本浏览器生成密钥").click()
    page.get_by_text("还不在已保存的备份中").wait_for()
    first.look()
    first.pictures("custodian-backup")
    with page.expect_download() as download:
        page.locator("#save-backup").click()
    file = tmp_path / "kept.backup.json"
    file.write_bytes(Path(download.value.path()).read_bytes())
    page.get_by_text("最近保存于").wait_for()
    for other in others:
        house.hand_in_key(other, tender_id)
    raw, signature = house.notice(agency, tender_id)
    house.publish(agency, tender_id, raw, signature)
    tender = Tendering(tender_id, agency, custodians, Notice.parse(raw), signature, {})
    for _ in range(3):
        house.bid(house.enrol("supplier"), tender)
    house.past_deadline()
    house.work()

    second = enter(desk, "zh")
    join(second, house, by_hand.id, "接班员甲", "custodian")
    set_clock(second, house)
    page = second.open(f"/custody/{tender_id}", weigh=False, look=False)
    page.get_by_text("此标段的密钥不在本浏览器中").wait_for()
    # Its own passphrase, as the page asks for one before anything else.
    page.locator("#backup-passphrase").fill(OTHER)
    page.locator("#backup-again").fill(OTHER)
    page.get_by_role("button", name="设定备份口令").click()
    page.locator("#save-backup").wait_for()
    page.get_by_text("从备份恢复到本浏览器").click()
    page.locator("#backup-file").set_input_files(str(file))
    page.locator("#backup-open").fill("不对的口令不对的口令")
    page.get_by_role("button", name="恢复", exact=True).click()
    page.get_by_text("备份口令不对").wait_for()
    second.look()
    page.locator("#backup-open").fill(PASSPHRASE)
    page.get_by_role("button", name="恢复", exact=True).click()
    page.get_by_role("button", name="核对并交出份额").click()
    page.get_by_text("份额已交出").wait_for()
    second.pictures("custodian-restored")
    with house.platform.database.reading() as session:
        assert session.get(Release, (tender_id, "bid", by_hand.id)) is not None
    # What it saves from now on opens with that passphrase, the signing key that was restored among it.
    with page.expect_download() as download:
        page.locator("#save-backup").click()
    saved = b64encode(Path(download.value.path()).read_bytes())
    node, _ = running()
    opened = node.ask("backup.open", file=saved, passphrase=OTHER)
    before = node.ask("backup.open", file=b64encode(file.read_bytes()), passphrase=PASSPHRASE)
    assert opened["signing"] == before["signing"] is not None
