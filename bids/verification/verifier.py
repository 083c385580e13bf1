"""The verification of an evidence package, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from cryptography import x509

from bids import package as names
from bids.custody import CheckedClosing
from bids.errors import BidError
from bids.notice import Notice
from bids.package import Package
from bids.stages import CheckedStage
from bids.trust import Trust
from bids.unlocking import Unlocking
from bids.verification.anchors import names_outside, read_trust
from bids.verification.awarded import check_award, check_evaluation, rank_opened
from bids.verification.closed import check_closing
from bids.verification.documents import DocumentCheck, check_documents
from bids.verification.enrolled import check_enrolled
from bids.verification.files import check_complete, check_evidence
from bids.verification.findings import Book, Report
from bids.verification.log import (
    OPENING_COURSE,
    Log,
    agency_statement,
    check_course,
    check_log,
    check_published,
    check_times,
    check_whole_log,
    embedded,
)
from bids.verification.notices import check_notices
from bids.verification.opened import Opened, check_opening
from bids.verification.releases import check_releases
from bids.verification.stages import Stated, check_admission
from bids.verification.tokens import check_tokens
from bids.verification.unlocked import check_unlocking
from bids.verification.witnesses import check_cosignatures, key_by_policy

_ALWAYS = (
    names.NOTICE,
    names.NOTICE_SIGNATURE,
    names.CLOSING,
    names.LEDGER,
    names.EVIDENCE,
    names.README,
    names.LOG_KEY,
    names.LOG_CHECKPOINT,
    names.LOG_ENTRIES,
    names.LOG_ENROLMENTS,
    names.ROOTS,
    names.CHAIN,
    names.CRLS,
    names.ENROLMENTS,
)
_OPENING_ACTS = ("custody.released", *OPENING_COURSE)


def verify(
    package: Package,
    roots: bytes | None = None,
    log_key: str | None = None,
    log_entries: bytes | None = None,
    outside_roots: bytes | None = None,
    tsa_roots: bytes | None = None,
    policy: bytes | None = None,
    documents: DocumentCheck | None = None,
    tsa_crls: Sequence[x509.CertificateRevocationList] = (),
) -> Report:
    """Check a whole evidence package; nothing that it holds makes this raise.

    Args:
        roots: the reader's own root certificates (PEM), None to take the package's.
        log_key: the reader's own C2SP verifier key of the log, None to take the package's.
        log_entries: all leaves of the log from its beginning, one a line, which show that the package has
            all entries of the tender; None if the reader has not fetched them.
        outside_roots: the reader's own roots (PEM) of authorities outside the platform, None to take the
            package's.
        tsa_roots: the reader's own root certificates (PEM) of outside time-stamp authorities, None to take
            the package's.
        policy: the reader's C2SP tlog-policy: whose cosignatures of the log they want, and which log, unless
            `log_key` says so; None to ask for none.
        documents: checks the signature of a PDF; None where the libraries for it are not there.
        tsa_crls: revocation lists of outside time-stamp authorities' issuers that the reader fetched.

    Steps, each of them one or more findings:

    1. Anchors: roots, log key, revocation lists, enrolments.
    2. The evidence statement, and every file by the digest it lists; the signatures of PDFs.
    3. The log: checkpoint, cosignatures, entries, proofs; that the evidence is logged, last, with the
       package's entries; with `log_entries`, that the log has no others of the tender. That it has the
       enrolments of those who signed. Times agree; nothing follows an end.
    4. The notice, earlier notices, and their publication.
    5. The closing, the ledger, every bid's manifest, signatures and receipts; which bids were current; the
       time-stamps on receipts.
    6. If too few suppliers bid: that nothing was opened, and the failure is logged. Otherwise
    7. the custodians' releases and the frozen set of them,
    8. the opening record, by opening every bid again, with a bidder's own lock after who unlocked,
       of each segment in turn, for each after the first with the agency's stage statement before them,
    9. and evaluation, ranking, award and decision, by ranking again; or the reason why there is none.
    10. That the package holds exactly the files that this course of things asks for.
    """
    book = Book()
    log_key = key_by_policy(package, policy) if log_key is None else log_key
    anchored = roots is not None and log_key is not None
    trust = read_trust(package, book, roots, log_key, outside_roots)
    if trust is not None:
        evidence = check_evidence(package, book, trust)
        check_documents(package, book, trust, documents)
        tender = None if evidence is None else evidence.statement["tender"]
        _check_tender(package, book, trust, tender, log_entries, tsa_roots, policy, tsa_crls)
    if not anchored:
        book.note("verify-unanchored")
    return Report(tuple(book.findings), anchored)


def _check_tender(
    package: Package,
    book: Book,
    trust: Trust,
    tender: str | None,
    log_entries: bytes | None,
    tsa_roots: bytes | None,
    policy: bytes | None,
    tsa_crls: Sequence[x509.CertificateRevocationList],
) -> None:
    """Steps 3 to 10; `tender` is the evidence's, None where that could not be believed."""
    log = check_log(package, book, trust)
    if log is None:
        book.note("verify-skipped", names.LOG_ENTRIES)
        return
    check_cosignatures(package, book, trust, policy)
    check_published(package, book, log, tender)
    check_whole_log(book, log, log_entries)
    check_enrolled(package, book, trust, log)
    check_course(book, log)
    check_times(package, book, log)
    notices = check_notices(package, book, trust, log, tender)
    if notices is None:
        return
    checked = check_closing(package, book, trust, log, notices)
    if checked is None:
        return
    wanted = {*_ALWAYS, *_notice_names(notices), *_bid_names(checked), *_proof_names(package)}
    if names_outside(trust.enrolments):
        wanted.add(names.OUTSIDE)
    wanted |= check_tokens(package, book, trust, checked.leaves, tsa_roots, tsa_crls)
    if not checked.minimum_reached:
        _check_unopened(book, trust, log, checked, enough=False)
    elif not log.of("opening.frozen") and _ended(log):
        _check_unopened(book, trust, log, checked, enough=True)
    else:
        wanted |= _check_opened(package, book, trust, log, checked)
    check_complete(package, book, frozenset(wanted))


