"""Before the deadline nobody learns from the platform who has bid, or how many; its log learns no secret."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from webtest import TestResponse

from bids.envelope import seal
from bids.manifest import Manifest
from bids.offer import build_offer
from bids.receipts import build_withdrawal
from signing.encoding import b64decode, b64encode, is_id, new_id
from tests.bids_factory import Memory, attach
from tests.functional.house import Sealed, Tendering, Who, signed
from tests.functional.opening_house import OpeningHouse
from trading.config import Settings
from trading.logs import set_up_logs

# Prices, names and contents that stand nowhere else.
PRICES = {"1": "7919.37", "2": "104729.11"}
FILE, CONTENT = "施工组织设计-绝密.pdf", b"%PDF-1.7 crane-plan-of-nobody-else"
# Whole numbers that may be in an answer: what was agreed or published, or the log's. No row has one.
NUMBERS = {
    "threshold", "minimum_bidders", "grace_seconds", "size", "start", "position", "log_position",
    "part_bytes", "parts", "have", "status", "limit", "next",
}  # fmt: skip


@dataclass
class Market:
    """A published tender, three suppliers who will bid, and those who look on."""

    house: OpeningHouse
    tender: Tendering
    bidders: list[Who]
    observers: dict[str, Who | str | None]


def market(house: OpeningHouse) -> Market:
    agency = house.enrol("agency")
    custodians = tuple(house.enrol("custodian") for _ in range(2))
    facts = {"scheme": "CN-USCC", "identifier": "WATCH", "name": "监督机构", "roles": ["supervisor"]}
    watching = house.call("POST", "/organisations", house.operator, facts, 201).json["id"]
    person = {"person": "监督员", "role": "supervisor", "days": 30}
    token = house.call("POST", f"/organisations/{watching}/tokens", house.operator, person, 201).json["token"]
    bidders = [house.enrol("supplier") for _ in range(3)]
    house.put_envelope_key(agency)
    tender = house.tender(agency, custodians)
    observers = {
        "public": None, "rival": house.enrol("supplier"), "agency": agency, "custodian": custodians[0],
        "supervisor": token, "operator": house.operator,
    }  # fmt: skip
    # What is due whether anybody bids or not is done: lists of revoked certificates, roots of enrolments.
    house.work()
    return Market(house, tender, bidders, observers)


def sealed_bid(market: Market, supplier: Who, replaces: str | None = None) -> Sealed:
    notice, memory = market.tender.notice, Memory()
    offer = build_offer(notice, PRICES, delivery_days=30)
    raw = seal(notice, supplier.id, new_id(), offer, [attach(FILE, CONTENT)], replaces, memory.write)
    return Sealed(Manifest.parse(raw), market.house.sign(supplier, raw), tuple(memory.objects.values()))


def withdraw(market: Market, supplier: Who, bid: str) -> TestResponse:
    raw = build_withdrawal(market.tender.id, market.tender.notice.policy.digest, supplier.id, bid, "不参加了")
    body = signed(raw, market.house.sign(supplier, raw))
    return market.house.call("POST", f"/tenders/{market.tender.id}/withdrawals", supplier, body, 201)


def bidding(market: Market, first: list[Sealed]) -> tuple[list[str], list[bytes]]:
    """Three suppliers bid; one replaces, one withdraws, one begins an upload that it never ends.

    Returns:
        The ids of uploads in the order they were begun, and all receipts.
    """
    house, tender = market.house, market.tender
    uploads: list[str] = []
    receipts: list[bytes] = []

    def hand_in(supplier: Who, sealed: Sealed) -> None:
        uploads.extend(house.upload_bytes(supplier, tender.id, data) for data in sealed.objects)
        receipts.append(b64decode(house.submit(supplier, tender, sealed)["receipt"]))

    for supplier, sealed in zip(market.bidders, first, strict=True):
        hand_in(supplier, sealed)
    hand_in(market.bidders[0], sealed_bid(market, market.bidders[0], replaces=first[0].bid))
    receipts.append(b64decode(withdraw(market, market.bidders[1], first[1].bid).json["receipt"]))
    begun = {"sha256": "ab" * 32, "size": 100}
    path = f"/tenders/{tender.id}/uploads"
    uploads.append(house.call("POST", path, market.bidders[2], begun, 201).json["id"])
    stale = signed(first[0].manifest.raw, first[0].signature)
    house.call("POST", f"/tenders/{tender.id}/bids", market.bidders[2], stale, 422)
    house.work()
    return uploads, receipts


def stand_still(house: OpeningHouse, monkeypatch: pytest.MonkeyPatch) -> Market:
    """A market in which time stands still, so that no answer differs by its time."""
    made = market(house)
    now = house.now()
    monkeypatch.setattr(house.clock, "moment", lambda _: now)
    return made


@pytest.fixture
def still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    house = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    yield stand_still(house, monkeypatch)
    house.close()


# --- what can be asked


def addresses(market: Market, bids: list[str], upload: str) -> list[str]:
    """Every GET address of the API document, filled in with the very ids, and with other questions."""
    tender = market.tender
    document = market.house.call("GET", "/openapi.json").json
    answers = []
    for bid in [*bids, "9" * 32]:
        values = {
            "tender": tender.id, "bid": bid, "project": tender.notice.project.id, "upload": upload,
            "name": "a.pdf", "sha256": tender.notice.digest, "organisation": tender.agency.id,
            "fingerprint": market.bidders[0].fingerprint, "number": "0", "authority": "parties",
            "supplier": market.bidders[0].id,
        }  # fmt: skip
        answers += [path.format_map(values) for path, item in document["paths"].items() if "get" in item]
    size = market.house.call("GET", "/log/entries?limit=500").json["entries"]
    more = [f"/organisations/{each.id}" for each in market.bidders]
    more += [f"/organisations/{each.id}/envelope-key" for each in market.bidders]
    more += [f"/tenders?state={state}" for state in ("published", "closed", "failed")]
    more += [f"/log/proof/inclusion?position={n}" for n in (0, len(size) - 1, len(size))]
    more += [f"/log/proof/consistency?old=1&new={len(size) + n}" for n in (0, 1)]
    more += [f"/log/checkpoint?size={len(size) + n}" for n in (0, 1)]
    more += [f"/log/entries?tender={tender.id}", "/log/entries?limit=500", "/tenders?limit=200"]
    more += [f"/tenders/{tender.id}/ledger?start={n}&limit=1" for n in (0, 1, 5)]
    return sorted({*answers, *more})


def seen(market: Market, where: list[str]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Status, headers and body of every address, for every observer."""
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    for name, who in market.observers.items():
        for path in where:
            answer = market.house.call("GET", path, who, status="*")  # type: ignore[arg-type]
            headers = sorted(each for each in answer.headerlist if each[0] != "Date")
            found[name, path] = (answer.status, headers, answer.body)
    return found


