"""Makes whole evidence packages for tests, on top of `bids_factory`: real signatures, real sealing, no mocks.

    case = Case(World(seed=1), bidders=3)        # published, bid, closed
    case.release(); case.open(); case.evaluate(); case.award()
    case.release(); case.open(); case.admit(); case.release(); …   # with segments=("qualification", "price")
    data = case.package()                        # the ZIP's bytes

Every step takes what a dishonest platform would do otherwise, signed with the platform's own keys.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from bids import package as names
from bids.awards import build_award
from bids.custody import (
    CheckedClosing,
    CheckedStage,
    Release,
    bids_of,
    build_release,
    check_closed,
    check_release,
    check_stages,
)
from bids.objects import build_statement
from bids.opening import Outcome, build_opening_record, open_bid
from bids.package import build_evidence, evidence_digests, lines, write_package
from bids.ranking import Ranked, Ranking, rank
from bids.readme import readme
from bids.stages import build_stage
from bids.unlocking import Unlocking
from signing import canonical, statements
from signing.canonical import JSON
from signing.certificates import dump_pem
from signing.encoding import format_time
from tests.bids_factory import Tender, World
from tests.closed_files import bid_entries, bid_files, closed_tender
from tests.logged_enrolments import LoggedEnrolments

Change = Callable[[dict[str, Any]], None]


def unchanged(statement: dict[str, Any]) -> None:
    """The honest platform."""


class Case:
    """A tender on its way from publication to evidence."""

    def __init__(
        self,
        world: World,
        bidders: int = 3,
        *,
        prepare: Callable[[Tender], None] | None = None,
        **facts: Any,
    ) -> None:
        self.world = world
        self.tender = world.tender(**facts)
        if prepare is not None:
            prepare(self.tender)
        for supplier in world.suppliers[:bidders]:
            self.tender.submit(supplier)
        self.ciphertexts: dict[str, bytes | None] = {}
        self.segment = self.tender.segments[0]
        self.stage: CheckedStage | None = None
        # By segment, in the order of their opening: what those before the present one left.
        self.past: dict[str, tuple[list[bytes], bytes, list[Outcome]]] = {}
        self.releases: list[bytes] = []
        self.outcomes: list[Outcome] = []
        self.record = self.evaluation = self.award_file = self.decision = b""
        self.ranking: Ranking | None = None
        self.extra: dict[str, bytes] = {}
        self.logged = LoggedEnrolments(self.tender)
        self.unlocking: Unlocking | None = None
        self.unlocking_file = b""

    # --- the course of things

    def close(self, **changes: Any) -> CheckedClosing:
        """Close the tender and check it as a custodian does that is shown it with `changes`."""
        self.tender.close()
        self.at = self.tender.closing.at
        self.checked = check_closed(closed_tender(self.tender, **changes), self.tender.trust(), None, self.at)
        return self.checked

    def later(self, seconds: float = 1) -> datetime:
        """The next moment of the case."""
        self.at += timedelta(seconds=seconds)
        return self.at

    def log(self, act: str, digests: Mapping[str, str], statement: bytes | None = None) -> int:
        """Log an act of this tender now."""
        return self.tender.log(act, self.at, digests, statement)

    def signed_release(self, number: int, change: Change = unchanged) -> bytes:
        """The n-th custodian's release (from 0)."""
        actor, at = self.world.custodians[number], self.later()
        key = self.tender.sealing_keys[number]
        statement, _ = build_release(self.checked, actor.id, key, self.segment, at, self.stage)
        change(statement)
        return actor.statement(statement, at)

    def release(
        self,
        custodians: Sequence[int] = (0, 1, 2),
        *,
        wait: float = 20,
        keep: Sequence[int] | None = None,
        change: Change = unchanged,
        frozen: Change = unchanged,
    ) -> None:
        """Custodians release, the platform logs each and freezes the set; `keep` are those it admits to."""
        files = {number: self.signed_release(number, change) for number in custodians}
        for file in files.values():
            named = {} if self.stage is None else {"stage": self.stage.stage.digest}
            self.log("custody.released", {"release": Release.parse(file).digest, **named})
        self.releases = [files[number] for number in (custodians if keep is None else keep)]
        at = self.later(wait)
        rows: list[JSON] = [
            {"custodian": release.custodian, "sha256": release.digest}
            for release in map(Release.parse, self.releases)
        ]
        statement = build_statement(
            "release-set",
            {
                "at": format_time(at),
                "tender": self.tender.id,
                "closing": self.checked.closing_digest,
                "segment": self.segment,
                "releases": rows,
            },
        )
        frozen(statement)
        self.frozen_at = at
        self.log("opening.frozen", {}, self.world.state(statement, at))

    def ciphertext(self, bid: str) -> bytes | None:
        """The ciphertext of a bid's public index as the platform has it; `ciphertexts` overrides."""
        if bid in self.ciphertexts:
            return self.ciphertexts[bid]
        return self.sealed(bid, self.segment)

    def sealed(self, bid: str, segment: str) -> bytes:
        """The ciphertext of a bid's public index in a segment, as it was received."""
        return next(one for one in self.tender.bids if one.id == bid).ciphertext("public", 0, segment)

    def open(self, change: Change = unchanged) -> None:
        """Open every bid of the segment and publish the record."""
        checked, trust = self.checked, self.tender.trust()
        releases = [check_release(file, checked, trust, self.stage) for file in self.releases]
        self.outcomes = [
            open_bid(
                bid,
                checked.policy,
                checked.notice,
                releases,
                self.ciphertext(bid.bid),
                None if self.unlocking is None else self.unlocking.of(bid.bid),
                self.segment,
            )
            for bid in bids_of(checked, self.segment, self.stage)
        ]
        at = self.later()
        statement = build_opening_record(
            self.tender.id, checked.closing_digest, self.outcomes, checked.notice, at, self.segment
        )
        change(statement)
        self.record = self.world.state(statement, at)
        digest = statements.read_statement(self.record, "sunseal/opening-record/v1").digest
        file = canonical.digest(self.record)
        self.log("tender.opened", {"opening_record": digest, "opening_record_file": file})

    def next_segment(self) -> str:
        """The segment after the present one."""
        return self.tender.segments[self.tender.segments.index(self.segment) + 1]

    def admit(
        self,
        rejections: Mapping[str, str] | None = None,
        change: Change = unchanged,
        signer: Any = None,
    ) -> None:
        """The agency's stage statement on the segment that was opened: the next one's turn."""
        at, rejected = self.later(), rejections or {}
        statement = build_stage(
            at=at,
            tender=self.tender.id,
            closing=self.checked.closing_digest,
            segment=self.next_segment(),
            opening=self.record_digest(),
            admitted=[one.bid for one in self.outcomes if one.opened and one.bid not in rejected],
            rejections=rejected,
        )
        change(statement)
        file = (signer or self.world.agency).statement(statement, at)
        digest = statements.read_statement(file, "sunseal/stage/v1").digest
        self.log("tender.admitted", {"stage": digest}, file)
        self.past[self.segment] = (self.releases, self.record, self.outcomes)
        self.releases, self.outcomes, self.record = [], [], b""
        self.segment = self.next_segment()

    def check_stages(self, **changes: Any) -> CheckedStage | None:
        """The stages so far as a custodian checks them that is shown them with `changes`."""
        facts: dict[str, Any] = {
            "checked": self.checked,
            "segment": self.segment,
            "entries": tuple(self.world.log_entries),
            "records": [record for _, record, _ in self.past.values()],
            "trust": self.tender.trust(),
        }
        self.stage = check_stages(**{**facts, **changes})
        return self.stage

    def stages(self, **rejections: Mapping[str, str]) -> Case:
        """Closed, and every segment before the last opened and judged; `rejections` by segment."""
        self.close()
        while self.segment != self.tender.segments[-1]:
            self.release()
            self.open()
            self.admit(rejections.get(self.segment))
            self.check_stages()
        return self

    def record_digest(self) -> str:
        return statements.read_statement(self.record, "sunseal/opening-record/v1").digest

    def evaluate(
        self,
        rejections: Mapping[str, str] | None = None,
        order: Sequence[str] = (),
        change: Change = unchanged,
        signer: Any = None,
    ) -> None:
        """The agency's evaluation."""
        at = self.later()
        rows: list[JSON] = [{"bid": bid, "reason": reason} for bid, reason in (rejections or {}).items()]
        members: dict[str, JSON] = {
            "at": format_time(at),
            "tender": self.tender.id,
            "opening": self.record_digest(),
            "rejections": rows,
        }
        if order:
            members["order"] = list(order)
        statement = build_statement("evaluation", members)
        change(statement)
        self.evaluation = (signer or self.world.agency).statement(statement, at)
        self.log("tender.evaluated", {}, self.evaluation)
        received = {bid.bid: bid.received_at for bid in self.checked.current}
        ranked = [
            Ranked(one.bid, one.supplier, one.offer, received[one.bid], (rejections or {}).get(one.bid))
            for one in self.outcomes
            if one.offer is not None
        ]
        self.ranking = rank(ranked, self.tender.notice, order=order)

    def award(self, change: Change = unchanged, decide: Change = unchanged, signer: Any = None) -> None:
        """The agency's decision and the platform's award statement."""
        assert self.ranking is not None
        at = self.later()
        digest = statements.read_statement(self.evaluation, "sunseal/evaluation/v1").digest
        statement = build_award(self.tender.notice, self.ranking, self.record_digest(), digest, at)
        change(statement)
        self.award_file = self.world.state(statement, at)
        decision = build_statement(
            "award-decision",
            {
                "at": format_time(at),
                "tender": self.tender.id,
                "opening": self.record_digest(),
                "winner": statement["winner"],
            },
        )
        decide(decision)
        self.decision = (signer or self.world.agency).statement(decision, at)
        self.log(
            "tender.awarded",
            {
                "award": statements.read_statement(self.award_file, "sunseal/award/v1").digest,
                "award_file": canonical.digest(self.award_file),
            },
            self.decision,
        )

    def fail(self, reason: str = "minimum-not-reached", change: Change = unchanged) -> None:
        """The platform ends the tender."""
        at = self.later()
        statement = build_statement(
            "failure",
            {
                "at": format_time(at),
                "tender": self.tender.id,
                "closing": self.checked.closing_digest,
                "reason": reason,
            },
        )
        change(statement)
        self.log("tender.failed", {}, self.world.state(statement, at))

    def cancel(self, signer: Any = None) -> None:
        """The agency ends the tender."""
        at = self.later()
        statement = build_statement(
            "cancellation",
            {
                "at": format_time(at),
                "tender": self.tender.id,
                "notice": self.tender.notice.digest,
                "reason": "项目取消",
            },
        )
        self.log("tender.cancelled", {}, (signer or self.world.agency).statement(statement, at))

    def run(self) -> Case:
        """The whole honest course, to the award."""
        self.close()
        self.release()
        self.open()
        self.evaluate()
        self.award()
        return self

    # --- the package

    def files(self) -> dict[str, bytes]:
        """Every file but the evidence statement and the log's."""
        tender, world = self.tender, self.world
        files = {
            names.NOTICE: tender.notice.raw,
            names.NOTICE_SIGNATURE: tender.signature,
            names.CLOSING: tender.closing_file,
            names.LEDGER: lines(tender.leaves),
            names.README: readme(tender.id),
            names.ROOTS: dump_pem(world.roots),
            names.CHAIN: dump_pem([world.platform.certificate, world.parties.certificate]),
            names.CRLS: b"".join(
                crl.public_bytes(Encoding.PEM) for crl in (world.crl, world.platform_crl, *world.more_crls)
            ),
            names.ENROLMENTS: canonical.dumps([canonical.loads(one.enrolment) for one in tender.actors]),
        }
        if world.outside:
            files[names.OUTSIDE] = dump_pem(world.outside)
        for notice, signature in tender.old_notices:
            name, signature_name = names.notice_names(notice.digest)
            files |= {name: notice.raw, signature_name: signature}
        for bid, one in bid_files(tender).items():
            files |= bid_entries(bid, one)
        for segment, (releases, record, outcomes) in self.opened().items():
            for file in releases:
                files[names.share_name(segment, Release.parse(file).custodian)] = file
            if record:
                name, pdf = names.record_names(segment)
                files |= {name: record, pdf: b"%PDF-1.7 record"}
            for outcome in outcomes:
                ciphertext = self.ciphertexts.get(outcome.bid, self.sealed(outcome.bid, segment))
                if ciphertext is not None:
                    files[names.sealed_name(outcome.bid, segment)] = ciphertext
                if outcome.offer_raw is not None:
                    files[names.offer_name(outcome.bid, segment)] = outcome.offer_raw
        if self.unlocking_file:
            files[names.UNLOCKING] = self.unlocking_file
        if self.award_file:
            files |= {names.AWARD: self.award_file, names.AWARD_REPORT: b"%PDF-1.7 award"}
            files[names.AWARD_NOTICE] = b"%PDF-1.7 notice"
        return {**files, **self.extra}

    def opened(self) -> dict[str, tuple[list[bytes], bytes, list[Outcome]]]:
        """Releases, record and outcomes by segment."""
        return {**self.past, self.segment: (self.releases, self.record, self.outcomes)}

    def package(
        self,
        change: Callable[[dict[str, bytes]], None] | None = None,
        evidence: Change = unchanged,
        log: Callable[[dict[str, bytes]], None] | None = None,
        digests: Change = unchanged,
    ) -> bytes:
        """The ZIP; `change` the files before they are listed, `evidence` the statement, `digests` those in
        its entry, `log` the log's files at last: all of it what only the platform can do."""
        files = self.files()
        if change is not None:
            change(files)
        at = self.later()
        listed = {name: canonical.digest(data) for name, data in files.items()}
        statement = build_evidence(self.tender.id, listed, at)
        evidence(statement)
        file = self.world.state(statement, at)
        self.logged.log()
        mine = self.positions()
        found: dict[str, Any] = dict(
            evidence_digests(file, (self.world.log_entries[index] for index in mine))
        )
        digests(found)
        self.log("evidence.published", found)
        files[names.EVIDENCE] = file
        files |= self.log_files(self.positions())
        if log is not None:
            log(files)
        return zipped(files)

    def positions(self) -> list[int]:
        """Where the log has this tender's entries."""
        own = f'"tender":"{self.tender.id}"'.encode()
        return [index for index, entry in enumerate(self.world.log_entries) if own in entry]

    def log_files(self, positions: Sequence[int]) -> dict[str, bytes]:
        """Key, checkpoint, entries and proofs."""
        world = self.world
        return {
            names.LOG_KEY: world.log_signer.vkey.encode() + b"\n",
            names.LOG_CHECKPOINT: world.checkpoint(),
            names.LOG_ENTRIES: lines(world.log_entries[index] for index in positions),
            names.LOG_ENROLMENTS: self.logged.file(),
            **{names.proof_name(index): world.proof(index) for index in positions},
        }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The package's bytes."""
    sink = io.BytesIO()
    write_package(sink, files.items())
    return sink.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """The files of a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
