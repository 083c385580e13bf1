"""Suppliers bid in the browser: what is sealed there opens in time, exact; uploads survive a cut line."""

from __future__ import annotations

import csv
import io
import random
import re
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page

from bids.envelope import open_files
from bids.manifest import Manifest
from bids.offer import Offer
from bids.receipts import check_receipt
from signing.keys import save_pkcs12
from signing.objects import ciphertext_length
from signing.suite import SUNSEAL_1
from tests.bids_factory import Memory
from tests.browser.chromium import Reader
from tests.browser.conftest import Enter
from tests.browser.memory import Memories
from tests.browser.served import served
from tests.browser.signed_in import sign_in
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse
from trading.opening.record import stored_objects
from trading.submission.models import Bid

FILES = {"施工方案.pdf": b"%PDF-1.7 plan" * 4000, "empty.txt": b"", "9 MB.bin": bytes(range(256)) * 36_000}

# Whether the browser has written what was typed to its disk.
KEPT = """(words) => new Promise((done) => {
  const base = indexedDB.open("sunseal");
  base.onsuccess = () => {
    const found = base.result.transaction("drafts").objectStore("drafts").getAll();
    found.onsuccess = () => { base.result.close(); done(found.result.some((one) => one.words === words)); };
  };
})"""


@pytest.fixture(scope="module")
def custodians(home: OpeningHouse) -> tuple[Who, ...]:
    return tuple(home.enrol("custodian", name=f"保管单位 {n}") for n in range(3))


@pytest.fixture
def tender(house: OpeningHouse, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(house.enrol("agency"), custodians)


@pytest.fixture
def supplier(house: OpeningHouse) -> Who:
    return house.enrol("supplier", name="粤海路桥工程有限公司")


def fill(page: Page, prices: dict[str, str]) -> None:
    for number, price in prices.items():
        page.locator(f"input[data-number='{number}']").fill(price)


def hand_in(page: Page) -> None:
    page.locator("#confirm").check()
    page.locator("#send").click()


def received(page: Page) -> str:
    """The bid's id, once the receipt is shown."""
    page.locator("#receipt").wait_for(state="visible", timeout=60_000)
    return page.locator("#receipt .mono").first.inner_text()


def opened(house: OpeningHouse, tender: Tendering, bid: str) -> tuple[Offer, dict[str, bytes]]:
    """Offer and files as two custodians' shares open them."""
    with house.platform.database.reading() as session:
        manifest = Manifest.parse(session.get_one(Bid, bid).manifest)
        places = {part: stored_objects(session, [bid], "bid", part) for part in ("public", "files")}

    def ciphertext(part: str, number: int) -> bytes:
        place = places[part][bid, number]
        return b"".join(house.platform.storage.chunks(place.key, place.parts))

    def shares(part: str) -> list[bytes]:
        context, sealed = manifest.context("bid", part), manifest.part("bid", part).sealed_shares
        keys = [SUNSEAL_1.sealing_key(each.sealing_seed) for each in tender.custodians]
        return [SUNSEAL_1.open_share(keys[n], context, n + 1, sealed[n]) for n in (0, 2)]

    public = manifest.part("bid", "public")
    context = manifest.context("bid", "public")
    key = SUNSEAL_1.recover(shares("public"), 2, 3, context, public.share_digests)
    offer = SUNSEAL_1.decrypt(ciphertext("public", 0), key, context, 0, True)
    memory = Memory()
    found = open_files(
        manifest, shares("files"), lambda j: io.BytesIO(ciphertext("files", j)), tender.notice, memory.sink
    )
    assert [each.problem for each in found] == [None] * len(found)
    return Offer.parse(offer, tender.notice), memory.objects


def files_in(folder: Path) -> list[Path]:
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in FILES]


