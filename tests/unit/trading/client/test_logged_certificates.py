"""Which certificates the log has, as a custodian follows it: across restarts, and from records of before."""

from __future__ import annotations

from pathlib import Path

import pytest

from bids.entries import build_entry
from bids.errors import BidError
from bids.trust import Enrolment
from signing.notes import NoteVerifier
from tests.bids_factory import NOW, World
from tests.unit.trading.client.test_log_follower import Log
from trading.client.custodian_state import CustodianState
from trading.client.log_follower import LogFollower, SplitView
from trading.client.logged_certificates import LoggedCertificates

WORLD = World(seed=7)
ACTORS = [WORLD.agency, *WORLD.custodians]
ENROLMENTS = [Enrolment.parse(actor.enrolment) for actor in ACTORS]


def issue(log: Log, enrolment: Enrolment) -> None:
    digests = {"certificate": enrolment.certificate, "enrolment": enrolment.digest}
    log.entries.append(build_entry(at=NOW, act="certificate.issued", digests=digests))


def follow(log: Log, state: CustodianState) -> LoggedCertificates:
    known = LoggedCertificates(state)
    LogFollower(log, state, NoteVerifier.from_vkey(log.signer.vkey), known).follow()  # type: ignore[arg-type]
    return known


def missing(known: LoggedCertificates) -> set[str]:
    return set(known.missing(ENROLMENTS))


def test_what_was_heard_is_known_after_a_restart(tmp_path: Path) -> None:
    log, state = Log(), CustodianState(tmp_path)
    issue(log, ENROLMENTS[0])
    log.add()
    assert missing(follow(log, state)) == {one.certificate for one in ENROLMENTS[1:]}
    issue(log, ENROLMENTS[1])
    log.calls.clear()
    assert missing(follow(log, CustodianState(tmp_path))) == {one.certificate for one in ENROLMENTS[2:]}
    assert log.calls.count("/log/entries") == 1, "nothing is read twice"
    assert missing(LoggedCertificates(CustodianState(tmp_path))) == {
        one.certificate for one in ENROLMENTS[2:]
    }


def test_suppliers_enter_by_the_days_root(tmp_path: Path) -> None:
    supplier = Enrolment.parse(WORLD.suppliers[0].enrolment)
    assert LoggedCertificates(CustodianState(tmp_path)).missing([supplier]) == []


def test_a_record_of_before_is_caught_up_with(tmp_path: Path) -> None:
    log, state = Log(), CustodianState(tmp_path)
    issue(log, ENROLMENTS[0])
    log.add()
    LogFollower(log, state, NoteVerifier.from_vkey(log.signer.vkey)).follow()  # type: ignore[arg-type]
    kept = state.read_shared("log.json")
    # What was believed then must be what is read now.
    honest = list(log.entries)
    issue(log, ENROLMENTS[2])
    note = log.note()
    log.entries[0] = build_entry(at=NOW, act="certificate.issued", digests={"enrolment": "0" * 64})
    log.raw = lambda path: note  # type: ignore[method-assign, assignment]
    with pytest.raises(BidError, match="not those of the log"):
        follow(log, state)
    assert state.read_shared("enrolled.json") is None and state.read_shared("log.json") == kept
    log.entries[:] = [*honest, log.entries[-1]]
    assert missing(follow(log, state)) == {
        ENROLMENTS[1].certificate,
        *(one.certificate for one in ENROLMENTS[3:]),
    }


def test_a_split_view_teaches_nothing(tmp_path: Path) -> None:
    log, state = Log(), CustodianState(tmp_path)
    issue(log, ENROLMENTS[0])
    follow(log, state)
    issue(log, ENROLMENTS[1])
    note = log.note()
    log.entries[1] = build_entry(
        at=NOW, act="certificate.issued", digests={"enrolment": ENROLMENTS[2].digest}
    )
    log.raw = lambda path: note  # type: ignore[method-assign, assignment]
    with pytest.raises(SplitView):
        follow(log, state)
    assert missing(LoggedCertificates(state)) == {one.certificate for one in ENROLMENTS[1:]}
