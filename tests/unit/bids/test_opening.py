"""Opening against hostile bidders, lying custodians and a careless platform: none stops the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bids.custody import check_release
from bids.errors import BidError
from bids.manifest import Manifest
from bids.offer import build_offer
from bids.opening import (
    Outcome,
    build_opening_record,
    frozen,
    open_bid,
    reason_text,
)
from bids.opening_record import OpeningRecord
from signing import canonical
from signing.encoding import b64encode
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.bids_factory import NOW, Bid, Tender, World
from tests.package_factory import Case

CONTENT_KEY = bytes(range(32))


def hostile(
    tender: Tender,
    *,
    plaintext: bytes | None = None,
    ciphertext: bytes | None = None,
    shares: Callable[[bytes, list[bytes]], list[bytes]] | None = None,
    sealed: Callable[[bytes, int, bytes], bytes] | None = None,
) -> Bid:
    """A bid whose public part its bidder made by hand and signed.

    `shares` deals the content key, given the context and the honest shares, and is committed to; `sealed`
    seals the share of custodian i, whatever was committed to.
    """
    bid = tender.seal(tender.world.suppliers[0])
    members = canonical.loads(bid.manifest.raw)
    part = next(one for one in members["parts"] if one["part"] == "public")
    context = bid.manifest.context("bid", "public")
    dealt = SUNSEAL_1.deal(CONTENT_KEY, 2, 3, context)
    dealt = dealt if shares is None else shares(context, dealt)
    if ciphertext is None:
        ciphertext = SUNSEAL_1.encrypt(plaintext or bid.offer, CONTENT_KEY, context, 0, True)
    part["objects"] = [{"sha256": canonical.digest(ciphertext), "size": len(ciphertext)}]
    part["share_digests"] = [canonical.digest(share) for share in dealt]
    part["sealed_shares"] = [
        b64encode(
            sealed(context, i, share)
            if sealed is not None
            else SUNSEAL_1.seal_share(tender.custodians[i - 1].sealing_key, context, i, share)
        )
        for i, share in enumerate(dealt, 1)
    ]
    raw = canonical.dumps(members)
    objects = {**bid.objects, "objects/bid-public-0": ciphertext}
    signature = bid.supplier.sign(raw, tender.notice.at)
    return replace(bid, manifest=Manifest.parse(raw), signature=signature, objects=objects)


def opened_beside_others(
    bid: Callable[[Tender], Bid], seed: int = 41, custodians: tuple[int, ...] = (0, 1, 2)
) -> Outcome:
    """The outcome of a hostile bid, after two honest ones opened beside it."""
    world = World(seed=seed)
    case = Case(world, bidders=0)
    made = case.tender.receive(bid(case.tender))
    for supplier in world.suppliers[1:]:
        case.tender.submit(supplier)
    case.close()
    case.release(custodians)
    case.open()
    mine, *others = case.outcomes
    assert mine.bid == made.id
    assert all(other.opened for other in others)
    return mine


# --- honest bids


@pytest.fixture(scope="module")
def case() -> Case:
    case = Case(World(seed=42))
    case.close()
    case.release()
    case.open()
    return case


def test_honest_bids_open_to_the_very_bytes_that_were_sealed(case: Case) -> None:
    for outcome, bid in zip(case.outcomes, case.tender.bids, strict=True):
        assert outcome.opened and outcome.fault is None and outcome.reason is None
        assert outcome.offer_raw == bid.offer
        assert outcome.offer == case.tender.offer(bid)
        assert outcome.recomputed is not None and not outcome.recomputed.corrections


@pytest.mark.parametrize("custodians", [(0, 1), (0, 2), (1, 2)])
def test_any_two_of_three_custodians_open_a_bid(case: Case, custodians: tuple[int, ...]) -> None:
    checked, trust = case.checked, case.tender.trust()
    releases = [check_release(case.releases[number], checked, trust) for number in custodians]
    for bid in checked.current:
        outcome = open_bid(bid, checked.policy, checked.notice, releases, case.ciphertext(bid.bid))
        assert outcome.opened


def test_one_custodian_of_one_opens_a_rehearsal() -> None:
    world = World(seed=43, custodians=1)
    case = Case(world, threshold=1, independent=False)
    case.close()
    case.release((0,), wait=0)
    case.open()
    assert all(outcome.opened for outcome in case.outcomes)


# --- what the platform did


def test_a_missing_ciphertext_is_the_platforms_fault(case: Case) -> None:
    checked, trust = case.checked, case.tender.trust()
    releases = [check_release(file, checked, trust) for file in case.releases]
    outcome = open_bid(checked.current[0], checked.policy, checked.notice, releases, None)
    assert (outcome.opened, outcome.fault, outcome.reason) == (False, "platform", "ciphertext-missing")
    assert outcome.offer is None and outcome.offer_raw is None


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data[:-1] + b"\0", lambda _: b""])
def test_an_altered_ciphertext_is_the_platforms_fault(case: Case, change: Callable[[bytes], bytes]) -> None:
    checked, trust = case.checked, case.tender.trust()
    releases = [check_release(file, checked, trust) for file in case.releases]
    bid = checked.current[0]
    ciphertext = case.ciphertext(bid.bid)
    assert ciphertext is not None
    outcome = open_bid(bid, checked.policy, checked.notice, releases, change(ciphertext))
    assert (outcome.fault, outcome.reason) == ("platform", "ciphertext-altered")


# --- what the bidder did


def test_dishonest_dealing_is_the_bidders_fault_whichever_shares_are_used() -> None:
    def other_polynomial(context: bytes, honest: list[bytes]) -> list[bytes]:
        return [*honest[:2], SUNSEAL_1.deal(bytes(32), 2, 3, context)[2]]

    for custodians in ((0, 1), (0, 2), (1, 2), (0, 1, 2)):
        outcome = opened_beside_others(
            lambda tender: hostile(tender, shares=other_polynomial), custodians=custodians
        )
        assert (outcome.fault, outcome.reason) == ("bidder", "dealing-dishonest")


def test_one_wrong_sealed_share_is_refused_and_the_bid_opens_by_the_others() -> None:
    def rubbish_for_the_first(context: bytes, i: int, share: bytes) -> bytes:
        return bytes(1169) if i == 1 else _sealed(tenders[0], context, i, share)

    tenders: list[Tender] = []

    def make(tender: Tender) -> Bid:
        tenders[:] = [tender]
        return hostile(tender, sealed=rubbish_for_the_first)

    outcome = opened_beside_others(make)
    assert outcome.opened
    # with the first and one other alone too few shares are left, and nobody can tell whose fault it is
    outcome = opened_beside_others(make, custodians=(0, 1))
    assert (outcome.fault, outcome.reason) == ("unknown", "shares-refused")


def _sealed(tender: Tender, context: bytes, i: int, share: bytes) -> bytes:
    return SUNSEAL_1.seal_share(tender.custodians[i - 1].sealing_key, context, i, share)


def test_rubbish_for_ciphertext_is_the_bidders_fault() -> None:
    size = SUNSEAL_1.ciphertext_length(100, True)
    outcome = opened_beside_others(lambda tender: hostile(tender, ciphertext=bytes(size)))
    assert (outcome.fault, outcome.reason) == ("bidder", "ciphertext-undecryptable")


def test_ciphertext_under_another_key_is_the_bidders_fault() -> None:
    def other_key(tender: Tender) -> Bid:
        context = b"{}"
        return hostile(tender, ciphertext=SUNSEAL_1.encrypt(b"{}", bytes(32), context, 0, True))

    assert opened_beside_others(other_key).reason == "ciphertext-undecryptable"


@pytest.mark.parametrize(
    ("plaintext", "reason"),
    [
        (b"not JSON", "offer-invalid:not-canonical"),
        (b"{}", "offer-invalid:wrong-type"),
        (b'{"currency":"CNY","type":"sunseal/offer/v1"}', "offer-invalid:member-missing"),
    ],
)
def test_what_is_no_offer_is_the_bidders_fault(plaintext: bytes, reason: str) -> None:
    outcome = opened_beside_others(lambda tender: hostile(tender, plaintext=plaintext))
    assert (outcome.opened, outcome.fault, outcome.reason) == (False, "bidder", reason)


def offer_with(change: Callable[[dict[str, Any]], None]) -> Callable[[Tender], Bid]:
    """A bid whose offer was changed before it was sealed."""

    def make(tender: Tender) -> Bid:
        members = canonical.loads(build_offer(tender.notice, tender.prices(tender.world.suppliers[0])))
        change(members)
        return hostile(tender, plaintext=canonical.dumps(members))

    return make


def drop_item(offer: dict[str, Any]) -> None:
    offer["items"].pop()


def swap_items(offer: dict[str, Any]) -> None:
    offer["items"].reverse()


def negative_price(offer: dict[str, Any]) -> None:
    offer["items"][0]["unit_price"] = "-1"


def absurd_price(offer: dict[str, Any]) -> None:
    offer["items"][0]["unit_price"] = "1" + "0" * 15


def other_currency(offer: dict[str, Any]) -> None:
    offer["currency"] = "USD"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (drop_item, "price-missing"),
        (swap_items, "offer-item-order"),
        (negative_price, "number-negative"),
        (absurd_price, "number-absurd"),
        (other_currency, "currency-differs"),
    ],
)
def test_an_offer_for_another_bill_of_quantities_is_the_bidders_fault(
    change: Callable[[dict[str, Any]], None], code: str
) -> None:
    outcome = opened_beside_others(offer_with(change))
    assert (outcome.fault, outcome.reason) == ("bidder", f"offer-invalid:{code}")


def test_a_wrong_total_opens_and_is_corrected_on_record() -> None:
    def too_low(offer: dict[str, Any]) -> None:
        offer["total"] = "1.00"
        offer["items"][0]["amount"] = "0.01"

    world = World(seed=44)
    case = Case(world, bidders=0)
    case.tender.receive(offer_with(too_low)(case.tender))
    case.close()
    case.release()
    case.open()
    record = OpeningRecord.parse(case.record)
    honest = case.tender.offer(case.tender.bids[0])
    row = record.bids[0]
    assert row.opened and row.total == honest.total and row.total != Decimal("1.00")
    corrections = row.announced["corrections"]
    assert [(one["field"], one["stated"]) for one in corrections] == [("amount", "0.01"), ("total", "1.00")]
    assert corrections[1]["corrected"] == str(honest.total)
    assert "item" not in corrections[1] and corrections[0]["item"] == "1"


# --- what custodians did


def test_a_lying_refusal_leaves_the_others_to_open(case: Case) -> None:
    world = World(seed=45)
    one = Case(world)
    one.close()

    def refuse_all(statement: dict[str, Any]) -> None:
        if statement["custodian"] == world.custodians[0].id:
            statement["shares"] = [
                {"bid": row["bid"], "part": row["part"], "refusal": "does-not-open"}
                for row in statement["shares"]
            ]

    one.release((0, 1, 2), change=refuse_all)
    one.open()
    assert all(outcome.opened for outcome in one.outcomes)


def test_two_lying_refusals_are_nobodys_proven_fault() -> None:
    world = World(seed=46)
    one = Case(world)
    one.close()
    victim = one.checked.current[1].bid

    def refuse_one(statement: dict[str, Any]) -> None:
        if statement["custodian"] != world.custodians[2].id:
            for row in statement["shares"]:
                if row["bid"] == victim:
                    for member in ("share", "share_sha256"):
                        row.pop(member, None)
                    row["refusal"] = "does-not-open"

    one.release((0, 1, 2), change=refuse_one)
    one.open()
    assert [(outcome.opened, outcome.fault) for outcome in one.outcomes] == [
        (True, None),
        (False, "unknown"),
        (True, None),
    ]


@pytest.mark.parametrize("x", [1, 0, 9])
def test_a_share_that_nobody_checked_is_the_custodians_fault(case: Case, x: int) -> None:
    checked, trust = case.checked, case.tender.trust()
    bid = checked.current[0]
    releases = [check_release(file, checked, trust) for file in case.releases[:2]]
    lie = replace(releases[0], shares={bid.bid: bytes(32) + bytes((x,))})
    outcome = open_bid(bid, checked.policy, checked.notice, [lie, releases[1]], case.ciphertext(bid.bid))
    assert (outcome.fault, outcome.reason) == ("custodian", "share-mismatch")


def test_too_few_releases_open_nothing(case: Case) -> None:
    checked, trust = case.checked, case.tender.trust()
    bid = checked.current[0]
    one = [check_release(case.releases[0], checked, trust)]
    for releases in ([], one, one * 2):
        outcome = open_bid(bid, checked.policy, checked.notice, releases, case.ciphertext(bid.bid))
        assert (outcome.fault, outcome.reason) == ("unknown", "shares-refused")


# --- freezing


@pytest.mark.parametrize(
    ("releases", "seconds", "wanted"),
    [(3, 0, True), (2, 9.999, False), (2, 10, True), (1, 1000, False), (0, 0, False)],
)
def test_the_set_freezes_when_all_are_in_or_enough_after_the_grace(
    releases: int, seconds: float, wanted: bool
) -> None:
    assert frozen(releases, 3, 2, NOW, 10, NOW + timedelta(seconds=seconds)) is wanted


# --- the record


def test_the_record_says_what_came_out_and_reads_back(case: Case) -> None:
    record = OpeningRecord.parse(case.record)
    assert (record.tender, record.closing) == (case.tender.id, case.checked.closing_digest)
    assert [row.bid for row in record.bids] == [bid.bid for bid in case.checked.current]
    for row, bid in zip(record.bids, case.tender.bids, strict=True):
        assert row.total == case.tender.offer(bid).total
        assert row.announced == {"delivery_days": 30}
        assert (row.segment, row.fault, row.reason) == ("bid", None, None)
    assert canonical.digest(record.raw) == record.digest


def test_a_failed_bid_has_fault_and_reason_and_no_total(case: Case) -> None:
    failed = Outcome("1" * 32, "2" * 32, False, fault="platform", reason="ciphertext-missing")
    notice = case.checked.notice
    statement = build_opening_record(case.tender.id, "0" * 64, [failed], notice, case.at)
    assert statement["bids"] == [
        {
            "bid": "1" * 32,
            "supplier": "2" * 32,
            "segment": "bid",
            "opened": False,
            "fault": "platform",
            "reason": "ciphertext-missing",
        }
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[0].pop("total"), "opening-row"),
        (lambda rows: rows[0].update(fault="bidder", reason="x"), "opening-row"),
        (lambda rows: rows[0].update(opened=False), "opening-row"),
        (lambda rows: rows.append(rows[0]), "bid-twice"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(
    case: Case, change: Callable[[list[dict[str, Any]]], None], code: str
) -> None:
    statement: dict[str, Any] = canonical.loads(canonical.dumps(canonical.loads(case.record)["statement"]))
    change(statement["bids"])
    file = sign_statement(statement, case.world.statement_signer, case.at)
    with pytest.raises(BidError) as caught:
        OpeningRecord.parse(file)
    assert caught.value.code == code and str(caught.value)


def test_reasons_have_words_in_both_languages() -> None:
    for reason in (
        "ciphertext-missing",
        "ciphertext-altered",
        "share-mismatch",
        "shares-refused",
        "dealing-dishonest",
        "ciphertext-undecryptable",
    ):
        assert reason_text(reason, "en") != reason
        assert reason_text(reason, "zh") != reason_text(reason, "en")
    assert reason_text("offer-invalid:price-missing", "en").endswith("(price-missing)")
    assert reason_text("something else", "zh") == "something else"