def test_a_bid_is_sealed_in_the_browser_and_opens_in_time(
    enter: Enter, desk: str, lang: str, house: OpeningHouse, tender: Tendering, supplier: Who, tmp_path: Path
) -> None:
    reader: Reader = enter(desk, lang)
    sign_in(reader, house, supplier)
    page = reader.open(f"/tenders/{tender.id}/bid", look=False)
    page.locator("#bid").wait_for(state="visible")
    reader.look()
    for custodian in tender.notice.policy.custodians:
        groups = re.sub("(.{4})(?=.)", r"\1 ", custodian.sealing_key_digest)
        assert groups in page.locator("#whom-told").inner_text()
    fill(page, {"1": "1,5", "2": "0.345"})
    assert page.locator("input[data-number='1']").get_attribute("aria-invalid") == "true"
    fill(page, {"1": "12.505"})
    assert page.locator("#total").inner_text() == "2,541.85"  # 120.5 × 12.505 and 3000 × 0.345, each rounded
    page.locator("#delivery").fill("90")
    page.locator("#quality").fill("合格\n一次验收")
    page.locator("#files").set_input_files(files_in(tmp_path))
    hand_in(page)  # without a key yet
    assert page.locator("#wrong").inner_text() != ""
    page.locator("#key-new").click()
    page.locator("#key-state .mono").wait_for()
    assert page.locator("#wrong").inner_text() == "", "what is mended is not complained of"
    reader.look()
    reader.pictures("bidding")
    hand_in(page)
    bid = received(page)
    reader.look()
    reader.pictures("receipt")
    with page.expect_download() as download:
        page.locator("#receipt a[download]").first.click()
    with house.platform.database.reading() as session:
        row = session.get_one(Bid, bid)
        file = Path(download.value.path()).read_bytes()
        check_receipt(file, row.manifest, row.signature, house.platform.keys.roots)
    offer, files = opened(house, tender, bid)
    assert files == FILES
    assert [(line.number, str(line.unit_price)) for line in offer.lines] == [("1", "12.505"), ("2", "0.345")]
    assert str(offer.total) == "2541.85"
    assert dict(offer.announced) == {"delivery_days": 90, "quality": "合格\n一次验收"}
    reader.open(f"/tenders/{tender.id}/bids/{bid}")
    house.past_deadline()
    house.work()
    for custodian in tender.custodians:
        house.release(tender, custodian)
    house.work()
    [told] = house.record(tender)["bids"]
    assert (told["bid"], told["opened"], told["total"]) == (bid, True, "2541.85")
    assert told["announced"] == {"delivery_days": 90, "quality": "合格\n一次验收"}


@pytest.mark.parametrize("lie", ["altered", "another's", "other-tender"])
def test_nothing_is_sealed_by_a_notice_that_its_agency_did_not_sign(
    enter: Enter, desk: str, house: OpeningHouse, tender: Tendering, supplier: Who, lie: str
) -> None:
    raw, signature = tender.notice.raw, tender.signature
    if lie == "altered":
        raw = raw.replace("道路改造".encode(), "道路养护".encode())
    elif lie == "another's":
        signature = house.sign(tender.custodians[0], raw)
    else:
        other = house.tender(tender.agency, tender.custodians)
        raw, signature = other.notice.raw, other.signature
    reader: Reader = enter(desk, "zh")
    sign_in(reader, house, supplier)
    reader.page.route("**/notice.json", lambda route: route.fulfill(body=raw))
    reader.page.route("**/notice.p7s", lambda route: route.fulfill(body=signature))
    reader.skip_policy("/notice.")
    page = reader.open(f"/tenders/{tender.id}/bid", look=False)
    page.locator("#refused .refusal").wait_for()
    assert page.locator("#bid").is_hidden()


