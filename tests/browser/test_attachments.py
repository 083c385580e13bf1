"""Bidders' attachments: opened by the agency in its browser, with the key that the browser made."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import DESK, PHONE, WIDE, Language
from tests.browser.conftest import Enter
from tests.browser.served import served
from tests.browser.signed_in import sign_in
from tests.functional.opening_house import OpeningHouse
from trading.opening.record import stored_objects

LARGE = random.Random(1).randbytes(5_000_000)  # more than is decrypted at once


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OpeningHouse]:
    made = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}", default_language="zh")
    yield made
    made.close()


@pytest.fixture
def desk(house: OpeningHouse) -> Iterator[str]:
    with served(house.platform.settings, house.app.app) as at:
        yield at


@pytest.mark.slow
def test_opened_by_the_agency(
    enter: Enter, house: OpeningHouse, desk: str, lang: Language, tmp_path: Path
) -> None:
    zh = lang == "zh"
    agency = house.enrol("agency", name="斗门区公路事业发展中心")
    custodians = tuple(house.enrol("custodian", name=f"第{n}保管人") for n in (1, 2, 3))
    seed = house.put_envelope_key(agency)
    tender = house.tender(agency, custodians)
    names = ("甲路桥有限公司", "乙市政建设集团有限公司", "丙公路养护有限公司")
    contents = (b"%PDF-1.7 plan", LARGE, LARGE[:3000])
    bids = []
    for name, content, price in zip(names, contents, ("8.00", "9.50", "11.25"), strict=True):
        supplier = house.enrol("supplier", name=name)
        bids.append(house.bid(supplier, tender, attachment=content, prices={"1": price, "2": price}))
    house.open(tender)
    with house.platform.database.reading() as session:
        place = stored_objects(session, [bids[2].bid], "files", 1)[bids[2].bid, 1]
    house.spoil(place)

    reader = enter(desk, lang)
    sign_in(reader, house, agency)
    page = reader.open(f"/tenders/{tender.id}/evaluation")
    for name, content in (("other.key", b"\x00" * 32), ("envelope.key", seed)):
        (tmp_path / name).write_text(content.hex() + "\n")
    start = page.get_by_role("button", name="核对并打开附件" if zh else "Check, and open")
    start.click()
    page.get_by_text("64 个十六进制字符" if zh else "64 hexadecimal digits").wait_for()
    reader.look()
    reader.picture("attachments-asked", DESK)
    page.locator("#envelope-file").set_input_files(tmp_path / "other.key")
    start.click()
    page.get_by_text("没有一份密钥份额能用" if zh else "None of the custodians' shares").first.wait_for()
    page.locator("#envelope-file").set_input_files(tmp_path / "envelope.key")
    start.click()
    page.get_by_text("打开了 3 份投标，共 3 个附件" if zh else "3 bids with 3 attachments").wait_for()
    reader.look()
    panels = page.locator("div.panel:has(h2[id^=files-])")
    assert [panel.locator("h2").inner_text() for panel in panels.all()] == [
        f"{n}. {name}" for n, name in enumerate(names, 1)
    ]
    for at, content in enumerate(contents[:2]):
        assert hashlib.sha256(content).hexdigest() in panels.nth(at).inner_text()
        with page.expect_download() as download:
            panels.nth(at).get_by_role("link").click()
        assert download.value.suggested_filename == "方案.pdf"
        assert Path(download.value.path()).read_bytes() == content
    assert ("看来是平台的问题" if zh else "the platform's fault") in panels.nth(2).inner_text()
    for width in (PHONE, DESK, WIDE):
        reader.picture("attachments-agency", width)
