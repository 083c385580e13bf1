"""The public log: its checkpoint, the tender's entries in it, and the proof of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bids.entries import Entry
from bids.errors import BidError, refusing
from bids.examination import ENDING_ACTS, log_verifier
from bids.notice import Notice
from bids.objects import read_signed
from bids.package import (
    AWARD,
    CLOSING,
    EVIDENCE,
    LOG_CHECKPOINT,
    LOG_ENTRIES,
    LOG_KEY,
    OPENING_RECORD,
    UNLOCKING,
    Package,
    evidence_digests,
    proof_name,
    split_lines,
)
from bids.trust import SKEW, Trust
from bids.verification.findings import Book, Step
from signing import canonical, merkle, notes
from signing.encoding import parse_time
from signing.errors import SigningError
from signing.notes import Checkpoint, Proof
from signing.statements import Statement

_PROOFS = "log/proofs/"
_STAGES = "stages/"
_FILES = {
    "tender.closed": CLOSING,
    "opening.unlocked": UNLOCKING,
    "tender.opened": OPENING_RECORD,
    "tender.awarded": AWARD,
    "evidence.published": EVIDENCE,
}
# Signed by the agency or a custodian, or made long before it is logged because much is rendered meanwhile.
_SIGNED_BEFORE = (
    "opening.unlock-decided",
    "tender.admitted",
    "tender.evaluated",
    "tender.awarded",
    "tender.cancelled",
    "evidence.published",
)
# What a statement rests on, by its file, or by its act where the entry holds it.
_MADE_AFTER = {
    UNLOCKING: ("opening.frozen",),
    "opening.unlock-decided": ("opening.unlocked",),
    "tender.admitted": ("tender.opened",),
    "tender.evaluated": ("tender.opened",),
    "tender.awarded": ("tender.opened",),
    AWARD: ("tender.evaluated",),
    EVIDENCE: ("tender.awarded", *ENDING_ACTS),
}
OPENING_COURSE = (
    "opening.frozen",
    "opening.unlocked",
    "tender.opened",
    "tender.admitted",
    "tender.evaluated",
    "tender.awarded",
)
_COURSE = ("tender.closed", *OPENING_COURSE)


@dataclass(frozen=True)
class Log:
    """The tender's entries as they stand in the log, in its order, and the checkpoint that proves them;
    `last` is the place of the last of them in the whole log."""

    checkpoint: Checkpoint
    entries: tuple[Entry, ...]
    last: int

    def of(self, *acts: str) -> tuple[Entry, ...]:
        """The entries of these acts."""
        return tuple(entry for entry in self.entries if entry.act in acts)

    def only(self, act: str) -> Entry:
        """The one entry of an act; BidError "entry-missing" or "entry-twice"."""
        found = self.of(act)
        if len(found) != 1:
            raise BidError("entry-twice" if found else "entry-missing", act=act, file=LOG_ENTRIES)
        return found[0]

    def nth(self, act: str, place: int, most: int) -> Entry:
        """The entry of an act at that place among them, of which there are `most`; BidError "entry-missing",
        "entry-twice" if there are more."""
        found = self.of(act)
        if place >= len(found) or len(found) > most:
            raise BidError(
                "entry-twice" if len(found) > most else "entry-missing", act=act, file=LOG_ENTRIES
            )
        return found[place]

    def position(self, entry: Entry) -> int:
        """Where an entry stands among the tender's."""
        return self.entries.index(entry)

    def before(self, entry: Entry, *acts: str) -> tuple[Entry, ...]:
        """The entries of these acts before `entry`."""
        return tuple(one for one in self.entries[: self.position(entry)] if one.act in acts)


