"""The opening: releases frozen, each bid opened once, the record made once, whatever crashes.

Everything follows from rows: a killed worker's successor reads what is there and goes on. The
slow part (decryption) runs outside of transactions; each short transaction first sees that the
claim is still held, and unique keys refuse what slips through.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from obstore.exceptions import BaseError
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bids.custody import CheckedClosing, CurrentBid, Release
from bids.notice import Notice
from bids.objects import build_statement
from bids.opening import UNKNOWN, Outcome, build_opening_record, frozen, open_bid, read_outcome
from bids.unlocking import Unlock
from signing.encoding import format_time
from trading.audit.services import AuditLog
from trading.custody.models import Release as ReleaseRow
from trading.opening.checked import closing_on_record, forget
from trading.opening.closing import Closings, too_few
from trading.opening.lost import Lost
from trading.opening.models import Closing, OpenedBid, PublishedOpeningRecord, ReleaseSet, Stage
from trading.opening.record import (
    StoredObject,
    current_on_record,
    leaves_on_record,
    stored_objects,
)
from trading.opening.stages import bids_in, opens_since
from trading.opening.statements import SignedFile, sign
from trading.platform import Platform
from trading.queue import Hold, claim, step
from trading.submission.models import Bid
from trading.tenders.lifecycle import Event, Facts, State, transition
from trading.tenders.models import Tender
from trading.tenders.rules import pack_named
from trading.tenders.services import Tenders
from trading.unlocking.record import open_window, unlocks_of, waits

log = structlog.get_logger("sunseal.opening")

CLAIM = "opening"
# A batch ends well within the claim's time, so that a slow machine still gets on between two checks.
_BATCH_SHARE = 0.2
_READERS = 4


@dataclass
class _Task:
    """What one run of the opener works with: the `current` bids of the segment whose turn it is; outcomes
    found in this run are kept for the record."""

    checked: CheckedClosing
    segment: str
    current: tuple[CurrentBid, ...]
    releases: tuple[Release, ...]
    done: set[str]
    unlocks: Mapping[str, Unlock]
    lost: Lost
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def notice(self) -> Notice:
        return self.checked.notice

    @property
    def pending(self) -> list[CurrentBid]:
        return [bid for bid in self.current if bid.bid not in self.done]


class Openings:
    """Freezes releases and opens bids, `batch_bids` of them at most in one writing transaction."""

    def __init__(self, platform: Platform, batch_bids: int = 20) -> None:
        self._platform = platform
        self._batch_bids = batch_bids
        self._tenders = Tenders(platform)
        self._log = AuditLog(platform)

    def close(self, tender_id: str) -> bool:
        """Close a tender whose deadline has passed; whether this call did."""
        return Closings(self._platform).close(tender_id)

    # Freezing

    def freeze(self, tender_id: str) -> bool:
        """Freeze the release set if it is time; whether this call did."""
        step("freezing:started", tender_id)
        with self._platform.database.transaction() as session:
            tender = self._tenders.lock(session, tender_id)
            done = self.freeze_locked(session, tender)
        if done:
            step("freezing:committed", tender_id)
        return done

    def freeze_locked(self, session: Session, tender: Tender) -> bool:
        """As freeze, in a transaction that holds the tender's lock: the log is written last."""
        if tender.state != State.CLOSED:
            return False
        notice = self._tenders.notice_of(session, tender)
        closing = session.get_one(Closing, tender.id)
        segment = tender.segment
        rows = self._releases(session, tender.id, segment)
        since = opens_since(session, tender, segment)
        now = self._platform.clock.now(session)
        policy = notice.policy
        if not frozen(
            len(rows), len(policy.custodians), policy.threshold, since, policy.grace_seconds, now
        ):
            return False
        step("freezing:locked", tender.id, releases=len(rows))
        leaves = leaves_on_record(session, tender.id)
        current = current_on_record(session, tender.id, policy.digest, leaves)
        if policy.lock and segment == policy.segment_names[0]:
            pack = pack_named(tender.pack, tender.pack_version)
            open_window(session, tender.id, len(current), now, pack.unlock_minutes)
        tender.state = transition(
            State.CLOSED, Event.FREEZE,
            Facts(
                statement="release-set", suppliers=len({leaf.supplier for leaf in current}),
                minimum=policy.minimum_bidders, releases=len(rows), threshold=policy.threshold,
            ),
        )
        places = {custodian.id: custodian.position for custodian in policy.custodians}
        rows.sort(key=lambda row: places[row.custodian_id])
        statement = build_statement(
            "release-set",
            {
                "at": format_time(now), "tender": tender.id, "closing": closing.digest, "segment": segment,
                "releases": [{"custodian": row.custodian_id, "sha256": row.digest} for row in rows],
            },
        )
        signed = sign(self._platform, statement, now)
        for row in rows:
            row.frozen = True
        session.add(ReleaseSet(tender_id=tender.id, segment=segment, raw=signed.raw, at=now))
        session.flush()
        step("freezing:written", tender.id)
        self._log.append(
            session, "opening.frozen", at=now, tender=tender.id, actor=None, address=None,
            digests={"release_set": signed.digest, "closing": closing.digest}, statement=signed.raw,
        )
        step("freezing:logged", tender.id)
        return True

    def _releases(self, session: Session, tender_id: str, segment: str) -> list[ReleaseRow]:
        return list(
            session.scalars(
                select(ReleaseRow).where(ReleaseRow.tender_id == tender_id, ReleaseRow.segment == segment)
            )
        )

    # Opening

    def open(self, tender_id: str) -> None:
        """Open what is not opened yet, then make the record; one worker at a time.

        Raises:
            ClaimLost: another worker has taken over.
        """
        step("opening:started", tender_id)
        with claim(self._platform, CLAIM, tender_id) as hold:
            if hold is None:
                step("opening:held-elsewhere", tender_id)
                return
            step("opening:claimed", tender_id)
            task = self._task(tender_id)
            if task is None:
                return
            step("opening:loaded", tender_id, bids=len(task.current), pending=len(task.pending))
            for outcomes in self._batches(task):
                step("opening:batch-opened", tender_id, bids=len(outcomes))
                self._keep(tender_id, task.segment, hold, outcomes)
                task.outcomes.update((outcome.bid, outcome) for outcome in outcomes)
                step("opening:batch-kept", tender_id, bids=len(outcomes))
            if task.lost.waiting:
                with self._platform.database.transaction() as session:
                    hold.check(self._platform, session)
                    task.lost.wait(session, tender_id, self._platform.clock.now(session))
                step("opening:waiting", tender_id)
            else:
                self.finish(tender_id, hold, task)
                forget(task.checked.closing_digest)
        step("opening:released", tender_id)

    def _task(self, tender_id: str) -> _Task | None:
        with self._platform.database.reading() as session:
            tender = session.get_one(Tender, tender_id)
            if tender.state != State.OPENING or waits(session, tender_id):
                return None
            pack = pack_named(tender.pack, tender.pack_version)
            checked, segment = closing_on_record(self._platform, session, tender), tender.segment
            return _Task(
                unlocks=unlocks_of(session, tender_id),
                lost=Lost.of(session, tender_id, segment, pack.resupply, self._platform.clock.now(session)),
                checked=checked,
                segment=segment,
                current=bids_in(session, tender, segment, checked),
                # Checked when they were received; the frozen set names them by digest.
                releases=tuple(
                    Release.parse(row.raw)
                    for row in self._releases(session, tender_id, segment)
                    if row.frozen
                ),
                done=set(
                    session.scalars(
                        select(OpenedBid.bid_id).where(
                            OpenedBid.tender_id == tender_id, OpenedBid.segment == segment
                        )
                    )
                ),
            )

    def _batches(self, task: _Task) -> Iterator[list[Outcome]]:
        """Outcomes of pending bids, a few at a time: by number and by the time they took."""
        pending = task.pending
        limit = self._platform.settings.claim_seconds * _BATCH_SHARE
        notice = task.notice
        with ThreadPoolExecutor(_READERS) as readers:
            for start in range(0, len(pending), self._batch_bids):
                since = time.monotonic()
                bids = pending[start : start + self._batch_bids]
                with self._platform.database.reading() as session:
                    places = stored_objects(session, [bid.bid for bid in bids], task.segment, "public", 0)
                # Storage may be far away: its answers are waited for side by side.
                answers = list(readers.map(self._ciphertext, [places.get((bid.bid, 0)) for bid in bids]))
                found = _as_far_as_read(bids, answers, task.lost)
                batch: list[Outcome] = []
                for bid, ciphertext in zip(bids, found, strict=True):
                    if task.lost.may_come_again(bid, ciphertext):
                        continue
                    unlock = task.unlocks.get(bid.bid)
                    batch.append(_open(bid, task.segment, notice, task.releases, ciphertext, unlock))
                    if time.monotonic() - since > limit:
                        yield batch
                        batch, since = [], time.monotonic()
                if batch:
                    yield batch

    def _ciphertext(self, place: StoredObject | None) -> bytes | Exception | None:
        """The bytes, None where storage has none, or what kept it from answering."""
        if place is None:
            return None
        try:
            return b"".join(self._platform.storage.chunks(place.key, place.parts))
        except FileNotFoundError:
            return None
        except (ConnectionError, TimeoutError, BaseError) as error:
            return error
        except OSError:
            log.exception("ciphertext unreadable", key=place.key)
            return None

    def _keep(self, tender_id: str, segment: str, hold: Hold, outcomes: Sequence[Outcome]) -> None:
        with self._platform.database.transaction() as session:
            hold.check(self._platform, session)
            at = self._platform.clock.now(session)
            rows = [_row(tender_id, segment, outcome, at) for outcome in outcomes]
            session.execute(insert(OpenedBid), rows)
            step("opening:batch-written", tender_id)

    # The record

    def finish(self, tender_id: str, hold: Hold, task: _Task) -> None:
        """Make the opening record when every bid was tried: state, statement and log in one transaction."""
        step("finishing:started", tender_id)
        outcomes = self._outcomes(tender_id, task)
        with self._platform.database.transaction() as session:
            tender = self._tenders.lock(session, tender_id)
            hold.check(self._platform, session)
            if tender.state != State.OPENING:
                return
            step("finishing:locked", tender_id)
            now = self._platform.clock.now(session)
            tried = session.scalar(
                select(func.count())
                .select_from(OpenedBid)
                .where(OpenedBid.tender_id == tender_id, OpenedBid.segment == task.segment)
            )
            tender.state = transition(
                State.OPENING, Event.RECORD if tender.next_segment is None else Event.RECORD_STAGE,
                Facts(statement="opening-record", pending=len(task.current) - int(tried or 0)),
            )
            record = build_opening_record(
                tender_id, task.checked.closing_digest, outcomes, task.notice, now, task.segment
            )
            signed = sign(self._platform, record, now)
            step("finishing:signed", tender_id)
            self._publish(session, tender, task, signed, now)
            self._count_again(session, tender, task, outcomes, now)
            step("finishing:logged", tender_id)
        step("finishing:committed", tender_id)

    def _publish(
        self, session: Session, tender: Tender, task: _Task, signed: SignedFile, now: datetime
    ) -> None:
        row: PublishedOpeningRecord | Stage
        if tender.next_segment is None:
            row = PublishedOpeningRecord(
                tender_id=tender.id, raw=signed.raw, digest=signed.digest, log_position=-1, at=now
            )
        else:
            row = Stage(
                tender_id=tender.id, segment=task.segment, raw=signed.raw, digest=signed.digest,
                log_position=-1, at=now, opens=tender.next_segment,
            )
        session.add(row)
        session.flush()
        step("finishing:written", tender.id)
        entry = self._log.append(
            session, "tender.opened", at=now, tender=tender.id, actor=None, address=None,
            digests={
                "opening_record": signed.digest, "opening_record_file": signed.file_digest,
                "closing": task.checked.closing_digest,
            },
            statement=None,
        )
        row.log_position = entry.position

    def _count_again(
        self, session: Session, tender: Tender, task: _Task, outcomes: Sequence[Outcome], now: datetime
    ) -> None:
        """Where the pack counts the bidders again after the opening, too few of them end the tender."""
        notice = task.notice
        pack = pack_named(notice.rules.pack, notice.rules.version)
        suppliers = {outcome.supplier for outcome in outcomes if outcome.opened}
        # With none there is nothing to evaluate, whatever the pack says.
        least = notice.policy.minimum_bidders if pack.minimum_after_opening else 1
        if len(suppliers) < least:
            step("finishing:too-few", tender.id)
            self._tenders.fail(
                session, tender, too_few(len(suppliers), least, "opened"), now,
                task.checked.closing_digest,
            )

    def _outcomes(self, tender_id: str, task: _Task) -> list[Outcome]:
        """All outcomes in the ledger's order; those of earlier runs are read back from their rows."""
        missing = [bid for bid in task.current if bid.bid not in task.outcomes]
        known = dict(task.outcomes)
        if missing:
            with self._platform.database.reading() as session:
                known.update(outcomes_on_record(session, tender_id, task.notice, task.segment))
        return [known[bid.bid] for bid in task.current]


