"""Receipts for unlocking judged by whoever holds them: the secret must stand in the unlocking statement."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bids.errors import BidError
from bids.promise import Judgement
from bids.receipt_bundle import Kept, files_of, parse_receipt, read_bundle, write_bundle
from bids.receipt_readme import readme
from bids.tokens import imprint_of_file
from bids.unlock_receipts import UnlockReceipt, build_unlock_receipt
from signing import statements
from tests.bids_factory import World
from tests.bids_received import Bid
from tests.package_factory import Case, Change, unchanged
from tests.typescript.agreement import check_unlock_promise, judge
from tests.unlocking_factory import unlock


def receipt_for(case: Case, bid: Bid, at: datetime, stamp: bool = True) -> bytes:
    file = statements.sign_statement(build_unlock_receipt(bid.manifest, at), case.world.receipt_signer, at)
    return (
        statements.add_token(file, case.world.timestamps.stamp(imprint_of_file(file), at)) if stamp else file
    )


class Held:
    """A bidder who unlocked, and what the platform then said in public."""

    def __init__(self, seed: int, silent: bool = False, change: Change = unchanged) -> None:
        self.case = Case(World(seed=seed), 2, lock=True)
        self.case.close()
        self.case.release()
        self.bid = self.case.tender.bids[0]
        # The factory receives all secrets in the next second.
        self.receipt = receipt_for(self.case, self.bid, self.case.at + timedelta(seconds=1))
        unlock(self.case, {self.bid.id: (False, 0)} if silent else None, change=change)
        position = len(self.case.world.log_entries) - 1
        self.kept = Kept(
            self.receipt,
            self.bid.manifest.raw,
            unlocking=self.case.unlocking_file,
            entry=self.case.world.log_entries[position],
            entry_proof=self.case.world.proof(position),
        )

    def judged(self, **changes: Any) -> Judgement:
        found = judge(replace(self.kept, **changes), self.case.tender.trust())
        assert all(one.text("zh") and one.text("en") for one in found.findings)
        self.agree(replace(self.kept, **changes), failed(found))
        return found

    def agree(self, kept: Kept, reasons: dict[str, list[str]]) -> None:
        """The page says the same of what it is given; the log's proof it does not ask for."""
        if kept.unlocking is None or "unlock-promise-logged" in reasons:
            return
        roots = self.case.world.roots
        try:
            check_unlock_promise(kept.receipt, kept.document, kept.unlocking, roots)
        except BidError as error:
            assert [error.code] == next(iter(reasons.values()))
        else:
            assert not reasons


def failed(judgement: Judgement) -> dict[str, list[str]]:
    return {one.code: [each.code for each in one.reasons] for one in judgement.findings if one.ok is False}


@pytest.fixture(scope="module")
def honest() -> Held:
    return Held(201)


def test_a_promise_that_was_kept(honest: Held) -> None:
    found = honest.judged()
    assert found.verdict == "kept" and not failed(found)
    assert [one.code for one in found.findings if one.ok] == [
        "unlock-promise-receipt", "promise-token", "unlock-promise-statement", "unlock-promise-logged",
        "unlock-promise-stands",
    ]  # fmt: skip
    assert isinstance(found.receipt, UnlockReceipt) and found.receipt.bid == honest.bid.id
    # The file says itself what it is, from bytes and from what was read of it.
    again = UnlockReceipt.parse(statements.read_statement(honest.receipt, "sunseal/unlock-receipt/v1", True))
    assert again == parse_receipt(honest.receipt)


def test_what_is_missing_is_said_and_proves_nothing(honest: Held) -> None:
    bare = honest.judged(document=None, entry=None, receipt=receipt_for(
        honest.case, honest.bid, honest.case.frozen_at + timedelta(seconds=1), stamp=False
    ))  # fmt: skip
    open_ = {one.code for one in bare.findings if one.ok is None}
    assert open_ >= {"promise-no-document", "promise-no-token", "unlock-promise-not-logged"}
    early = honest.judged(unlocking=None)
    assert early.verdict == "open" and early.findings[-1].code == "unlock-promise-not-ended"


def _silent(statement: dict[str, Any]) -> None:
    """As the factory says it."""


def _left_out(statement: dict[str, Any]) -> None:
    del statement["bids"][0]


def _other_secret(statement: dict[str, Any]) -> None:
    statement["bids"][0]["secret"] = statement["bids"][1]["secret"]


def _later(statement: dict[str, Any]) -> None:
    statement["bids"][0]["received_at"] = statement["until"]


