"""The custodians' releases and the set of them that was frozen."""

from __future__ import annotations

from datetime import timedelta

from bids.custody import CheckedClosing, Release, check_release
from bids.entries import Entry
from bids.errors import BidError
from bids.objects import read_signed
from bids.package import LOG_ENTRIES, Package, share_name
from bids.trust import Trust
from bids.verification.findings import Book
from bids.verification.log import Log, embedded
from bids.verification.stages import Stated
from signing.encoding import parse_time
from signing.statements import Statement


def check_releases(
    package: Package,
    book: Book,
    trust: Trust,
    log: Log,
    checked: CheckedClosing,
    place: int = 0,
    stage: Stated | None = None,
) -> tuple[Release, ...] | None:
    """The releases of the segment at `place`, which opens by the stage statement `stage` unless it is first.

    1. The platform froze, once, the set of releases that count: for this closing, all of them or at least
    the threshold after the grace period. 2. Each is there, signed by its custodian, and its shares are those
    that the bidders committed to. 3. None that the log had received before the freezing was left out.
    Custodians that are not among them are named: whether they or the platform failed, nobody can tell; so are
    those of whom the platform says that it refused a release, and those whose releases say that shares do not
    open, which may be a bidder's doing as well."""
    segment = checked.policy.segment_names[place]
    admitted = None if stage is None else stage.checked
    frozen: Statement | None = None
    with book.step("verify-frozen-set", LOG_ENTRIES):
        entry = log.nth("opening.frozen", place, len(checked.policy.segments))
        frozen = _frozen(trust, log, entry, checked, place, stage)
    if frozen is None:
        book.note("verify-skipped", LOG_ENTRIES)
        return None
    listed: list[dict[str, str]] = frozen.statement["releases"]
    releases: list[Release] = []
    with book.step("verify-releases", count=len(listed)) as step:
        for row in listed:
            name = share_name(segment, row["custodian"])
            with step.guard(name):
                release = check_release(package.read(name), checked, trust, admitted)
                if (release.custodian, release.digest) != (row["custodian"], row["sha256"]):
                    raise BidError("release-not-frozen", custodian=row["custodian"], file=name)
                releases.append(release)
    with book.step("verify-releases-all", LOG_ENTRIES) as step:
        known = {row["sha256"] for row in listed}
        own = None if admitted is None else admitted.stage.digest
        for received in log.before(entry, "custody.released"):
            named = received.digests.get("stage")
            stated = {None, *(one.digests.get("stage") for one in log.before(received, "tender.admitted"))}
            mine = named == own or named not in stated
            if mine and received.digests.get("release") not in known:
                step.fail(BidError("release-left-out", file=LOG_ENTRIES))
    counted = {row["custodian"] for row in listed}
    absent = [one.name for one in checked.policy.custodians if one.id not in counted]
    if absent:
        book.note("verify-releases-absent", LOG_ENTRIES, names=", ".join(absent))
    _tell_refused(book, log, checked, entry, place)
    _tell_kept_back(book, checked, releases, segment)
    return None if len(releases) < len(listed) else tuple(releases)


def _tell_refused(book: Book, log: Log, checked: CheckedClosing, frozen: Entry, place: int) -> None:
    """Whose releases the platform refused for this segment, by its own entries."""
    earlier = log.before(log.of("opening.frozen")[place - 1], "custody.refused") if place else ()
    refused = {
        entry.who.organisation
        for entry in log.before(frozen, "custody.refused")
        if entry.who is not None and entry not in earlier
    }
    names = [one.name for one in checked.policy.custodians if one.id in refused]
    if names:
        book.note("verify-releases-refused", LOG_ENTRIES, names=", ".join(names))


def _tell_kept_back(book: Book, checked: CheckedClosing, releases: list[Release], segment: str) -> None:
    kept = {release.custodian: len(release.refusals) for release in releases if release.refusals}
    custodians = [one for one in checked.policy.custodians if one.id in kept]
    if custodians:
        names = ", ".join(f"{one.name} ({kept[one.id]})" for one in custodians)
        files = [share_name(segment, one.id) for one in custodians]
        book.note("verify-releases-kept-back", *files, names=names)


def _frozen(
    trust: Trust, log: Log, entry: Entry, checked: CheckedClosing, place: int, stage: Stated | None
) -> Statement:
    frozen = read_signed(trust.platform_statement("release-set", embedded(entry)), "release-set")
    members, policy = frozen.statement, checked.policy
    stated = (members["tender"], members["closing"], members["segment"])
    if stated != (policy.tender, checked.closing_digest, policy.segment_names[place]):
        raise BidError("release-set-other", file=LOG_ENTRIES)
    custodians = {row["custodian"] for row in members["releases"]}
    count = len(members["releases"])
    if len(custodians) != count:
        raise BidError("release-set-twice", file=LOG_ENTRIES)
    if stage is not None and log.position(entry) < log.position(stage.entry):
        raise BidError("entry-order", act=entry.act, file=LOG_ENTRIES)
    since = checked.closing.at if stage is None else stage.entry.at
    early = parse_time(members["at"]) < since + timedelta(seconds=policy.grace_seconds)
    if count < policy.threshold or (count < len(policy.custodians) and early):
        raise BidError("release-set-early", count=count, file=LOG_ENTRIES)
    return frozen
