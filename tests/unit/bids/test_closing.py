"""Closing statements: never early, this tender's ledger, the checkpoint verbatim."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bids.closing import Closing
from signing.notes import NoteVerifier, parse_checkpoint, verify_proof, vkey_for
from signing.statements import read_statement
from tests.bids_factory import World, refused

WORLD = World(1)
TENDER = WORLD.tender()
BID = TENDER.submit(WORLD.suppliers[0])
CLOSING = TENDER.close()


def test_members() -> None:
    assert CLOSING.raw == TENDER.closing_file
    assert (CLOSING.tender, CLOSING.policy) == (TENDER.id, TENDER.notice.policy.digest)
    assert CLOSING.at == CLOSING.deadline == TENDER.notice.deadline
    assert CLOSING.log == WORLD.log_origin
    assert CLOSING.ledger_origin == TENDER.origin
    assert CLOSING.checkpoint == TENDER.ledger_checkpoint
    again = Closing.parse(read_statement(CLOSING.raw, "sunseal/closing/v1"))
    assert again == CLOSING


def test_its_checkpoint_is_that_of_the_ledger_and_itself_is_in_the_log() -> None:
    ledger = NoteVerifier.from_vkey(vkey_for(CLOSING.ledger_origin, WORLD.log_key.public_key()))
    checkpoint = parse_checkpoint(CLOSING.checkpoint, ledger, CLOSING.ledger_origin)
    assert (checkpoint.size, checkpoint.root) == (1, TENDER.tree.root())
    log = NoteVerifier.from_vkey(WORLD.log_signer.vkey)
    assert verify_proof(TENDER.closing_proof, TENDER.closing_entry, log, WORLD.log_origin).size == 2


def test_never_before_the_deadline() -> None:
    with refused("closing-early"):
        TENDER.closing_statement(at=TENDER.notice.deadline - timedelta(milliseconds=1))
    early: dict[str, Any] = {**TENDER.closing_statement(), "at": "2026-06-01T01:59:59.999Z"}
    with refused("closing-early"):
        Closing.parse(WORLD.state(early, TENDER.notice.deadline))


def test_another_ledgers_checkpoint() -> None:
    other = WORLD.tender()
    with refused("closing-origin", wanted=TENDER.origin):
        TENDER.closing_statement(checkpoint=other.ledger_checkpoint)
    forged: dict[str, Any] = {**TENDER.closing_statement(), "tender": other.id}
    with refused("closing-origin", wanted=other.origin):
        Closing.parse(WORLD.state(forged, TENDER.notice.deadline))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"checkpoint": ""}, "form-text"),
        ({"checkpoint": "x\x00"}, "form-printable"),
        ({"policy": "x"}, "form-digest"),
        ({"deadline": "soon"}, "form-time"),
        ({"reason": "x"}, "member-unknown"),
    ],
)
def test_malformed(change: dict[str, str], code: str) -> None:
    statement: dict[str, Any] = {**TENDER.closing_statement(), **change}
    with refused(code):
        Closing.parse(WORLD.state(statement, TENDER.notice.deadline))
