"""Everything that anybody can reach is the same for a tender with no bid, with one, and with seven."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from bids.notice import Notice
from tests.functional.house import House, Tendering, Who
from tests.functional.opening_house import OpeningHouse
from tests.functional.permission_scene import doors

BIDS = (0, 1, 7)
ROLES = (
    "public",
    "operator",
    "agency",
    "agency of others",
    "supplier",
    "custodian",
    "supervisor",
    "evaluator",
)
DOCUMENT = "招标文件.pdf"
# What two tenders of one kind must differ in: ids, digests, signatures, times, places in the log.
_DIFFERENT = (
    (re.compile(r"[0-9a-f]{32,64}"), "HEX"),
    (re.compile(r"[A-Za-z0-9+/]{60,}={0,2}"), "BASE64"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\d{4}年\d+月\d+日 \d\d:\d\d(:\d\d)?"), "TIME"),
    (re.compile(r'data-(now|until)="\d+"'), "CLOCK"),
    (re.compile(r"P-HEX|P-[0-9a-f]{8}"), "PROJECT"),
    (re.compile(r"(log|日志|position\D{1,4}|_position\D{1,4}|class=\"num quiet\">)\s*\d+"), "PLACE"),
    (re.compile(r"data-ago=\"\d+\"|\d+ (秒|seconds?|minutes?|分钟)"), "AGO"),
)
_LINK = re.compile(r'(?:href|action|data-live)="(/[^"#]*)')
_HEADERS = ("content-type", "cache-control", "vary", "content-disposition", "etag", "accept-ranges", "link")


@dataclass(frozen=True)
class Market:
    """Three tenders alike with their bids in, and a token for everybody who looks on."""

    house: House
    tenders: tuple[Tendering, ...]
    tokens: dict[str, str | None]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    folder: Path = tmp_path_factory.mktemp("market")
    house = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}", validate_responses=False)
    agency = house.enrol("agency")
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    suppliers = [house.enrol("supplier") for _ in range(max(BIDS) + 1)]
    tenders = tuple(_tender(house, agency, custodians) for _ in BIDS)
    for tender, count in zip(tenders, BIDS, strict=True):
        for supplier in suppliers[:count]:
            house.bid(supplier, tender)
        if count > 1:  # and all else that bidders do
            house.upload_bytes(suppliers[-2], tender.id, b"on its way")
            leaver = house.enrol("supplier")
            house.withdraw(leaver, tender, house.bid(leaver, tender))
    tokens: dict[str, str | None] = {
        "public": None,
        "operator": house.operator,
        "agency": agency.token,
        "agency of others": house.enrol("agency").token,
        "supplier": suppliers[-1].token,
        "custodian": custodians[0].token,
        "supervisor": _watcher(house, "supervisor"),
        "evaluator": _watcher(house, "evaluator"),
    }
    yield Market(house, tenders, tokens)
    house.close()


def _tender(house: House, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    id_ = house.draft(agency, custodians, title="同样的标段")["id"]
    house.call("PUT", f"/tenders/{id_}/documents/{DOCUMENT}", agency, b"%PDF-1.7", 201)
    for custodian in custodians:
        house.hand_in_key(custodian, id_)
    raw, signature = house.notice(agency, id_)
    house.publish(agency, id_, raw, signature)
    return Tendering(id_, agency, custodians, Notice.parse(raw), signature, {})


def _watcher(house: House, role: str) -> str:
    facts = {"scheme": "XWATCH", "identifier": role, "name": role, "roles": [role]}
    place = house.call("POST", "/organisations", house.operator, facts, 201).json["id"]
    person = {"person": role, "role": role, "days": 30}
    made = house.call("POST", f"/organisations/{place}/tokens", house.operator, person, 201)
    return str(made.json["token"])


def _addresses(market: Market, tender: Tendering) -> set[str]:
    """Every address of the router that reads something of this tender."""
    filled = {
        "tender": tender.id,
        "name": quote(DOCUMENT),
        "sha256": tender.notice.digest,
        "bid": "0" * 32,
        "upload": "0" * 32,
        "organisation": tender.agency.id,
        "project": tender.notice.project.id,
    }
    found = {
        "/", "/desk", "/tenders", f"/log?tender={tender.id}", f"/api/v1/log/entries?tender={tender.id}",
        *(f"/supervision/acts?tender={tender.id}{act}" for act in ("", "&act=bid.received", "&act=refused")),
    }  # fmt: skip
    for door in doors(market.house):
        names = set(re.findall(r"{(\w+)", door.pattern))
        if door.method == "GET" and "tender" in names and names <= filled.keys():
            found.add(re.sub(r"{(\w+)[^}]*}", lambda name: filled[name[1]], door.pattern))
    return found


def _read(market: Market, role: str, tender: Tendering) -> dict[str, str]:
    """What the role gets at each address of the tender, and at each that a page of it leads to."""
    token, seen = market.tokens[role], {}
    headers = {"Accept": "text/html,application/json;q=0.9,*/*;q=0.8", "Accept-Language": "zh-CN"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    waiting = _addresses(market, tender)
    while waiting:
        address = waiting.pop()
        market.house.app.reset()  # a link to the other language is remembered by a cookie
        answer = market.house.app.get(address, headers=headers, expect_errors=True)
        told = "".join(f"{name}: {answer.headers.get(name, '')}\n" for name in _HEADERS)
        # The agency's signature of its notice: random, with the second it was made in.
        signature = answer.content_type == "application/pkcs7-signature"
        body = "SIGNATURE" if signature else answer.body.decode("utf-8", "replace")
        seen[_same(address)] = _same(f"{answer.status}\n{told}\n{body}")
        if answer.content_type == "text/html":
            links = {link.replace("&amp;", "&") for link in _LINK.findall(body)}
            waiting |= {link for link in links if tender.id in link} - {address} - _known(seen, links)
    return seen


def _known(seen: dict[str, str], links: set[str]) -> set[str]:
    return {link for link in links if _same(link) in seen}


def _same(text: str) -> str:
    for pattern, word in _DIFFERENT:
        text = pattern.sub(word, text)
    return text


@pytest.mark.parametrize("role", ROLES)
def test_nothing_tells_how_many_have_bid(market: Market, role: str) -> None:
    none, one, seven = (_read(market, role, tender) for tender in market.tenders)
    assert len(none) > 20
    for other in (one, seven):
        assert other.keys() == none.keys()
        for address, text in none.items():
            assert other[address] == text, address


def test_the_comparison_sees_a_bid(market: Market) -> None:
    """Who has bid sees it: what is compared is not blind."""
    none, one, _ = market.tenders
    bidder = market.house.enrol("supplier")
    market.house.bid(bidder, one)
    blind = Market(market.house, market.tenders, {"supplier": bidder.token})
    assert _read(blind, "supplier", one) != _read(blind, "supplier", none)
