"""That the enrolments of all who signed stand in the public log, where their owners find them."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bids.enrolment_days import Listed, read_opening
from bids.entries import Entry
from bids.errors import BidError, refusing
from bids.objects import read_object
from bids.package import ENROLMENTS, LOG_ENROLMENTS, Package
from bids.trust import Trust
from bids.verification.findings import Book
from bids.verification.log import Log
from signing import canonical, merkle
from signing.encoding import b64decode

# So long after an enrolment a day's root that has it is in the log: a day, the night, and a day to spare.
LATEST = timedelta(days=2)


def check_enrolled(package: Package, book: Book, trust: Trust, log: Log) -> None:
    """1. Each enrolment of an agency or custodian has its own entry in the log. 2. Each supplier's is listed
    in the supplier's own place under a day's root in the log, unless it is younger than such a root can be.
    3. That root is the newest there can be, within the same two days: under an old one, of before the owner
    first looked, anything might be listed.

    Both by proofs against the package's checkpoint. So no certificate counts that its owner could not find.
    """
    found: dict[str, Any] | None = None
    with book.step("verify-enrolments-logged", LOG_ENROLMENTS) as step:
        members = read_object(package.read(LOG_ENROLMENTS), "logged-enrolments")
        entries = [_logged(one, log) for one in members["issued"]]
        stated = {
            (entry.digests.get("certificate"), entry.digests.get("enrolment"))
            for entry in entries
            if entry.act == "certificate.issued"
        }
        found = members
        others = [one for one in trust.enrolments.values() if one.role != "supplier"]
        step.params["count"] = str(len(others))
        for one in others:
            if (one.certificate, one.digest) not in stated:
                step.fail(BidError("enrolment-unlogged", certificate=one.certificate, file=ENROLMENTS))
    if found is not None:
        _check_suppliers(book, trust, log, found.get("day"))


def _check_suppliers(book: Book, trust: Trust, log: Log, day: Mapping[str, Any] | None) -> None:
    suppliers = [one for one in trust.enrolments.values() if one.role == "supplier"]
    new = 0
    with book.step("verify-enrolments-day", LOG_ENROLMENTS) as step:
        listed = {} if day is None else _openings(day, log)
        since = log.entries[-1].at - LATEST
        for one in suppliers:
            place = listed.get(one.party)
            found = place is not None and canonical.digest(one.raw) in place.enrolments
            if found and place is not None and place.until >= since:
                continue
            if one.at < since:
                step.fail(BidError("enrolment-unlisted", certificate=one.certificate, file=ENROLMENTS))
            else:
                new += 1
        step.params["count"] = str(len(suppliers) - new)
    if new:
        book.note("verify-enrolments-new", ENROLMENTS, count=new)


def _openings(day: Mapping[str, Any], log: Log) -> dict[str, Listed]:
    entry = _logged(day, log)
    found: dict[str, Listed] = {}
    for one in day["openings"]:
        hashes = [a2b_base64(each) for each in one["hashes"]]  # whose form was checked: 64 for each supplier
        found[one["party"]] = read_opening(entry, b64decode(one["leaf"]), hashes, one["party"])
    return found


def _logged(one: Mapping[str, Any], log: Log) -> Entry:
    """An entry that stands in the log, by a proof against the package's checkpoint."""
    raw, hashes = b64decode(one["entry"]), [b64decode(each) for each in one["hashes"]]
    with refusing(LOG_ENROLMENTS):
        root, size = log.checkpoint.root, log.checkpoint.size
        merkle.verify_inclusion(one["index"], size, merkle.leaf_hash(raw), hashes, root)
    return Entry.parse(raw)
