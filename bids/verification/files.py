"""The evidence statement, and that the package holds the files it lists, to the byte, and no others."""

from __future__ import annotations

from bids.errors import BidError
from bids.package import AWARD_NOTICE, AWARD_REPORT, EVIDENCE, OPENING_RECORD_PDF, Package, is_listed
from bids.trust import Trust
from bids.verification.findings import Book
from bids.verification.revoked import note_platform_lists
from signing import canonical
from signing.statements import Statement


def check_evidence(package: Package, book: Book, trust: Trust) -> Statement | None:
    """1. `evidence.json` is signed by the platform. 2. Every file it lists is there and has its digest; every
    file there is listed, but itself and the log's. Nothing else vouches for the PDFs: without it they fail.
    """
    evidence: Statement | None = None
    with book.step("verify-evidence-signed", EVIDENCE):
        evidence = trust.platform_statement("evidence", package.read(EVIDENCE))
    if evidence is None:
        with book.step("verify-evidence-files") as step:
            for name in package.names:
                if name in (OPENING_RECORD_PDF, AWARD_REPORT, AWARD_NOTICE):
                    step.fail(BidError("evidence-unreadable", file=name))
        return None
    listed: dict[str, str] = evidence.statement["files"]
    with book.step("verify-evidence-files", count=len(listed)) as step:
        for name, wanted in listed.items():
            with step.guard(name):
                if canonical.digest(package.read(name)) != wanted:
                    raise BidError("package-digest", file=name)
        for name in package.names:
            if is_listed(name) and name not in listed:
                step.fail(BidError("file-unlisted", file=name))
    note_platform_lists(book, trust, evidence)
    return evidence


def check_complete(package: Package, book: Book, wanted: frozenset[str]) -> None:
    """The package holds exactly the files that the tender's course asks for."""
    with book.step("verify-complete", count=len(wanted)) as step:
        for name in sorted(wanted.difference(package.names)):
            step.fail(BidError("file-missing", file=name))
        for name in sorted(set(package.names) - wanted):
            step.fail(BidError("file-unexpected", file=name))