def check_log(package: Package, book: Book, trust: Trust) -> Log | None:
    """1. The log's key signed the checkpoint; others may have too. 2. Every entry is in the log at the place
    its proof names, by a proof against that very checkpoint; a proof for each entry and an entry for each."""
    checkpoint: Checkpoint | None = None
    with book.step("verify-log-checkpoint", LOG_CHECKPOINT, LOG_KEY) as step, refusing("log checkpoint"):
        note = package.read(LOG_CHECKPOINT)
        checkpoint = notes.parse_checkpoint(note, log_verifier(trust), trust.log_origin, strict=False)
        step.params["size"] = str(checkpoint.size)
    if checkpoint is None:
        with book.step("verify-log-entries") as step:
            for name in package.names:
                if name == LOG_ENTRIES or name.startswith(_PROOFS):
                    step.fail(BidError("checkpoint-unreadable", file=name))
        return None
    entries: list[Entry] = []
    with book.step("verify-log-entries", LOG_ENTRIES) as step:
        proofs = _proofs(package, step, note)
        leaves = split_lines(package.read(LOG_ENTRIES), LOG_ENTRIES)
        step.params["count"] = str(len(leaves))
        if len(proofs) != len(leaves):
            raise BidError("proofs-count", file=LOG_ENTRIES, proofs=len(proofs), entries=len(leaves))
        for proof, leaf in zip(proofs, leaves, strict=True):
            with step.guard(LOG_ENTRIES, proof_name(proof.index)):
                root, size = checkpoint.root, checkpoint.size
                merkle.verify_inclusion(proof.index, size, merkle.leaf_hash(leaf), proof.hashes, root)
                entries.append(Entry.parse(leaf))
    last = proofs[-1].index if proofs else -1
    return None if step.reasons else Log(checkpoint, tuple(entries), last)


def _proofs(package: Package, step: Step, note: bytes) -> list[Proof]:
    """The proofs against this very checkpoint, by the index that name and proof agree on."""
    found = []
    for name in package.names:
        if name.startswith(_PROOFS):
            with step.guard(name):
                proof = notes.parse_proof(package.read(name))
                if proof_name(proof.index) != name or proof.checkpoint != note:
                    raise BidError("proof-other", file=name)
                found.append(proof)
    return sorted(found, key=lambda proof: proof.index)


def check_published(package: Package, book: Book, log: Log, tender: str | None) -> None:
    """The last entry publishes this very evidence and names the digest of the entries before it, so that
    none can be added to the package or taken from it later; all entries are this tender's.

    That they are all entries of the tender is the platform's word: `check_whole_log` looks.
    """
    with book.step("verify-evidence-logged", EVIDENCE, LOG_ENTRIES):
        last = log.only("evidence.published")
        if last is not log.entries[-1]:
            raise BidError("entry-not-last", act=last.act, file=LOG_ENTRIES)
        earlier = (entry.raw for entry in log.entries[:-1])
        for name, digest in evidence_digests(package.read(EVIDENCE), earlier).items():
            check_digest(last, name, digest)
    with book.step("verify-entries-tender", LOG_ENTRIES) as step:
        for entry in log.entries:
            if entry.tender != (tender or log.entries[0].tender):
                step.fail(BidError("entry-other-tender", act=entry.act, file=LOG_ENTRIES))


def check_whole_log(book: Book, log: Log, data: bytes | None) -> None:
    """`data`, all leaves of the log, has the checkpoint's root and no other entries of the tender than the
    package's, none of them older than what any tender has before it; without it this is said not to have been
    checked."""
    if data is None:
        book.note("verify-entries-unchecked", LOG_ENTRIES)
        return
    with book.step("verify-entries-all", LOG_ENTRIES, size=log.checkpoint.size) as step:
        leaves = split_lines(data, "--log-entries")[: log.checkpoint.size]
        if len(leaves) < log.checkpoint.size:
            raise BidError("log-entries-short", found=len(leaves), wanted=log.checkpoint.size)
        if merkle.root([merkle.leaf_hash(leaf) for leaf in leaves]) != log.checkpoint.root:
            raise BidError("log-entries-root")
        tender = log.entries[0].tender
        known = {entry.raw for entry in log.entries}
        latest = log.entries[0].at
        # What comes after the evidence, such as the erasure of a key, is not in the package.
        for entry in map(Entry.parse, leaves[: log.last + 1]):
            if entry.tender == tender and entry.raw not in known:
                step.fail(BidError("entry-left-out", act=entry.act, file=LOG_ENTRIES))
            # An act is dated back where what was logged before it, on any tender, is from after it.
            if entry.tender == tender and entry.at < latest - SKEW:
                step.fail(BidError("entry-back", act=entry.act, file=LOG_ENTRIES))
            latest = max(latest, entry.at)