@pytest.mark.parametrize(
    ("silent", "change", "reason"),
    [
        (True, _silent, "unlock-promise-silent"),
        (False, _left_out, "unlock-promise-missing"),
        (False, _other_secret, "unlock-promise-differs"),
        (False, _later, "unlock-promise-differs"),
    ],
)
def test_a_secret_that_the_statement_lacks_is_proved(silent: bool, change: Change, reason: str) -> None:
    held = Held(202, silent, change)
    found = held.judged()
    assert (found.verdict, failed(found)) == ("broken", {"unlock-promise-stands": [reason]})
    # The supervisor gets one file, and judges it without trusting whoever hands it in.
    sink = io.BytesIO()
    write_bundle(sink, files_of(held.kept, readme()))
    (again,) = read_bundle(sink)
    assert again == held.kept
    assert judge(again, held.case.tender.trust()).verdict == "broken"


def test_a_receipt_from_outside_of_the_window_is_no_excuse_and_no_proof() -> None:
    held = Held(203, silent=True)
    late = held.case.frozen_at + timedelta(minutes=31)
    found = held.judged(receipt=receipt_for(held.case, held.bid, late))
    assert found.verdict == "broken"
    assert failed(found)["unlock-promise-statement"] == ["unlock-receipt-outside"]
    # Where all stands but for the time that the platform names, one of its two statements is false.
    shifted = Held(204, change=lambda statement: statement.update(opened_at=statement["until"]))
    told = shifted.judged()
    assert (told.verdict, failed(told)) == ("open", {"unlock-promise-statement": ["unlock-receipt-outside"]})


def test_forged_accusations_are_recognised(honest: Held) -> None:
    case, stranger = honest.case, Held(205, silent=True)
    second = case.tender.bids[1]
    other = case.world.tender(lock=True)
    elsewhere = case.world.state(
        {**statements.read_statement(case.unlocking_file, "sunseal/unlocking/v1").statement,
         "tender": other.id}, case.at,
    )  # fmt: skip
    own_hand = statements.sign_statement(
        build_unlock_receipt(second.manifest, case.frozen_at), case.world.suppliers[1].signer, case.frozen_at
    )
    secret = case.unlocking_file.index(b'"secret":"') + 10
    silenced = case.unlocking_file[:secret] + b"AAAA" + case.unlocking_file[secret + 4 :]
    for changes, code, reason in (
        # A receipt that was changed, is of another platform, or that the bidder signed itself.
        ({"receipt": honest.receipt.replace(honest.bid.id.encode(), b"0" * 32)},
         "unlock-promise-receipt", "signature-invalid"),
        ({"receipt": stranger.receipt}, "unlock-promise-receipt", "certificate-untrusted"),
        ({"receipt": own_hand}, "unlock-promise-receipt", "certificate-wrong-authority"),
        # A genuine receipt beside the manifest of another bid.
        ({"document": second.manifest.raw}, "unlock-promise-receipt", "receipt-mismatch"),
        # A statement that was changed, is of another platform or tender.
        ({"unlocking": silenced}, "unlock-promise-statement", "signature-invalid"),
        ({"unlocking": stranger.case.unlocking_file}, "unlock-promise-statement", "certificate-untrusted"),
        ({"unlocking": elsewhere}, "unlock-promise-statement", "unlocking-other-tender"),
    ):  # fmt: skip
        found = honest.judged(**changes)
        assert found.verdict == "nothing" and reason in failed(found)[code], (code, failed(found))


def test_a_statement_that_is_not_in_the_log_leaves_it_open(honest: Held) -> None:
    log = honest.case.world.log_entries
    found = honest.judged(entry=log[0], entry_proof=honest.case.world.proof(0))
    assert (found.verdict, failed(found)) == ("open", {"unlock-promise-logged": ["unlocking-not-logged"]})


def test_a_time_stamp_has_to_hold(honest: Held) -> None:
    bare = receipt_for(honest.case, honest.bid, honest.case.frozen_at + timedelta(seconds=1), stamp=False)
    token = honest.case.world.timestamps.stamp(bytes(32), honest.case.at)
    wrong = honest.judged(receipt=statements.add_token(bare, token))
    assert failed(wrong) == {"promise-token": ["signature-invalid"]}


def test_times_agree() -> None:
    case = Case(World(seed=206), 1, lock=True)
    bid = case.tender.bids[0]
    statement = build_unlock_receipt(bid.manifest, case.world.now)
    statement["received_at"] = "2030-01-01T00:00:00.000Z"
    file = statements.sign_statement(statement, case.world.receipt_signer, case.world.now)
    with pytest.raises(BidError) as caught:
        UnlockReceipt.parse(file)
    assert caught.value.code == "receipt-before-receiving"
