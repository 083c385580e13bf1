"""A bidder's own lock: who unlocked in the window, and what was decided of who did not."""

from __future__ import annotations

from datetime import timedelta

from bids.custody import CheckedClosing
from bids.errors import BidError
from bids.objects import read_signed
from bids.package import LOG_ENTRIES, UNLOCKING, Package
from bids.trust import Trust
from bids.unlocking import REVOKED, Unlocking, read_unlock_decision, unlocking_problems
from bids.verification.findings import Book
from bids.verification.log import Log, agency_statement, check_digest, check_file_digest, embedded
from signing.encoding import parse_time


def check_unlocking(
    package: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing
) -> Unlocking | None:
    """1. The platform signed, once, who unlocked; it is logged after the releases were frozen, when the
    window began. 2. Each secret is its bid's; the window had ended for all; whoever stayed silent is called
    what follows from the record. 3. What the record leaves open the agency decided, signed and logged."""
    unlocking: Unlocking | None = None
    with book.step("verify-unlocking-signed", UNLOCKING, LOG_ENTRIES):
        data = package.read(UNLOCKING)
        unlocking = Unlocking.parse(trust.platform_statement("unlocking", data))
        entry = log.only("opening.unlocked")
        check_digest(entry, "unlocking", unlocking.digest)
        check_file_digest(entry, "unlocking_file", data)
        frozen = log.before(entry, "opening.frozen")
        if not frozen:
            raise BidError("entry-order", act=entry.act, file=LOG_ENTRIES)
        began = read_signed(embedded(frozen[0]), "release-set").statement["at"]
        if parse_time(began) != unlocking.opened_at:
            raise BidError("unlocking-window", file=UNLOCKING)
    if unlocking is None:
        book.note("verify-skipped", UNLOCKING)
        return None
    unlocked = sum(row.secret is not None for row in unlocking.bids)
    minutes = max(timedelta(), unlocking.until - unlocking.opened_at) // timedelta(minutes=1)
    with book.step("verify-unlocked", UNLOCKING, unlocked=unlocked, count=len(unlocking.bids)) as step:
        for problem in unlocking_problems(unlocking, checked):
            step.fail(problem, UNLOCKING)
    book.note("verify-unlock-window", UNLOCKING, minutes=minutes, pack=checked.notice.rules.pack)
    _check_decisions(book, trust, log, checked, unlocking)
    return unlocking


def _check_decisions(
    book: Book, trust: Trust, log: Log, checked: CheckedClosing, unlocking: Unlocking
) -> None:
    entries = log.of("opening.unlock-decided")
    decided: dict[str, str] = {}
    if entries or unlocking.undecided:
        with book.step("verify-unlock-decisions", LOG_ENTRIES) as step:
            for entry in entries:
                with step.guard(LOG_ENTRIES):
                    if log.before(entry, "tender.awarded"):
                        raise BidError("entry-order", act=entry.act, file=LOG_ENTRIES)
                    read = agency_statement(trust, "unlock-decision", entry, checked.notice)
                    rows = read_unlock_decision(read, unlocking, decided)
                    decided.update((bid, verdict) for bid, (verdict, _) in rows.items())
            revoked = sum(verdict == REVOKED for verdict in decided.values())
            step.params.update(count=str(len(decided)), revoked=str(revoked))
            if log.of("tender.awarded"):
                for bid in sorted(unlocking.undecided - decided.keys()):
                    step.fail(BidError("unlock-undecided", bid=bid, file=LOG_ENTRIES))
            elif unlocking.undecided - decided.keys():
                step.unknown()
    if len(decided) + sum(row.secret is not None for row in unlocking.bids) < len(unlocking.bids):
        # Whether somebody came, and when the platform was down, are the platform's own records.
        book.note("verify-unlock-record", UNLOCKING)
