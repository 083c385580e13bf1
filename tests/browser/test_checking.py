"""The page that checks a package or a receipt in the reader's own browser."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from bids.container import ContainerWriter
from bids.messages import MESSAGES
from bids.package import read_package
from bids.verification import verify
from signing.encoding import b64encode
from tests.browser.chromium import Language, Reader
from tests.browser.conftest import BOTH, Enter
from tests.browser.scenes import Scene
from tests.functional.opening_house import OpeningHouse
from tests.package_checks import rewrite
from tests.package_factory import unzipped
from trading.submission.models import Bid
from trading.tenders.lifecycle import State

VERDICTS = {
    True: {"zh": "核对通过", "en": "The package holds"},
    False: {"zh": "核对未通过", "en": "The package does NOT hold"},
}


@pytest.fixture(scope="module")
def package(scene: Scene) -> bytes:
    return scene.house.package(scene.tenders[State.AWARDED])


def give(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files as a reader does."""
    page.set_input_files(
        "#files",
        [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files],
    )


def said(page: Page) -> dict[int, str]:
    """The findings that the page shows, by their number, without their files."""
    texts = page.locator("#result li").evaluate_all(
        "(items) => items.map((one) => [one.childNodes[0].textContent, one.childNodes[1].textContent])"
    )
    return {int(number): text for number, text in texts}


def words(data: bytes, lang: Language) -> dict[int, str]:
    """What Python's verifier says of a package."""
    report = verify(read_package(io.BytesIO(data)))
    return {finding.number: finding.text(lang) for finding in report.findings}


def verdict(page: Page, text: str) -> None:
    expect(page.locator(".verdict")).to_contain_text(text)


@BOTH
def test_a_genuine_package_of_which_nothing_leaves_the_browser(
    enter: Enter, address: str, lang: Language, width: int, package: bytes
) -> None:
    reader = enter(address, lang, width)
    page = reader.open("/check")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    give(page, ("evidence.zip", package))
    verdict(page, VERDICTS[True][lang])
    assert asked == []
    unanchored = {"zh": "未锚定", "en": "Unanchored"}[lang]
    expect(page.locator("#result .open", has_text=unanchored)).to_be_visible()
    assert page.locator("#result .broken").count() == 0
    assert said(page) == words(package, lang)
    page.check("#anchors-platform")
    expect(page.locator("#result .open", has_text=unanchored)).to_have_count(0)
    verdict(page, VERDICTS[True][lang])
    reader.look()


@BOTH
def test_a_forged_package_shows_first_what_is_wrong(
    enter: Enter, address: str, lang: Language, width: int, package: bytes
) -> None:
    name = next(name for name in unzipped(package) if name.endswith("/offer.json"))
    reader = enter(address, lang, width)
    page = reader.open("/check", look=False)
    forged = rewrite(package, {name: unzipped(package)[name].replace(b"1", b"2", 1)})
    give(page, ("evidence.zip", forged))
    verdict(page, VERDICTS[False][lang])
    assert said(page) == words(forged, lang)
    first = page.locator("#result li").first
    expect(first).to_have_class("broken")
    expect(page.locator("#result .broken", has_text=name).first).to_be_visible()
    reader.look()


def test_own_anchors_that_are_another_platforms(
    enter: Enter, address: str, scene: Scene, package: bytes, tmp_path: Path
) -> None:
    house, reader = scene.house, enter(address, "zh")
    page = reader.open("/check", look=False)
    give(page, ("evidence.zip", package))
    verdict(page, VERDICTS[True][reader.lang])
    page.check("#anchors-own")
    page.fill("#log-key", "rubbish")
    page.keyboard.press("Tab")
    expect(page.locator("#wrong")).to_contain_text("name+id+key")
    page.fill("#log-key", house.platform.keys.log.vkey)
    for name, roots, holds in (
        ("others.pem", house.other_root(), False),
        ("roots.pem", house.call("GET", "/certificates/roots.pem").body, True),
    ):
        (tmp_path / name).write_bytes(roots)
        page.set_input_files("#roots", tmp_path / name)
        verdict(page, VERDICTS[holds][reader.lang])