def _check_unopened(book: Book, trust: Trust, log: Log, checked: CheckedClosing, enough: bool) -> None:
    """The tender ended unopened: no act of opening is in the log, and the statement that ended it is."""
    with book.step(
        "verify-unopened-minimum" if not enough else "verify-unopened",
        names.LOG_ENTRIES,
        suppliers=checked.suppliers,
        wanted=checked.policy.minimum_bidders,
    ) as step:
        for entry in log.of(*_OPENING_ACTS):
            # Custodians may have released before the tender was ended for another reason than the minimum.
            if not (enough and entry.act == "custody.released"):
                step.fail(BidError("entry-unopened", act=entry.act, file=names.LOG_ENTRIES))
        if enough and log.of("tender.failed"):
            # The platform by itself ends a tender for too few bidders, and for nothing else.
            step.fail(BidError("failure-unjustified", file=names.LOG_ENTRIES))
    _check_ending(book, trust, log, checked)
    book.note("verify-erasures", names.LOG_ENTRIES)


def _ended(log: Log) -> bool:
    return bool(log.of("tender.failed", "tender.cancelled"))


def _check_ending(book: Book, trust: Trust, log: Log, checked: CheckedClosing) -> None:
    """The one statement that ended the tender: the platform's failure or the agency's cancellation."""
    with book.step("verify-ending", names.LOG_ENTRIES) as step:
        ends = log.of("tender.failed", "tender.cancelled")
        if len(ends) != 1:
            raise BidError(
                "entry-twice" if ends else "entry-missing", act="tender.failed", file=names.LOG_ENTRIES
            )
        if ends[0].act == "tender.cancelled":
            statement = agency_statement(trust, "cancellation", ends[0], checked.notice)
        else:
            statement = trust.platform_statement("failure", embedded(ends[0]))
        members = statement.statement
        if members["tender"] != checked.notice.tender:
            raise BidError("entry-other-tender", act=ends[0].act, file=names.LOG_ENTRIES)
        if members.get("closing", checked.closing_digest) != checked.closing_digest:
            raise BidError("ending-other-closing", file=names.LOG_ENTRIES)
        step.params["reason"] = members["reason"]


def _check_opened(package: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing) -> set[str]:
    """Steps 7 to 9; the names of the files that they ask for."""
    wanted: set[str] = set()
    opened: Opened | None = None
    stage: Stated | None = None
    admitted: CheckedStage | None = None
    unlocking: Unlocking | None = None
    for place, segment in enumerate(checked.policy.segment_names):
        if opened is not None:
            if _ended(log) and len(log.of("tender.admitted")) < place:
                _check_unreached(book, trust, log, checked, place, opened, None)
                return wanted
            stage = check_admission(book, trust, log, checked, place, opened, admitted)
            if stage is None:
                return wanted | set(package.names)
            admitted = stage.checked
            if _ended(log) and len(log.of("opening.frozen")) <= place:
                _check_unreached(book, trust, log, checked, place, opened, admitted)
                return wanted
        wanted |= set(names.record_names(segment))
        releases = check_releases(package, book, trust, log, checked, place, stage)
        if releases is None:
            return wanted | set(package.names)
        wanted |= {names.share_name(segment, release.custodian) for release in releases}
        if checked.policy.lock and opened is None:
            # One secret opens all segments of a bid: the window to unlock comes with the first.
            wanted.add(names.UNLOCKING)
            unlocking = check_unlocking(package, book, trust, log, checked)
            if unlocking is None:
                return wanted | set(package.names)
        opened = check_opening(package, book, trust, log, checked, releases, unlocking, place, admitted)
        if opened is None:
            return wanted | set(package.names)
        for outcome in opened.outcomes:
            if outcome.reason != "ciphertext-missing":
                wanted.add(names.sealed_name(outcome.bid, segment))
            if outcome.opened:
                wanted.add(names.offer_name(outcome.bid, segment))
    assert opened is not None
    if _ended(log):
        _check_no_award(book, trust, log, checked, opened)
        return wanted
    check_award(package, book, trust, log, checked, opened)
    return wanted | {names.AWARD, names.AWARD_REPORT, names.AWARD_NOTICE}