def check_course(book: Book, log: Log) -> None:
    """Once a tender is suspended, cancelled or failed, nothing is opened, evaluated or awarded any more."""
    with book.step("verify-course", LOG_ENTRIES) as step:
        ended = False
        for entry in log.entries:
            if ended and entry.act in _COURSE:
                step.fail(BidError("entry-after-end", act=entry.act, file=LOG_ENTRIES))
            ended = ended or entry.act in (*ENDING_ACTS, "tender.failed")


def check_times(package: Package, book: Book, log: Log) -> None:
    """What is in the log was logged when it says it was made: entries' times do not go back, a statement of
    the platform is from when it was logged, one of the agency's from no later, and none from before what it
    is about. Clocks may differ by SKEW."""
    with book.step("verify-times", LOG_ENTRIES) as step:
        latest = log.entries[0].at
        records = _records(package)
        for entry in log.entries:
            if entry.at < latest - SKEW:
                step.fail(BidError("entry-back", act=entry.act, file=LOG_ENTRIES))
            latest = max(latest, entry.at)
            embeds = entry.statement is not None
            own = _FILES.get(entry.act, LOG_ENTRIES)
            if own == OPENING_RECORD:
                own = records.get(entry.digests.get("opening_record", ""), own)
            for file in dict.fromkeys((LOG_ENTRIES,) * embeds + (own,)):
                with step.guard(file):
                    data = entry.statement_file if file == LOG_ENTRIES else package.read(file)
                    # Whether it is canonical other steps say; a large award is read in a third of the time.
                    at = _stated(data, json.loads)
                    try:
                        if at is not None:
                            _check_time(log, entry, at, file)
                    except BidError:
                        if _stated(data, canonical.loads) is not None:
                            raise


def _records(package: Package) -> dict[str, str]:
    """The names of the opening records of segments before the last, by their statement's digest."""
    found: dict[str, str] = {}
    for name in package.names:
        if name.startswith(_STAGES) and name.endswith(".json"):
            try:
                found[read_signed(package.read(name), "opening-record").digest] = name
            except BidError:
                continue  # its own step says so
    return found


def _check_time(log: Log, entry: Entry, at: datetime, file: str) -> None:
    before = entry.act not in _SIGNED_BEFORE and at < entry.at - SKEW
    if before or at > entry.at + SKEW:
        raise BidError("entry-time", act=entry.act, file=file)
    for earlier in log.before(entry, *_MADE_AFTER.get(entry.act if file == LOG_ENTRIES else file, ())):
        if at < earlier.at - SKEW:
            raise BidError("statement-early", act=entry.act, earlier=earlier.act, file=file)


def _stated(data: bytes | None, read: Callable[[bytes], Any]) -> datetime | None:
    """The `at` of a signed statement's file; None if there is none or it is no such file, which other steps
    say."""
    try:
        file = None if data is None else read(data)
        statement = file.get("statement") if isinstance(file, dict) else None
        return parse_time(str(statement["at"])) if isinstance(statement, dict) else None
    except (SigningError, KeyError, ValueError, RecursionError):
        return None


def check_digest(entry: Entry, name: str, digest: str) -> None:
    """BidError "entry-digest" unless the entry names this digest under `name`."""
    if entry.digests.get(name) != digest:
        raise BidError("entry-digest", act=entry.act, member=name)


def check_file_digest(entry: Entry, name: str, data: bytes) -> None:
    """As `check_digest` for a whole file's digest, which an entry may leave out."""
    if name in entry.digests:
        check_digest(entry, name, canonical.digest(data))


def embedded(entry: Entry) -> bytes:
    """The signed statement inside an entry; BidError "entry-statement" if it has none."""
    data = entry.statement_file
    if data is None:
        raise BidError("entry-statement", act=entry.act, file=LOG_ENTRIES)
    return data


def agency_statement(trust: Trust, name: str, entry: Entry, notice: Notice) -> Statement:
    """The statement of type `name` that an entry embeds, signed by the notice's buyer for its tender."""
    party, read = trust.verify_statement(name, embedded(entry), "agency")
    if party.id != notice.buyer.id:
        raise BidError("signer-not-buyer", file=LOG_ENTRIES)
    if read.statement["tender"] != notice.tender:
        raise BidError("entry-other-tender", act=entry.act, file=LOG_ENTRIES)
    return read