def _as_far_as_read(
    bids: Sequence[CurrentBid], answers: Sequence[bytes | Exception | None], lost: Lost
) -> list[bytes | None]:
    """Ciphertexts; one that storage fails to give while it gives others is lost, so that it stops no other,
    and so is one that was waited for before, or any when storage has been silent for a whole window.

    Raises whatever kept storage from answering at all: then nothing is lost, and the job is tried again.
    """
    failures = [answer for answer in answers if isinstance(answer, Exception)]
    silent = not any(isinstance(answer, bytes) for answer in answers)
    if failures and silent and not lost.overdue and not any(bid.bid in lost.until for bid in bids):
        raise failures[0]
    for bid, answer in zip(bids, answers, strict=True):
        if isinstance(answer, Exception):
            log.error("ciphertext unreadable", bid=bid.bid, error=repr(answer))
    return [answer if isinstance(answer, bytes) else None for answer in answers]


def _open(
    bid: CurrentBid, segment: str, notice: Notice, releases: Sequence[Release], ciphertext: bytes | None,
    unlock: Unlock | None,
) -> Outcome:
    """Open one bid; what nobody foresaw in it is recorded, and stops no other (Order 20 art. 31)."""
    try:
        return open_bid(bid, notice.policy, notice, releases, ciphertext, unlock, segment)
    except Exception:
        log.exception("a bid's opening broke off", bid=bid.bid)
        return Outcome(bid.bid, bid.supplier, False, fault=UNKNOWN, reason="broke-off")


def outcomes_on_record(
    session: Session, tender_id: str, notice: Notice, segment: str
) -> dict[str, Outcome]:
    """What became of each bid in a segment, as kept by the opener."""
    rows = session.execute(
        select(OpenedBid, Bid.supplier_id)
        .join(Bid, OpenedBid.bid_id == Bid.id)
        .where(OpenedBid.tender_id == tender_id, OpenedBid.segment == segment)
    )
    return {row.OpenedBid.bid_id: _outcome(row.OpenedBid, row.supplier_id, notice) for row in rows}


def _outcome(row: OpenedBid, supplier: str, notice: Notice) -> Outcome:
    if row.offer is None:
        return Outcome(row.bid_id, supplier, False, fault=row.fault, reason=row.reason)
    return read_outcome(row.bid_id, supplier, row.offer, notice, row.segment)


def _row(tender_id: str, segment: str, outcome: Outcome, at: datetime) -> dict[str, Any]:
    return {
        "tender_id": tender_id, "segment": segment, "bid_id": outcome.bid, "opened": outcome.opened,
        "offer": outcome.offer_raw, "fault": outcome.fault, "reason": outcome.reason, "at": at,
    }
