"""Before the deadline nobody learns who bids or how many do."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from signing import canonical
from signing.encoding import b64decode
from tests.functional.bidding import (
    bids_path,
    withdrawal,
    withdrawals,
)
from tests.functional.house import House, Tendering, Who, receipt_of, signed


def test_own_bids_are_nobody_elses(house: House, agency: Who, supplier: Who, tender: Tendering) -> None:
    sealed = house.bid(supplier, tender)
    other = house.enrol("supplier")
    assert house.own_bids(other, tender) == {}
    for part in ("receipt", "proofs"):
        path = f"{bids_path(tender)}/{sealed.bid}/{part}"
        house.refused("GET", path, None, None, "token-missing")
        for who in (agency, other):
            house.refused("GET", path, who, None, "bid-not-found")
    house.refused("GET", bids_path(tender), agency, None, "forbidden")
    house.refused("GET", bids_path(tender), None, None, "token-missing")
    path = f"{bids_path(tender)}/{sealed.bid}/proofs"
    house.refused("GET", path, supplier, None, "ledger-not-closed")


def every_view(house: House, tender: Tendering, known_bid: str) -> list[str]:
    """Each GET address of the API document, filled in with what an outsider may know."""
    values = {
        "tender": tender.id, "bid": known_bid, "project": tender.notice.project.id, "upload": "1" * 32,
        "name": "a.pdf", "sha256": tender.notice.digest, "organisation": tender.agency.id, "number": "0",
        "fingerprint": tender.agency.fingerprint, "custodian": tender.custodians[0].id, "token": "1" * 32,
    }  # fmt: skip
    document = house.call("GET", "/openapi.json").json
    paths = [path.format_map(values) for path, item in document["paths"].items() if "get" in item]
    return [
        *paths,
        "/log/entries?start=0&limit=100",
        f"/log/entries?tender={tender.id}",
        "/tenders?limit=200",
    ]


def test_nothing_tells_whether_anybody_has_bid(
    house: House, agency: Who, custodians: tuple[Who, ...], supplier: Who, tender: Tendering
) -> None:
    """Every view of the public, of another supplier, a custodian and the agency is the same to the byte
    before and after two suppliers upload, bid, replace and withdraw; headers and the log's size as well."""
    rival = house.enrol("supplier")
    observers = (None, rival, custodians[0], agency)
    sealed = house.seal(supplier, tender)

    def seen() -> dict[tuple[str, str], Any]:
        pages = itertools.product(every_view(house, tender, sealed.bid), observers)
        views = {}
        for path, who in pages:
            answer = house.call("GET", path, who, status="*")  # type: ignore[arg-type]
            views[path, who.role if who else "public"] = (
                answer.status, sorted(answer.headerlist), answer.body,
            )  # fmt: skip
        return views

    before = seen()
    house.upload(supplier, tender, sealed)
    house.submit(supplier, tender, sealed)
    second = house.bid(supplier, tender, replaces=sealed.bid)
    body = signed(*withdrawal(house, supplier, tender, second.bid))
    house.call("POST", withdrawals(tender), supplier, body, 201)
    house.bid(house_bidder(house), tender)
    after = seen()
    assert len(before) > 60 and before.keys() == after.keys()
    differing = [key for key in before if before[key] != after[key]]
    assert differing == []


_BIDDERS: dict[int, Who] = {}


def house_bidder(house: House) -> Who:
    """A supplier enrolled before the observation began: enrolling is another matter than bidding."""
    return _BIDDERS[id(house)]


@pytest.fixture(autouse=True, scope="module")
def _bidder(house: House) -> None:
    _BIDDERS[id(house)] = house.enrol("supplier")


def test_ids_and_receipts_do_not_count(house: House, supplier: Who, tender: Tendering) -> None:
    """What one supplier is given has the same form and length, whoever was first."""
    rival = house_bidder(house)
    answers = []
    for who in (supplier, rival):
        sealed = house.seal(who, tender)
        house.upload(who, tender, sealed)
        answers.append(house.submit(who, tender, sealed))
    statements = [json.loads(receipt_of(answer))["statement"] for answer in answers]
    assert statements[0].keys() == statements[1].keys()
    for member in ("tender", "policy", "type", "crl"):
        assert statements[0][member] == statements[1][member]
    lengths = [len(canonical.dumps(statement)) for statement in statements]
    assert lengths[0] == lengths[1]
    assert b64decode(answers[0]["receipt"]) != b64decode(answers[1]["receipt"])