def _check_unreached(
    book: Book,
    trust: Trust,
    log: Log,
    checked: CheckedClosing,
    place: int,
    opened: Opened,
    stage: CheckedStage | None,
) -> None:
    """A tender that ended before the segment at `place` was opened: nothing followed in the log, and where
    the platform ended it, too few suppliers were opened before, or admitted by the stage statement."""
    _check_ending(book, trust, log, checked)
    with book.step("verify-not-awarded", names.LOG_ENTRIES) as step:
        courses = [log.of(act)[place:] for act in ("opening.frozen", "tender.opened", "tender.admitted")]
        for entry in (*chain(*courses), *log.of("tender.evaluated", "tender.awarded")):
            step.fail(BidError("entry-unopened", act=entry.act, file=names.LOG_ENTRIES))
    if not log.of("tender.failed"):
        book.note("verify-not-evaluated", names.LOG_ENTRIES)
        return
    if stage is None:
        _check_few_opened(book, checked, opened)
        return
    suppliers, least = stage.suppliers, checked.policy.minimum_bidders
    segment = stage.stage.segment
    with book.step(
        "verify-few-admitted", names.LOG_ENTRIES, suppliers=suppliers, wanted=least, segment=segment
    ) as step:
        if suppliers >= least:
            step.fail(BidError("failure-unjustified", file=names.LOG_ENTRIES))
        elif suppliers:
            # As after the opening: whether those who go on are counted again the rule pack says.
            step.unknown()


def _check_no_award(book: Book, trust: Trust, log: Log, checked: CheckedClosing, opened: Opened) -> None:
    """A tender that ended after an opening: no award in the log, and where the platform ended it, no bid
    that could have won."""
    _check_ending(book, trust, log, checked)
    with book.step("verify-not-awarded", names.LOG_ENTRIES):
        if log.of("tender.awarded"):
            raise BidError("entry-unopened", act="tender.awarded", file=names.LOG_ENTRIES)
    failed = bool(log.of("tender.failed"))
    if log.of("tender.evaluated"):
        evaluation = check_evaluation(book, trust, log, checked, opened)
        if evaluation is not None:
            with book.step("verify-none-responsive", names.LOG_ENTRIES) as step:
                ranking = rank_opened(checked, opened, evaluation, "order", "lowest-total")
                responsive = sum(row.responsive for row in ranking.rows)
                step.params["count"] = str(responsive)
                if responsive and failed:
                    step.fail(BidError("failure-unjustified", file=names.LOG_ENTRIES))
    elif failed:
        _check_few_opened(book, checked, opened)
    else:
        book.note("verify-not-evaluated", names.LOG_ENTRIES)


def _check_few_opened(book: Book, checked: CheckedClosing, opened: Opened) -> None:
    suppliers = {outcome.supplier for outcome in opened.outcomes if outcome.opened}
    least = checked.policy.minimum_bidders
    with book.step("verify-few-opened", names.LOG_ENTRIES, suppliers=len(suppliers), wanted=least) as step:
        if len(suppliers) >= least:
            step.fail(BidError("failure-unjustified", file=names.LOG_ENTRIES))
        elif suppliers:
            # Whether bidders are counted again after the opening the rule pack says, not the package.
            step.unknown()


def _notice_names(notices: Sequence[Notice]) -> list[str]:
    return [name for notice in notices[1:] for name in names.notice_names(notice.digest)]


def _bid_names(checked: CheckedClosing) -> list[str]:
    files = {
        "acceptance": ("manifest.json", "manifest.p7s", "receipt.json"),
        "withdrawal": ("withdrawal.json", "withdrawal.p7s", "withdrawal-receipt.json"),
    }
    return [names.bid_name(leaf.bid, name) for leaf in checked.leaves for name in files[leaf.kind]]


def _proof_names(package: Package) -> list[str]:
    # That there is one proof for each entry, and no other, the log's own step has shown.
    return [name for name in package.names if name.startswith("log/proofs/")]
