"""The public log as anybody reads it, and what it never says."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bids.entries import Entry
from signing import merkle
from signing.encoding import b64decode
from signing.notes import NoteVerifier, parse_checkpoint, verify_proof
from tests.functional.house import House
from tests.functional.opening_house import OpeningHouse
from trading.accounts.services import bootstrap_operator
from trading.audit import private
from trading.audit.models import AddressSalt, LogEntry, PrivateAct
from trading.audit.services import AuditLog


def verifier(house: House) -> NoteVerifier:
    return NoteVerifier.from_vkey(house.call("GET", "/log/key").text.strip())


def leaves(house: House) -> list[bytes]:
    found: list[bytes] = []
    while page := house.call("GET", f"/log/entries?start={len(found)}&limit=7").json["entries"]:
        found += map(b64decode, page)
    return found


def grow(house: House, count: int) -> None:
    log = AuditLog(house.platform)
    for number in range(count):
        with house.platform.database.transaction() as session:
            digests = {"notice": hashlib.sha256(bytes([number])).hexdigest()}
            log.append(session, "tender.published", at=house.clock.now(session), digests=digests)


def test_every_entry_is_proved_at_every_size(house: House) -> None:
    grow(house, 9)
    raws, key = leaves(house), verifier(house)
    for size in range(1, len(raws) + 1):
        note = house.call("GET", f"/log/checkpoint?size={size}").body
        checkpoint = parse_checkpoint(note, key, house.platform.keys.log_origin)
        assert checkpoint.size == size
        assert checkpoint.root == merkle.root([merkle.leaf_hash(raw) for raw in raws[:size]])
        for position in (0, size // 2, size - 1):
            proof = house.call("GET", f"/log/proof/inclusion?position={position}&size={size}").body
            assert verify_proof(proof, raws[position], key, house.platform.keys.log_origin) == checkpoint


def test_the_log_is_shown_to_have_only_grown(house: House) -> None:
    grow(house, 6)
    hashes = [merkle.leaf_hash(raw) for raw in leaves(house)]
    for old in range(1, len(hashes) + 1):
        answer = house.call("GET", f"/log/proof/consistency?old={old}&new={len(hashes)}").json
        proof = [b64decode(each) for each in answer["hashes"]]
        before, now = merkle.root(hashes[:old]), merkle.root(hashes)
        merkle.verify_consistency(old, len(hashes), before, now, proof)


def test_a_checkpoint_of_a_size_is_always_the_same_bytes(house: House) -> None:
    grow(house, 3)
    size = len(leaves(house))
    first = house.call("GET", "/log/checkpoint").body
    grow(house, 3)
    assert house.call("GET", f"/log/checkpoint?size={size}").body == first
    assert house.call("GET", "/log/checkpoint").body != first


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/log/checkpoint?size=100000", "log-size-not-reached"),
        ("/log/checkpoint?size=-1", "request-invalid"),
        ("/log/checkpoint?size=99999999999999999999", "request-invalid"),
        ("/log/proof/inclusion?position=100000", "log-entry-not-found"),
        ("/log/proof/inclusion?position=5&size=5", "log-entry-not-found"),
        ("/log/proof/inclusion", "request-invalid"),
        ("/log/proof/consistency?old=1&new=100000", "log-size-not-reached"),
        ("/log/proof/consistency?old=3&new=2", "log-sizes-reversed"),
        ("/log/entries?limit=501", "request-invalid"),
        ("/log/entries?start=x", "request-invalid"),
    ],
)
def test_questions_without_an_answer_are_refused(house: House, path: str, code: str) -> None:
    grow(house, 5)
    house.refused("GET", path, None, None, code)


def test_an_act_that_tells_of_bids_is_no_public_one(house: House) -> None:
    size = len(leaves(house))
    with house.platform.database.transaction() as session, pytest.raises(ValueError, match="public log"):
        AuditLog(house.platform).append(session, "bid.received", at=house.now())
    assert len(leaves(house)) == size


def test_who_acts_is_named_and_from_where_only_by_a_salted_digest(house: House) -> None:
    bootstrap_operator(house.platform, "操作员", 1)
    house.enrol("agency")
    house.enrol("agency")
    entries = [Entry.parse(raw) for raw in leaves(house)]
    issued = [each for each in entries if each.act == "certificate.issued"]
    assert len(issued) >= 2
    assert all(each.who is not None and each.who.role == "agency" for each in issued)
    digests = [each.address for each in entries if each.address]
    assert len(set(digests)) == len(digests), "one machine's acts must not be linked"
    with house.platform.database.reading() as session:
        for each in issued:
            salt = session.get_one(AddressSalt, each.address)
            assert len(salt.salt) == 16
            assert hashlib.sha256(salt.salt + salt.address.encode()).hexdigest() == each.address
    public = b"".join(leaves(house)).decode()
    assert "127.0.0.1" not in public and "person of" not in public


def test_suppliers_leave_nothing_in_the_log_before_the_closing(working_house: OpeningHouse) -> None:
    house = working_house
    custodians = tuple(house.enrol("custodian") for _ in range(3))
    tender = house.tender(house.enrol("agency"), custodians)
    size = len(leaves(house))
    before = public_face(house, tender.id)
    suppliers = [house.enrol("supplier") for _ in range(2)]
    for supplier in suppliers:
        house.bid(supplier, tender)
    sealed = house.seal(suppliers[0], tender)
    house.submit(suppliers[0], tender, sealed, status="4*")  # type: ignore[arg-type]
    assert len(leaves(house)) == size
    assert public_face(house, tender.id) == before
    kept = private_acts(house)
    assert {each["organisation"] for each in kept if each["act"].startswith("bid.")} == {
        each.id for each in suppliers
    }


def public_face(house: House, tender: str) -> list[Any]:
    """All that a stranger can see of a tender."""
    paths = ("", "/notices", "/documents", "/sealing-policy", "/opening", "/ledger", "/closing", "/trust")
    answers = [house.call("GET", f"/tenders/{tender}{path}", None, None, "*") for path in paths]  # type: ignore[arg-type]
    return [(each.status_int, each.body, len(each.body)) for each in answers]


def private_acts(house: House) -> list[dict[str, Any]]:
    with house.platform.database.reading() as session:
        rows = session.scalars(select(PrivateAct)).all()
        return [
            {
                "act": row.act,
                "organisation": row.organisation_id,
                "address": row.address,
                "details": json.loads(row.details),
            }
            for row in rows
        ]


def test_refused_attempts_are_kept_with_person_and_reason(house: House) -> None:
    who = house.enrol("supplier")
    house.refused("POST", "/projects", who, {"number": "1", "title": "x"}, "forbidden")
    kept = [each for each in private_acts(house) if each["organisation"] == who.id]
    refused = [each for each in kept if each["act"] == "refused.forbidden"]
    assert len(refused) == 2, "asked in two languages"
    assert refused[0]["details"] == {"method": "POST", "route": "projects", "status": 403}


def test_a_refused_request_changes_nothing_else(house: House) -> None:
    size = len(leaves(house))
    house.refused("POST", "/organisations", house.operator, {"scheme": "x"}, "request-invalid")
    assert len(leaves(house)) == size


def test_a_readers_act_is_kept_though_readers_write_nothing(house: House) -> None:
    class Reading:
        method = "GET"
        platform = house.platform
        environ: dict[str, Any] = {}
        remote_addr = "192.0.2.7"

    with house.platform.database.reading() as session:
        private.record(session, "files.fetched", Reading(), None, {"bid": "x"})
    assert [each["address"] for each in private_acts(house) if each["act"] == "files.fetched"] == [
        "192.0.2.7"
    ]


def test_appends_from_many_threads_line_up(house: House) -> None:
    size = len(leaves(house))
    threads = [threading.Thread(target=grow, args=(house, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    raws = leaves(house)
    assert len(raws) == size + 20
    note = house.call("GET", "/log/checkpoint").body
    checkpoint = parse_checkpoint(note, verifier(house), house.platform.keys.log_origin)
    assert checkpoint.root == merkle.root([merkle.leaf_hash(raw) for raw in raws])


def test_a_rolled_back_act_leaves_no_gap(house: House) -> None:
    size = len(leaves(house))
    with pytest.raises(RuntimeError), house.platform.database.transaction() as session:
        AuditLog(house.platform).append(session, "tender.failed", at=house.now())
        raise RuntimeError("crash")
    grow(house, 1)
    with house.platform.database.reading() as session:
        positions = session.scalars(select(LogEntry.position).order_by(LogEntry.position)).all()
    assert positions == list(range(size + 1))


def test_times_in_the_log_are_the_databases(working_house: OpeningHouse) -> None:
    house = working_house
    house.clock.ahead(timedelta(days=40))
    grow(house, 1)
    assert abs(Entry.parse(leaves(house)[-1]).at - house.now()) < timedelta(seconds=10)
