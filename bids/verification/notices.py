"""The notice, the notices it replaced, and that the log has published just these, in this order."""

from __future__ import annotations

from bids.amendments import check_chain
from bids.errors import BidError
from bids.examination import PUBLISHING_ACTS, examine_notice
from bids.notice import Notice
from bids.package import LOG_ENTRIES, NOTICE, NOTICE_SIGNATURE, Package, notice_names
from bids.trust import Trust
from bids.verification.findings import Book
from bids.verification.log import Log, check_digest

_MOST = 1000  # notices of one tender


def check_notices(
    package: Package, book: Book, trust: Trust, log: Log, tender: str | None
) -> list[Notice] | None:
    """The notices, the one in force first.

    1. `notice.json` is signed by the buyer it names, enrolled as an agency, for the evidence's tender.
    2. Each notice it replaces, and so on, is there under its digest, signed by the same buyer, and could be
       replaced by the next.
    3. The log published each of them, in order, before the closing.
    """
    chain: list[Notice] = []
    signed = (NOTICE, NOTICE_SIGNATURE)
    with book.step("verify-notice-signed", *signed) as step, step.guard(*signed):
        raw, signature = package.read(NOTICE), package.read(NOTICE_SIGNATURE)
        notice = examine_notice(raw, signature, trust).notice
        if tender is not None and notice.tender != tender:
            raise BidError("notice-other-tender", file=NOTICE)
        chain.append(notice)
        step.params["buyer"] = notice.buyer.name
    if not chain:
        book.note("verify-skipped", NOTICE)
        return None
    with book.step("verify-notices-earlier", NOTICE) as step:
        while (replaced := chain[-1].replaces) is not None and not step.reasons:
            with step.guard(*notice_names(replaced)):
                chain.append(_earlier(package, trust, chain[-1], replaced))
            if len(chain) > _MOST:
                raise BidError("notices-too-many", limit=_MOST)
        step.params["count"] = str(len(chain) - 1)
        if not step.reasons:
            check_chain(chain)
    with book.step("verify-notices-logged", LOG_ENTRIES, NOTICE) as step:
        _check_logged(log, chain)
    if not chain[0].policy.independent:
        book.note("verify-not-independent", NOTICE)
    if chain[0].sandbox:
        book.note("verify-sandbox", NOTICE)
    return chain


def _earlier(package: Package, trust: Trust, later: Notice, sha256: str) -> Notice:
    name, signature_name = notice_names(sha256)
    notice = examine_notice(package.read(name), package.read(signature_name), trust, name).notice
    if notice.digest != sha256:
        raise BidError("package-digest", file=name)
    if notice.tender != later.tender or notice.buyer.id != later.buyer.id:
        raise BidError("notice-other-tender", file=name)
    return notice


def _check_logged(log: Log, chain: list[Notice]) -> None:
    entries = log.of(*PUBLISHING_ACTS)
    if len(entries) != len(chain):
        raise BidError("notices-logged", entries=len(entries), notices=len(chain), file=LOG_ENTRIES)
    for place, (entry, notice) in enumerate(zip(entries, reversed(chain), strict=True)):
        if entry.act != PUBLISHING_ACTS[min(place, 1)]:
            raise BidError("entry-order", act=entry.act, file=LOG_ENTRIES)
        check_digest(entry, "notice", notice.digest)
        check_digest(entry, "policy", notice.policy.digest)
    closed = log.of("tender.closed")
    if closed and log.position(entries[-1]) > log.position(closed[0]):
        raise BidError("entry-order", act=entries[-1].act, file=LOG_ENTRIES)