def test_replaced_and_withdrawn_by_a_key_file(
    enter: Enter, desk: str, house: OpeningHouse, tender: Tendering, supplier: Who, tmp_path: Path
) -> None:
    """A bid from the command line is replaced in the browser under the same key, then taken back there."""
    first = house.bid(supplier, tender)
    signer = supplier.signer
    (tmp_path / "key.p12").write_bytes(save_pkcs12(signer.key, signer.certificate, signer.chain, b"geheim"))
    reader: Reader = enter(desk, "zh")
    sign_in(reader, house, supplier)

    page = reader.open(f"/tenders/{tender.id}/bid")
    page.locator("#key-file").set_input_files(tmp_path / "key.p12")
    page.locator("#key-password").fill("wrong")
    page.locator("#key-open").click()
    page.get_by_text("密码不对").wait_for()
    page.locator("#key-password").fill("geheim")
    page.locator("#key-open").click()
    page.locator("#key-state .mono").wait_for()
    fill(page, {"1": "3", "2": "4"})
    hand_in(page)
    second = received(page)
    assert house.own_bids(supplier, tender) == {first.bid: "replaced", second: "current"}
    page = reader.open(f"/tenders/{tender.id}/bid")
    page.locator("#key-state .mono").wait_for()  # the browser has kept it
    page.locator("#reason").fill("不参加了")
    page.locator("#withdrawal button").click()
    page.locator("#receipt").wait_for(state="visible")
    assert house.own_bids(supplier, tender) == {first.bid: "replaced", second: "withdrawn"}
    assert second in reader.open(f"/tenders/{tender.id}/bids/{second}").locator("main").inner_text()


def test_refusals_are_told_and_what_was_typed_stays(
    enter: Enter, desk: str, house: OpeningHouse, tender: Tendering, supplier: Who
) -> None:
    reader: Reader = enter(desk, "zh")
    sign_in(reader, house, supplier)
    page = reader.open(f"/tenders/{tender.id}/bid", look=False)
    fill(page, {"1": "3"})
    hand_in(page)
    assert "还有单价未填" in page.locator("#wrong").inner_text()
    fill(page, {"2": "4.1234"})
    page.locator("#words").fill("壹仟元整")
    page.wait_for_function(KEPT, arg="壹仟元整")
    page.reload()
    page.locator("#bid").wait_for(state="visible")
    assert page.locator("input[data-number='2']").input_value() == "4.1234"
    assert page.locator("#words").input_value() == "壹仟元整"
    page.locator("#key-new").click()
    page.locator("#key-state .mono").wait_for()
    house.amend(tender, title="改名后的标段")
    reader.expect(f"/api/v1/tenders/{tender.id}/bids")
    hand_in(page)
    page.get_by_text("现行公告").first.wait_for()
    page.reload()
    page.locator("#key-state .mono").wait_for()  # the browser has kept the key
    page.locator("#draft-amended").wait_for()  # and the prices, typed before the amendment
    hand_in(page)
    assert received(page)


@pytest.mark.parametrize("kind", ["xlsx", "csv", "paste"])
def test_prices_from_spreadsheets(
    enter: Enter, desk: str, house: OpeningHouse, tender: Tendering, supplier: Who, tmp_path: Path, kind: str
) -> None:
    rows = [["序号", "项目", "综合单价（元）"], ["1", "路基", "12.5"], ["2", "沥青面层", "abc"]]
    reader: Reader = enter(desk, "zh")
    sign_in(reader, house, supplier)
    page = reader.open(f"/tenders/{tender.id}/bid", look=False)
    if kind == "xlsx":
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / "报价.xlsx")
    elif kind == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        (tmp_path / "报价.csv").write_bytes(text.getvalue().encode("gb18030"))
    if kind == "paste":
        page.locator("#missing:not(:empty)").wait_for()  # the page's script listens
        page.locator("input[data-number='1']").evaluate(
            """(input, text) => {
              const clipboardData = new DataTransfer();
              clipboardData.setData("text/plain", text);
              const told = { clipboardData, bubbles: true, cancelable: true };
              input.dispatchEvent(new ClipboardEvent("paste", told));
            }""",
            "\n".join("\t".join(row) for row in rows),
        )
    else:
        page.locator("#sheet").set_input_files(tmp_path / f"报价.{kind}")
    page.get_by_text("C3：单价应为数字，如 1234.50，现在是“abc”。").wait_for()
    assert page.locator("input[data-number='1']").input_value() == "12.5"
    assert page.locator(".amount").first.inner_text() == "1,506.25"
    reader.look()