def test_no_view_of_anybody_changes_when_suppliers_bid(
    working_house: OpeningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = stand_still(working_house, monkeypatch)
    first = [sealed_bid(still, each) for each in still.bidders]
    bids = [each.bid for each in first]
    where = addresses(still, bids, "9" * 32)
    before = seen(still, where)
    checkpoint = still.house.call("GET", "/log/checkpoint").body

    _, receipts = bidding(still, first)

    after = seen(still, where)
    assert len(where) > 60 and before.keys() == after.keys()
    assert [key for key in before if before[key] != after[key]] == []
    assert still.house.call("GET", "/log/checkpoint").body == checkpoint
    assert len(receipts) == 5, "the bids were really received"


def test_the_very_upload_and_bid_of_another_are_as_if_they_were_not_there(still: Market) -> None:
    first = [sealed_bid(still, each) for each in still.bidders]
    uploads, _ = bidding(still, first)
    tender, house = still.tender, still.house
    nothing = "9" * 32
    for name, who in still.observers.items():
        for real, pattern in [
            *((upload, "/uploads/{}") for upload in uploads),
            *((each.bid, f"/tenders/{tender.id}/bids/{{}}/receipt") for each in first),
            *((each.bid, f"/tenders/{tender.id}/bids/{{}}/proofs") for each in first),
            *((each.bid, f"/tenders/{tender.id}/files/{{}}") for each in first),
        ]:
            one, other = (house.call("GET", pattern.format(id), who, status="*") for id in (real, nothing))  # type: ignore[arg-type]
            assert one.status_code >= 400, (name, pattern)
            assert (one.status, one.body) == (other.status, other.body), (name, pattern)


def test_the_same_ciphertext_announced_by_another_is_not_there(still: Market) -> None:
    first = [sealed_bid(still, each) for each in still.bidders]
    bidding(still, first)
    data = first[0].objects[0]
    announced = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    path = f"/tenders/{still.tender.id}/uploads"
    own = still.house.call("POST", path, still.bidders[0], announced, 200).json
    assert own["complete"], "it is there for whom it belongs to"
    rival = still.observers["rival"]
    new = still.house.call("POST", path, rival, announced, 201).json
    assert (new["have"], new["complete"]) == ([], False) and new["id"] != own["id"]


def test_before_the_deadline_ledger_closing_and_files_are_refused_alike(still: Market) -> None:
    bidding(still, [sealed_bid(still, each) for each in still.bidders])
    for part in ("ledger", "closing"):
        for who in still.observers.values():
            answer = still.house.call("GET", f"/tenders/{still.tender.id}/{part}", who, status=409)
            assert answer.json["code"] == "tender-not-closed"
    opening = still.house.call("GET", f"/tenders/{still.tender.id}/opening").json
    assert (opening.pop("state"), opening.pop("segment"), opening.pop("stages")) == ("published", "bid", [])
    assert opening.pop("threshold") == 2 and set(opening.values()) == {None}


def whole_numbers(value: Any, name: str = "") -> Iterator[str]:
    """The names of members that are whole numbers."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from whole_numbers(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from whole_numbers(member, name)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield name


def test_ids_and_receipts_count_nothing(still: Market) -> None:
    uploads, receipts = bidding(still, [sealed_bid(still, each) for each in still.bidders])
    assert all(map(is_id, uploads)) and len({each[:6] for each in uploads}) == len(uploads)
    assert uploads != sorted(uploads) and uploads != sorted(uploads, reverse=True)
    for receipt in receipts:
        assert list(whole_numbers(json.loads(receipt))) == [], "a receipt bears no number"
    own = [f"/tenders/{still.tender.id}/bids", *(f"/uploads/{each}" for each in uploads), "/me"]
    where = addresses(still, [], "9" * 32)
    for path in [*where, *own]:
        for who in (still.observers["rival"], still.bidders[0]):
            answer = still.house.call("GET", path, who, status="*")  # type: ignore[arg-type]
            # The document of the API and the notice are not made from rows.
            if "json" in answer.content_type and not path.endswith(("openapi.json", "notice.json")):
                assert set(whole_numbers(answer.json)) <= NUMBERS, path


# --- the process's own log


@contextmanager
def log_kept(level: str) -> Iterator[io.StringIO]:
    """What the platform says of itself at this level, set up as `sunseal serve` does."""
    root, kept = logging.getLogger(), io.StringIO()
    handlers, before, configured = root.handlers[:], root.level, structlog.get_config()
    set_up_logs(Settings(log_level=level), kept)
    try:
        yield kept
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)
        structlog.configure(**configured)


def secrets_of(house: OpeningHouse, people: list[Who]) -> list[str]:
    """Tokens, private keys in every spelling, and what stands in the offers."""
    hidden = [house.operator, *(each.token for each in people)]
    for each in people:
        der = each.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        number = each.key.private_numbers().private_value
        hidden += [b64encode(der)[40:100], der.hex()[60:140], f"{number:x}", str(number)]
        hidden += [b64encode(each.sealing_seed), each.sealing_seed.hex(), repr(each.sealing_seed)]
    hidden += [*PRICES.values(), FILE, CONTENT.decode(), b64encode(CONTENT)[:40]]
    return hidden + [json.dumps(FILE)[1:-1], "PRIVATE KEY"]


def misuse(market: Market) -> None:
    """What goes wrong in life: wrong tokens, bodies that are none, a token where it does not belong."""
    house, supplier, tender = market.house, market.bidders[0], market.tender
    house.call("GET", "/me", "sst_" + "w" * 43, status=401)
    house.call("POST", f"/tenders/{tender.id}/bids", supplier, {"document": supplier.token}, 400)
    body = signed(supplier.token.encode(), supplier.sealing_seed)
    house.call("POST", f"/tenders/{tender.id}/bids", supplier, body, 422)
    house.call("GET", f"/organisations/{supplier.token}", supplier, status="4*")  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["info", "debug"])
def test_the_log_holds_no_token_key_or_offer(tmp_path: Path, level: str) -> None:
    with log_kept(level) as kept:
        house = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}", log_level=level)
        made = market(house)
        people = [*made.bidders, *made.tender.custodians, made.tender.agency]
        start = kept.tell()
        uploads, _ = bidding(made, first := [sealed_bid(made, each) for each in made.bidders])
        misuse(made)
        before_closing = kept.getvalue()[start:]
        house.open(made.tender)
        house.award(made.tender, house.evaluate(made.tender)["winner"])
        house.package(made.tender)
        house.clock.ahead(timedelta(days=2))
        house.work()
        hidden = secrets_of(house, people)
        house.close()
    text = kept.getvalue()
    assert "closing:written" in text and "evidence:published" in text, "the log was really kept"
    assert [each for each in hidden if each in text] == []
    if level == "info":
        who_and_what = [*uploads, *(each.bid for each in first), *(each.id for each in made.bidders)]
        assert [each for each in who_and_what if each in before_closing] == []
        assert before_closing == "", "a line for each bid would count them"
