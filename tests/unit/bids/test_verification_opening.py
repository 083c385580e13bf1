"""The verifier against a dishonest platform that holds every statement key: record and releases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bids import package as names
from bids.entries import build_entry
from signing.statements import read_statement
from tests.bids_factory import World
from tests.package_checks import (
    Package,
    caught,
    check,
    without,
)
from tests.package_factory import Case


@pytest.fixture
def case() -> Case:
    return Case(World(seed=61))


# --- the dishonest platform: opening record


def forged_record(case: Case, change: Callable[[dict[str, Any]], None]) -> bytes:
    case.close()
    case.release()
    case.open(change)
    case.evaluate()
    case.award()
    return case.package()


def leave_out_a_bid(record: dict[str, Any]) -> None:
    record["bids"].pop(0)


def invent_a_bid(record: dict[str, Any]) -> None:
    record["bids"].append({**record["bids"][0], "bid": "f" * 32})


def other_total(record: dict[str, Any]) -> None:
    record["bids"][0]["total"] = "1.00"


def other_announcement(record: dict[str, Any]) -> None:
    record["bids"][0]["announced"]["delivery_days"] = 29


def false_would_not_open(record: dict[str, Any]) -> None:
    row = record["bids"][0]
    del row["total"], row["announced"]
    row.update(opened=False, fault="bidder", reason="dealing-dishonest")


def swapped_rows(record: dict[str, Any]) -> None:
    record["bids"].reverse()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (leave_out_a_bid, "record-bid-missing"),
        (invent_a_bid, "record-bid-unknown"),
        (other_total, "record-differs"),
        (other_announcement, "record-differs"),
        (false_would_not_open, "record-differs"),
        (swapped_rows, "record-order"),
    ],
)
def test_a_record_that_does_not_follow_is_caught(
    case: Case, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    caught(case, forged_record(case, change), "verify-record-rows", reason, "opening-record.json")


def test_a_false_would_not_open_is_caught_also_without_the_offer(case: Case) -> None:
    case.close()
    case.release()
    case.open(false_would_not_open)
    case.evaluate({}, change=lambda evaluation: None)
    case.award()
    offer = names.offer_name(case.outcomes[0].bid, "bid")
    data = case.package(change=without(offer))
    caught(case, data, "verify-record-rows", "record-differs", "opening-record.json")
    caught(case, data, "verify-opened-again", "file-missing", offer)


def test_hiding_the_ciphertext_only_blames_the_platform(case: Case) -> None:
    case.close()
    case.release()
    case.open(false_would_not_open)
    case.evaluate()
    case.award()
    bid = case.outcomes[0].bid
    hide = without(names.offer_name(bid, "bid"), names.sealed_name(bid, "bid"))
    caught(case, case.package(change=hide), "verify-record-rows", "record-differs")


def test_an_offer_other_than_the_sealed_one_is_caught(case: Case) -> None:
    case.run()
    name = names.offer_name(case.tender.bids[0].id, "bid")

    def change(files: Package) -> None:
        files[name] = files[name].replace(b'"delivery_days":30', b'"delivery_days":31')

    caught(case, case.package(change=change), "verify-opened-again", "offer-differs", name)


def test_an_offer_of_a_bid_that_does_not_open_is_caught(case: Case) -> None:
    case.close()
    lost = case.checked.current[0].bid
    case.ciphertexts = {lost: None}
    case.release()
    case.open()
    case.evaluate()
    case.award()
    name = names.offer_name(lost, "bid")
    offer = case.tender.bids[0].offer
    data = case.package(change=lambda files: files.update({name: offer}))
    caught(case, data, "verify-opened-again", "offer-not-opened", name)


def test_a_record_for_another_closing_is_caught(case: Case) -> None:
    data = forged_record(case, lambda record: record.update(closing="0" * 64))
    caught(case, data, "verify-record-signed", "record-other-closing", "opening-record.json")


def test_a_record_other_than_the_logged_one_is_caught(case: Case) -> None:
    case.run()
    statement = read_statement(case.record, "sunseal/opening-record/v1").statement
    second = case.world.state({**statement, "at": "2026-06-01T02:30:00.000Z"}, case.at)
    data = case.package(change=lambda files: files.update({"opening-record.json": second}))
    caught(case, data, "verify-record-logged", "entry-digest", "opening-record.json")


def test_a_record_from_before_the_freezing_is_caught(case: Case) -> None:
    case.close()
    case.release()
    frozen = case.world.log_entries[-1]
    case.open()
    case.evaluate()
    case.award()
    # Given: the platform logs the freezing again, in an order of its own
    del case.world.log_entries[case.world.log_entries.index(frozen)]
    rebuilt = case.world.log_entries[:]
    case.world.log_entries.clear()
    case.world.log_tree = type(case.world.log_tree)()
    for entry in [*rebuilt, frozen]:
        case.world.log(entry)
    caught(case, case.package(), "verify-record-logged", "entry-order", "log/entries.jsonl")


# --- the dishonest platform: releases


def test_a_release_dropped_from_the_frozen_set_is_caught(case: Case) -> None:
    case.close()
    case.release((0, 1, 2), keep=(0, 1))
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-releases-all", "release-left-out", "log/entries.jsonl")


def one_twice(frozen: dict[str, Any]) -> None:
    frozen["releases"][1] = frozen["releases"][0]


def only_one(frozen: dict[str, Any]) -> None:
    del frozen["releases"][1:]


def other_closing(frozen: dict[str, Any]) -> None:
    frozen["closing"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (one_twice, "release-set-twice"),
        (only_one, "release-set-early"),
        (other_closing, "release-set-other"),
    ],
)
def test_a_frozen_set_that_cannot_be_is_caught(
    case: Case, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    case.close()
    case.release(frozen=change)
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", reason, "log/entries.jsonl")


def test_a_set_frozen_before_the_grace_has_passed_is_caught(case: Case) -> None:
    case.close()
    case.release((0, 1), wait=1)
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", "release-set-early", "log/entries.jsonl")


def test_a_set_frozen_twice_or_never_is_caught(case: Case) -> None:
    case.close()
    case.release()
    case.release()
    case.open()
    case.evaluate()
    case.award()
    caught(case, case.package(), "verify-frozen-set", "entry-twice", "log/entries.jsonl")
    never = Case(World(seed=69))
    never.close()
    caught(never, never.package(), "verify-frozen-set", "entry-missing", "log/entries.jsonl")


def test_a_frozen_entry_without_its_statement_is_caught(case: Case) -> None:
    case.close()
    case.log("opening.frozen", {})
    caught(case, case.package(), "verify-frozen-set", "entry-statement", "log/entries.jsonl")


def test_another_release_than_the_frozen_one_is_caught(case: Case) -> None:
    case.run()
    name = names.share_name("bid", case.world.custodians[0].id)
    second = case.signed_release(0)
    data = case.package(change=lambda files: files.update({name: second}))
    caught(case, data, "verify-releases", "release-not-frozen", name)


def test_a_release_that_the_platform_signed_itself_is_caught(case: Case) -> None:
    case.close()
    case.release()
    statement = read_statement(case.releases[0], "sunseal/release/v1").statement
    case.releases[0] = case.world.state(statement, case.at)
    name = names.share_name("bid", case.world.custodians[0].id)
    data = case.package()
    caught(case, data, "verify-releases", "certificate-wrong-authority", name)


def test_whose_fault_it_appears_to_be_is_named(case: Case) -> None:
    """One hands in what is refused before it is right, one says of a bid's shares that they do not open."""
    liar, clumsy = case.world.custodians[1:]
    who = {"person": clumsy.id, "organisation": clumsy.id, "role": "custodian"}
    case.close()
    refused = build_entry(
        at=case.later(), act="custody.refused", tender=case.tender.id, who=who, digests={"release": "0" * 64}
    )
    case.world.log(refused)

    def lie(statement: dict[str, Any]) -> None:
        if statement["custodian"] == liar.id:
            rows = statement["shares"]
            rows[:2] = [{**place(row), "refusal": "does-not-open"} for row in rows[:2]]

    def place(row: dict[str, str]) -> dict[str, str]:
        return {"bid": row["bid"], "part": row["part"]}

    case.release(change=lie)
    case.open()
    assert all(outcome.opened for outcome in case.outcomes), "two shares are enough"
    case.evaluate()
    case.award()
    report = check(case.package(), case.world)
    said = {one.code: (one.ok, one.params.get("names", "")) for one in report.findings}
    called = {one.id: one.name for one in case.checked.policy.custodians}
    assert report.ok and "verify-releases-absent" not in said
    assert said["verify-releases-refused"] == (None, called[clumsy.id])
    assert said["verify-releases-kept-back"] == (None, f"{called[liar.id]} (2)")
