"""Goes on with a Case of `package_factory` whose bidders have locks of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bids.unlocking import Outage, Unlock, Unlocking, build_unlock_decision, build_unlocking
from signing import canonical
from tests.package_factory import Case, Change, unchanged


def unlock(
    case: Case,
    silent: Mapping[str, tuple[bool, int]] | None = None,
    down: Sequence[tuple[int, int]] = (),
    change: Change = unchanged,
    minutes: int = 30,
) -> Unlocking:
    """The window to unlock ends: `silent` are the bids whose bidders did not (came, attempts refused);
    `down` are the platform's outages, in minutes of the window."""
    silent = silent or {}
    began = case.frozen_at
    until = began + timedelta(minutes=minutes)
    outages = [
        Outage(began + timedelta(minutes=since), began + timedelta(minutes=end)) for since, end in down
    ]
    secrets = {bid.id: bid.secret for bid in case.tender.bids}
    received = case.later()
    at = case.later((until - case.at).total_seconds() if silent else 1)
    rows = [
        Unlock.silent(bid.bid, *silent[bid.bid], outages, (began, until))
        if bid.bid in silent
        else Unlock(bid.bid, secrets[bid.bid], received)
        for bid in case.checked.current
    ]
    statement = build_unlocking(
        at=at,
        tender=case.tender.id,
        closing=case.checked.closing_digest,
        opened_at=began,
        until=until,
        outages=outages,
        bids=rows,
    )
    change(statement)
    case.unlocking_file = case.world.state(statement, at)
    case.unlocking = Unlocking.parse(case.unlocking_file)
    digests = {
        "unlocking": case.unlocking.digest,
        "unlocking_file": canonical.digest(case.unlocking_file),
    }
    case.log("opening.unlocked", digests)
    return case.unlocking


def decide(
    case: Case, decisions: Mapping[str, tuple[str, str]], change: Change = unchanged, signer: Any = None
) -> None:
    """The agency decides on bids that the record leaves open."""
    assert case.unlocking is not None
    at = case.later()
    statement = build_unlock_decision(case.tender.id, case.unlocking.digest, decisions, at)
    change(statement)
    case.log("opening.unlock-decided", {}, (signer or case.world.agency).statement(statement, at))