class Held:
    """The platform before which parts of an upload wait, so that a test can pull the plug meanwhile.

    `held` are the parts' numbers, and with what each is answered in the end.
    """

    def __init__(self, application: Any, held: dict[str, str]) -> None:
        self.application = application
        self.held = held
        self.arrived = {part: Event() for part in held}
        self.go = {part: Event() for part in held}
        self.parts: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if "/parts/" in path:
            part = path.rpartition("/")[2]
            if part in self.arrived and not self.arrived[part].is_set():
                self.arrived[part].set()
                self.go[part].wait(60)
                start(self.held[part], [("Content-Security-Policy", "default-src 'none'")])
                return []
            self.parts.append(path)
        return self.application(environ, start)

    def await_part(self, page: Page, part: str) -> None:
        while not self.arrived[part].is_set():
            page.wait_for_timeout(20)


KEPT = """new Promise((tell) => {
    const request = indexedDB.open("sunseal");
    request.onsuccess = () => {
        const count = request.result.transaction("under-way").objectStore("under-way").count();
        count.onsuccess = () => { request.result.close(); tell(count.result > 0); };
    };
})"""
LARGE = 200 * 1024 * 1024  # bytes
PART = 8 * 1024 * 1024
BOUND = 300 * 1024 * 1024  # content and ciphertext alone are 410 MiB; collectors let some 200 go by


def test_200_megabytes_go_up_over_cut_lines_and_a_reload_in_bounded_memory(
    enter: Enter, house: OpeningHouse, tender: Tendering, supplier: Who, tmp_path: Path
) -> None:
    content = random.Random(200).randbytes(PART) * (LARGE // PART)
    (tmp_path / "large.bin").write_bytes(content)
    held = Held(house.app.app, {"3": "503 Service Unavailable", "12": "401 Unauthorized"})
    with served(house.platform.settings, held) as at:
        reader: Reader = enter(at, "zh")
        sign_in(reader, house, supplier)
        page = reader.open(f"/tenders/{tender.id}/bid", look=False)
        fill(page, {"1": "3", "2": "4"})
        page.locator("#files").set_input_files(tmp_path / "large.bin")
        page.locator("#key-new").click()
        page.locator("#key-state .mono").wait_for()
        reader.forgive(re.compile(r"/api/v1/uploads/"))
        memory = Memories(reader)
        hand_in(page)
        held.await_part(page, "3")
        reader.context.set_offline(True)
        held.go["3"].set()
        page.locator("#wrong", has_text="连接已断开").wait_for(timeout=90_000)
        assert page.locator("#price-1").is_hidden()  # what is sealed is not changed any more
        reader.context.set_offline(False)
        page.locator("#send", has_text="继续").click()
        held.await_part(page, "12")
        page.wait_for_function(KEPT)
        growth = [memory.growth()]
        held.go["12"].set()
        page.locator("#wrong", has_text="401").wait_for()  # a session that ended spoils nothing
        page.close()
        page = reader.page = reader.context.new_page()
        reader.open(f"/tenders/{tender.id}/bid", weigh=False)
        page.locator("#kept", has_text="还没有递交完").wait_for()
        reader.look()
        memory = Memories(reader)
        page.locator("#send", has_text="继续递交").click()
        bid = received(page)
    assert max(*growth, memory.growth()) < BOUND, [growth, memory.growth()]
    # Both lists and the file's parts, each once, though the page was left in the midst of it.
    assert len(held.parts) == len(set(held.parts)) == 2 + -(-ciphertext_length(LARGE, False) // PART)
    assert opened(house, tender, bid)[1] == {"large.bin": content}
