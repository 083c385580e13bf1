"""A supplier's pages: sealing a bid, and receipts, which nobody else ever sees."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from signing.encoding import b64decode, new_id
from tests.functional.bidding import withdrawal, withdrawals
from tests.functional.house import House, Tendering, Who, signed
from tests.functional.test_sign_in import Reader
from trading.web.pages import STATIC, asset_digest, assets

pytestmark = pytest.mark.one_database


@pytest.fixture
def tender(house: House, custodians: tuple[Who, ...]) -> Tendering:
    return house.tender(house.enrol("agency"), custodians)


def signed_in(house: House, who: Who, lang: str = "zh") -> Reader:
    reader = Reader(house, lang)
    reader.settle(reader.invited([who.role], "投标员", who.id), f"bidder.{new_id()[:8]}")
    return reader


def test_the_page_shows_the_bill_and_the_programs_digest(house: House, tender: Tendering) -> None:
    supplier = house.enrol("supplier")
    for lang, said in (("zh", "密封、签名并递交"), ("en", "Seal, sign and hand in")):
        page = signed_in(house, supplier, lang).get(f"/tenders/{tender.id}/bid").text
        assert said in page and "沥青面层" in page
        assert all(f'data-number="{item.number}"' in page for item in tender.notice.items)
        bundle = (STATIC / "built" / assets()["bid.js"]).read_bytes()
        assert asset_digest("bid.js") == hashlib.sha256(bundle).hexdigest() in page
        assert assets()["bid.js"] in page
    assert assets()["bid.js"] not in Reader(house).get(f"/tenders/{tender.id}").text


def test_own_bids_and_their_receipts(house: House, tender: Tendering) -> None:
    supplier = house.enrol("supplier")
    first = house.bid(supplier, tender)
    second = house.bid(supplier, tender, replaces=first.bid)
    reader = signed_in(house, supplier)
    page = reader.get(f"/tenders/{tender.id}/bid").text
    assert page.index(second.bid) < page.index(first.bid) and f'data-current="{second.bid}"' in page
    receipt = reader.get(f"/tenders/{tender.id}/bids/{first.bid}").text
    assert "已替换" in receipt and first.manifest.digest in receipt
    file = reader.get(f"/tenders/{tender.id}/bids/{first.bid}/receipt.json")
    told = house.call("GET", f"/tenders/{tender.id}/bids/{first.bid}/receipt", supplier).json["file"]
    assert file.body == b64decode(told) and "attachment" in file.headers["Content-Disposition"]
    reader.get(f"/tenders/{tender.id}/bids/{first.bid}/withdrawal-receipt.json", status=404)
    taken_back = signed(*withdrawal(house, supplier, tender, second.bid))
    house.call("POST", withdrawals(tender), supplier, taken_back, 201)
    page = reader.get(f"/tenders/{tender.id}/bid").text
    assert "已撤回" in page and 'data-current=""' in page and 'id="withdrawal"' not in page
    taken = reader.get(f"/tenders/{tender.id}/bids/{second.bid}/withdrawal-receipt.json")
    assert b"withdrawal" in taken.body


def test_nobody_else_sees_them(house: House, tender: Tendering) -> None:
    bid = house.bid(house.enrol("supplier"), tender).bid
    other = signed_in(house, house.enrol("supplier"))
    assert bid not in other.get(f"/tenders/{tender.id}/bid").text
    for more in ("", "/receipt.json", "/withdrawal-receipt.json"):
        other.get(f"/tenders/{tender.id}/bids/{bid}{more}", status=404)
    for who in (tender.agency, tender.custodians[0]):
        reader = signed_in(house, who)
        for place in ("bid", f"bids/{bid}", f"bids/{bid}/receipt.json"):
            reader.get(f"/tenders/{tender.id}/{place}", status="4*")
    to = Reader(house).get(f"/tenders/{tender.id}/bid", status=303).location
    assert "/sign-in?next=" in to
    Reader(house).get(f"/tenders/{tender.id}/bids/{bid}", status=404)


def test_after_the_deadline_no_program_is_loaded(house: House, tender: Tendering) -> None:
    supplier = house.enrol("supplier")
    bid = house.bid(supplier, tender).bid
    reader = signed_in(house, supplier)
    with house.later(timedelta(hours=1, seconds=5)):
        page = reader.get(f"/tenders/{tender.id}/bid").text
    assert "现在不接受投标" in page and bid in page and assets()["bid.js"] not in page
