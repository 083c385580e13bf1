"""What the lists say of suppliers' certificates beyond the list that each receipt names."""

from __future__ import annotations

from collections.abc import Iterable

from bids.examination import Accepted
from bids.package import CRLS, LEDGER
from bids.trust import Trust
from bids.verification.findings import Book
from signing.encoding import format_time, parse_time
from signing.statements import Statement

_SHOWN = 5  # bids spelled out in a finding's text


def note_revoked(book: Book, accepted: Iterable[Accepted]) -> None:
    """Say which bids were signed with certificates that some list names.

    1. Revoked after receipt: recorded, and the bids stand, as a certificate is judged as of the receipt.
    2. Revoked before, by a list later than the one in the receipt: that list judges them, so they stand, but
    why the platform took them it must say itself.
    """
    revoked = [(one, one.revoked_at) for one in accepted if one.revoked_at is not None]
    later = [(one.bid, at) for one, at in revoked if at > one.received_at]
    if later:
        with book.step("verify-revoked-later", LEDGER) as step:
            step.params.update(
                count=str(len(later)), bids=_named([(bid, format_time(at)) for bid, at in later])
            )
    before = [(one.bid, at) for one, at in revoked if at <= one.received_at]
    if before:
        bids = _named([(bid, format_time(at)) for bid, at in before])
        book.note("verify-revoked-unlisted", LEDGER, count=len(before), bids=bids)


def _named(bids: list[tuple[str, str]]) -> str:
    shown = ", ".join(f"{bid} ({at})" for bid, at in bids[:_SHOWN])
    return shown if len(bids) <= _SHOWN else f"{shown}, …"


def note_platform_lists(book: Book, trust: Trust, evidence: Statement) -> None:
    """Say so unless the lists reach far enough to tell of the platform's own certificates at the evidence's
    time: without them a statement signed by a revoked key would pass."""
    assert evidence.verified is not None
    authority = evidence.verified.intermediates[0]
    if not trust.revocations.reach(authority, parse_time(evidence.statement["at"])):
        book.note("verify-no-platform-crls", CRLS)
