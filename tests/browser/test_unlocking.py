"""A bidder locks its bid in the browser and unlocks it at the opening; the agency decides on others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bids.unlock_file import read_unlock_file
from bids.unlock_receipts import UnlockReceipt, build_unlock_receipt
from signing.encoding import b64decode, b64encode
from signing.statements import add_token, sign_statement
from tests.browser.chromium import Reader
from tests.browser.conftest import Enter
from tests.browser.signed_in import newcomer, sign_in
from tests.browser.test_bidding import fill, hand_in, received
from tests.browser.test_checking import give, verdict
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.functional.test_unlocking import WINDOW, answering


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh"])
def test_sealed_unlocked_and_decided_in_browsers(
    enter: Enter, desk: str, house: OpeningHouse, lang: str, tmp_path: Path
) -> None:
    agency = house.enrol("agency", name="斗门区公路事业发展中心")
    custodians = tuple(house.enrol("custodian", name=f"保管单位 {n}") for n in range(2))
    tender = house.tender(agency, custodians, lock=True)
    mine, silent, failing = (house.enrol("supplier", name=name) for name in ("甲公司", "乙公司", "丙公司"))
    house.bid(silent, tender)
    failed = house.bid(failing, tender)
    answering(house, [(0, 31)])
    house.start_over()

    # Sealing: the file first, then the bid.
    reader: Reader = enter(desk, lang)
    sign_in(reader, house, mine)
    page = reader.open(f"/tenders/{tender.id}/bid", look=False)
    page.locator("#bid").wait_for(state="visible")
    fill(page, {"1": "12.5", "2": "0.5"})
    page.locator("#key-new").click()
    page.locator("#key-state .mono").wait_for()
    hand_in(page)
    page.locator("#unlock-file").wait_for(state="visible")
    assert page.locator("#receipt").is_hidden(), "nothing is handed in before the file was offered"
    reader.look()
    reader.pictures("unlocking-file")
    with page.expect_download() as download:
        page.locator("#unlock-file a[download]").click()
    kept = tmp_path / "bid.unlock"
    kept.write_bytes(Path(download.value.path()).read_bytes())
    page.locator("#send").click()
    bid = received(page)
    assert read_unlock_file(kept.read_bytes()).bid == bid
    reader.look()
    reader.pictures("unlocking-receipt")
    reader.open(f"/tenders/{tender.id}/bids/{bid}")
    place = f"/tenders/{tender.id}/bids/{bid}/unlock"
    page = reader.open(place)
    page.locator("#by-itself").wait_for()
    reader.pictures("unlocking-waiting")

    # The window: this browser kept the secret; by its own clock it is too early, and it asks once more.
    house.open(tender)
    # Another browser of the bidder's has the file.
    other_file = {"name": "x.unlock", "mimeType": "text/plain", "buffer": b"x"}
    other: Reader = enter(desk, lang)
    sign_in(other, house, mine)
    page = other.open("/desk")
    page.get_by_role("link", name="道路改造第一标段").first.click()
    page.locator("#unlock-file").wait_for()
    page.locator("#unlock-file").set_input_files(other_file)
    page.locator("#unlock .refusal").wait_for()
    page.locator("#unlock-file").set_input_files(str(kept))
    page.locator("#unlock-now:enabled").wait_for()
    other.look()
    other.pictures("unlocking-open")
    page.locator("#unlock-now").click()
    page.locator("#unlock .refusal").wait_for()
    # The one that sealed it has known the log since then.
    page = reader.open(place)
    page.locator("#unlock-now:enabled").click()
    page.get_by_text("按本机时钟").wait_for()
    page.locator("#unlock-now").click()
    page.get_by_text("已解锁", exact=True).wait_for()
    with page.expect_download() as download:
        page.locator("#unlock a[download]").click()
    receipt = Path(download.value.path()).read_bytes()
    reader.look()
    reader.pictures("unlocking-done")
    watcher: Reader = enter(desk, lang)
    watcher.open(f"/tenders/{tender.id}/opening")
    watcher.pictures("unlocking-opening")
    body = {"secret": b64encode(bytes(32))}
    house.call("POST", f"/tenders/{tender.id}/bids/{failed.bid}/unlocking", failing, body, 422)

    # Afterwards: one silent, one whose attempts failed, on whom the agency decides.
    house.clock.ahead(AFTER + WINDOW + timedelta(seconds=5))
    house.work()
    # Who unlocked sees by its receipt that the platform's statement has the secret, there and by itself.
    page = other.open(place)
    page.locator("#promise", has_text="在解锁声明中").wait_for()
    other.pictures("unlocking-promise")
    statement = b64decode(house.call("GET", f"/tenders/{tender.id}/unlocking").json["file"])
    page = other.open("/check", look=False)
    give(page, ("x.json", receipt), ("unlocking.json", statement))
    verdict(page, "平台履行了承诺")
    # A time-stamp over something else is said, and takes nothing from the promise.
    bare = receipt[: receipt.index(b',"token":"')] + b"}"
    foreign = add_token(bare, house.platform.timestamps.own.stamp(bytes(32)))
    give(page, ("x.json", foreign), ("unlocking.json", statement))
    expect(page.locator("li.broken")).to_have_count(1)
    verdict(page, "平台履行了承诺")
    # The receipt of whom the statement calls silent: the platform's own keys make one here.
    at = UnlockReceipt.parse(receipt).received_at
    told = build_unlock_receipt(failed.manifest, at)
    others = sign_statement(told, house.platform.keys.receipt, at)
    give(page, ("x.json", others), ("unlocking.json", statement))
    verdict(page, "两个签名互相矛盾")
    other.look()
    other.pictures("check-unlocking-receipt")
    signer: Reader = enter(desk, lang)
    sign_in(signer, house, agency, "李强")
    signer.open("/desk", look=False)
    signer.pictures("unlocking-agency-desk")
    page = signer.open(f"/agency/tenders/{tender.id}", look=False)
    page.locator("#revoked-" + failed.bid).wait_for()
    signer.look()
    signer.pictures("unlocking-deciding")
    page.get_by_role("button", name="签署认定").click()
    page.locator("form[data-unlocking] .wrong").wait_for()
    page.locator("#withdrawn-" + failed.bid).check()
    page.locator("#why-" + failed.bid).fill("页面报错，已核实")
    page.get_by_role("button", name="签署认定").click()
    page.get_by_role("button", name="在本浏览器生成密钥").click()
    page.locator("#withdrawn-" + failed.bid).wait_for(state="detached")  # the page was loaded anew
    page.get_by_text("视为撤回").first.wait_for()
    signer.look()
    page = watcher.open(f"/tenders/{tender.id}")
    assert "视为撤销" in page.locator("#silence >> xpath=..").inner_text()
    watcher.pictures("unlocking-tender")
    supervisor: Reader = enter(desk, lang)
    newcomer(house, supervisor, "supervisor", "监督员")
    supervisor.open("/desk")
    supervisor.pictures("unlocking-supervisor-desk")
    supervisor.open(f"/supervision/tenders/{tender.id}")
    supervisor.pictures("unlocking-supervisor")
    reader.open(place)