def test_a_tenders_page_leads_to_its_check(reader: Reader, scene: Scene) -> None:
    page = reader.open(scene.place(State.AWARDED), look=False)
    page.locator("main").get_by_role(
        "link", name={"zh": "自行核对", "en": "Check it yourself"}[reader.lang]
    ).click()
    page.get_by_role("button", name=scene.tenders[State.AWARDED].notice.title).click()
    verdict(page, VERDICTS[True][reader.lang])
    reader.look()


def test_a_receipt_and_what_it_is_for(reader: Reader, scene: Scene) -> None:
    with scene.house.platform.database.reading() as session:
        one, other = session.query(Bid).limit(2).all()
        files = {"receipt.json": one.receipt, "manifest.json": one.manifest, "manifest.p7s": one.signature}
        wrong = {**files, "manifest.json": other.manifest}
    page = reader.open("/check", look=False)
    give(page, ("receipt.json", files["receipt.json"]))
    verdict(page, {"zh": "回执有效，但未核对", "en": "which bid it is for was not checked"}[reader.lang])
    give(page, *files.items())
    verdict(page, {"zh": "并对应您的投标", "en": "is for your bid"}[reader.lang])
    sealed = io.BytesIO()
    writer = ContainerWriter(sealed)
    with writer.entry("objects/bid-public-0", 700) as entry:
        entry.write(bytes(700))
    writer.finish(one.manifest, one.signature)
    give(page, ("receipt.json", files["receipt.json"]), ("bid.sealed", sealed.getvalue()))
    verdict(page, {"zh": "并对应您的投标", "en": "is for your bid"}[reader.lang])
    expect(
        page.locator("#result .kept", has_text={"zh": "逐字节", "en": "to the byte"}[reader.lang])
    ).to_be_visible()
    give(page, *wrong.items())
    verdict(page, {"zh": "核对未通过", "en": "does NOT hold"}[reader.lang])
    reader.look()


def test_a_package_is_dropped(enter: Enter, address: str, package: bytes) -> None:
    reader = enter(address, "en")
    page = reader.open("/check", look=False)
    dropped = page.evaluate_handle(
        """(text) => {
            const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "evidence.zip"));
            return data;
        }""",
        b64encode(package),
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": dropped})
    expect(page.locator("#drop")).to_have_class("drop over")
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    verdict(page, VERDICTS[True][reader.lang])
    expect(page.locator("#drop")).to_have_class("drop")


def test_what_is_neither_is_said_to_be_neither(reader: Reader) -> None:
    for name, data in {"note.txt": b"hello", "evidence.zip": b"PK\x03\x04 not really"}.items():
        page = reader.open("/check", look=False)
        give(page, (name, data))
        expect(page.locator("#wrong .refusal")).to_be_visible()
        reader.look()


def test_without_scripts_it_says_how(scene: Scene) -> None:
    house: OpeningHouse = scene.house
    text = house.app.get("/check?lang=en").text
    assert "sunseal verify evidence.zip" in text and "<noscript>" in text
    assert "connect-src 'self'" in house.app.get("/check").headers["Content-Security-Policy"]


def test_a_suppliers_bundle(enter: Enter, scene: Scene, address: str, lang: Language) -> None:
    house, tender = scene.house, scene.tenders[State.AWARDED]
    supplier = scene.suppliers[0]
    with house.platform.database.reading() as session:
        own = select(Bid.id).where(Bid.tender_id == tender.id, Bid.supplier_id == supplier.id)
        bid = session.scalars(own).one()
    headers = {"Authorization": f"Bearer {supplier.token}"}
    bundle = house.app.get(f"/api/v1/tenders/{tender.id}/bids/{bid}/bundle.zip", headers=headers).body
    reader = enter(address, lang)
    page = reader.open("/check", look=False)
    give(page, (f"{bid}.bundle.zip", bundle))
    verdict(page, {"zh": "平台履行了承诺", "en": "The platform kept its promise"}[lang])
    stands = MESSAGES["promise-stands"][lang == "en"].format(bid=bid)
    assert stands in said(page).values() and page.locator("#result .broken").count() == 0
    reader.look()
    reader.pictures("check-bundle")
