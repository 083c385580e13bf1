"""`sunseal serve` with custodians of its own: readers in both languages watch a tender close and open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signing.suite import SUNSEAL_1
from tests.browser.chromium import LANGUAGES, Reader
from tests.browser.conftest import Enter
from tests.browser.scenes import ITEMS, SUPPLIERS, dearer
from trading.client.agency import Agency
from trading.client.transport import HttpTransport
from trading.demo.parties import Enrolment
from trading.demo.platform import PlatformProcess
from trading.demo.source import Contract, SourceBid, SourceItem
from trading.demo.tender import DemoTender
from trading.portal import words

LEAD = timedelta(seconds=8)  # at least, to bid and to open the pages
BIDS = tuple(
    SourceBid(rank, name, "0.00", True, None, dearer(rank)) for rank, name in enumerate(SUPPLIERS, 1)
)
LINES = tuple(SourceItem(**each) for each in ITEMS)
CONTRACT = Contract("ZH-2026-0121", "县道 X583 路面养护", "县道养护", "CNY", "9000000.00", LINES, BIDS)


@dataclass(frozen=True)
class Live:
    """A platform's process with a tender that takes bids for a few seconds more."""

    address: str
    place: str
    deadline: datetime


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    platform, began = PlatformProcess(tmp_path), datetime.now(UTC)
    platform.start()
    try:
        platform.wait()
        enrolment = Enrolment(HttpTransport(platform.address), platform.token, "en")
        custodians = enrolment.custodians(platform.custodians_dir, "某县公路管理局")
        agency, suppliers = enrolment.agency("某县公路管理局"), enrolment.suppliers(SUPPLIERS)
        key = SUNSEAL_1.sealing_key(SUNSEAL_1.new_sealing_seed())
        client = Agency(agency.api, agency.key.signer, agency.key.roots)
        client.put_envelope_key(key.public)
        tender = DemoTender(CONTRACT, client, key, tmp_path, tmp_path / "out")
        tender.make_letters()
        tender.enter_project()
        now = datetime.now(UTC)
        soon = now + max(LEAD, now - began)  # more where everything takes longer
        deadline = soon.replace(microsecond=soon.microsecond // 1000 * 1000)
        tender.publish(deadline, "generic", custodians)
        for bid in BIDS:
            tender.bid(bid, suppliers[bid.bidder], datetime.now(UTC))
        yield Live(platform.address, f"/tenders/{tender.id}", deadline)
    finally:
        platform.stop()


def left(live: Live) -> float:
    """Seconds until the deadline."""
    return (live.deadline - datetime.now(UTC)).total_seconds()


def countdown(reader: Reader) -> int:
    """Seconds that the page's clock shows."""
    hours, minutes, seconds = reader.page.locator(".clock[data-until]").inner_text().split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + int(seconds)


@pytest.mark.slow
def test_readers_watch_from_the_countdown_to_the_record(enter: Enter, live: Live) -> None:
    readers = [enter(live.address, lang) for lang in LANGUAGES]
    for reader in readers:
        reader.open(f"{live.place}/opening", look=False)
        before, shown, after = left(live), countdown(reader), left(live)
        assert 0 < after - 2 < shown < before + 2, "counts by the server's clock"
        text = reader.page.locator("main").inner_text()
        assert not any(name in text for name in SUPPLIERS)
        reader.page.evaluate("window.here = true")
    for reader in readers:
        page = reader.page
        done = {"zh": "查看结果", "en": "See the results"}[reader.lang]
        page.get_by_role("link", name=done).wait_for(timeout=90_000)
        assert page.evaluate("window.here === true"), "shown without loading the page anew"
        assert page.locator(".clock").inner_text() == "3 / 3"
        story = page.locator(".story li").all_inner_texts()
        for act, times in {
            "tender.published": 1, "tender.closed": 1, "custody.released": 2, "opening.frozen": 1,
            "tender.opened": 1,
        }.items():  # fmt: skip
            said = words.ACTS[act][reader.lang == "en"]
            assert sum(each.startswith(said) for each in story) >= times, (act, story)
        reader.look()
        page.get_by_role("link", name=done).click()
        for name in SUPPLIERS:
            page.get_by_role("cell", name=re.compile(f"^{name}")).wait_for()
        reader.look()
