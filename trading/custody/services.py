"""Custodians' acts: keys for a tender, the release, the erasure; and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from bids.custody import CheckedStage, check_release
from bids.custody import Release as CheckedRelease
from bids.objects import read_signed
from signing import canonical
from signing.encoding import b64encode, format_time
from trading.accounts.services import Accounts
from trading.audit.models import LogEntry
from trading.audit.services import AuditLog
from trading.custody.models import Erasure, FilesShare, RefusedRelease, Release
from trading.errors import Conflict, Forbidden, NotFound, TradingError
from trading.opening.checked import closing_on_record
from trading.opening.models import Closing
from trading.opening.services import Openings
from trading.opening.stages import stage_on_record
from trading.platform import Platform
from trading.queue import step
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.tenders.reserve import FreshKey, Reserve
from trading.tenders.services import Tenders
from trading.web.security import Actor

_RELEASED_FROM = (
    State.CLOSED, State.OPENING, State.JUDGING, State.OPENED, State.EVALUATED, State.AWARDED,
)
_ERASED_FROM = (State.OPENED, State.EVALUATED, State.AWARDED, State.FAILED, State.CANCELLED)


class Custody:
    """What the platform does for and with custodians; it never holds a key of theirs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._accounts = Accounts(platform)
        self._tenders = Tenders(platform)
        self._reserve = Reserve(platform)
        self._log = AuditLog(platform)

    def tasks(self, session: Session, actor: Actor, cursor: str | None, limit: int) -> dict[str, Any]:
        """Tenders of this custodian whose keys it has not erased, by id: hints, no more.

        A draft whose deadline has passed cannot be published as it is: its keys may be given up.
        """
        now = self._platform.clock.now(session)
        query = (
            select(Tender, TenderCustodian, Release.digest)
            .join(TenderCustodian, TenderCustodian.tender_id == Tender.id)
            .outerjoin(
                Release,
                (Release.tender_id == Tender.id)
                & (Release.custodian_id == TenderCustodian.organisation_id)
                & (Release.segment == Tender.segment),
            )
            .outerjoin(
                Erasure,
                (Erasure.tender_id == Tender.id)
                & (Erasure.custodian_id == TenderCustodian.organisation_id),
            )
            .where(TenderCustodian.organisation_id == actor.organisation, Erasure.tender_id.is_(None))
            .where(or_(Tender.state != State.DRAFT, Tender.deadline > now))
            .where(Tender.id > (cursor or ""))
            .order_by(Tender.id)
            .limit(limit + 1)
        )
        rows = session.execute(query).all()
        items = [_task(tender, own, released is not None) for tender, own, released in rows[:limit]]
        return {"items": items, "next": items[-1]["tender"] if len(rows) > limit else None}

    def keep_key(
        self, session: Session, actor: Actor, tender_id: str, sealing_key: bytes, signature: bytes,
        certificate: str | None,
    ) -> dict[str, Any]:
        """Keep the custodian's sealing key for the draft; see Tenders.custodian_key for refusals."""
        row = self._tenders.custodian_key(
            session, actor, tender_id, sealing_key, signature, certificate
        )
        return _task(session.get_one(Tender, tender_id), row, False)

    def reserve(self, session: Session, actor: Actor) -> dict[str, Any]:
        """The ids kept ready, and for which of them this custodian's key is wanted."""
        now = self._platform.clock.now(session)
        return {
            "items": [
                {"tender": tender, "key_wanted": not given}
                for tender, given in self._reserve.shown(session, actor.organisation, now)
            ]
        }

    def stock(self, session: Session, actor: Actor, keys: Sequence[FreshKey]) -> int:
        """Keep fresh keys for ids kept ready; how many were. See Reserve.keep for refusals."""
        return self._reserve.keep(session, actor.organisation, keys, self._platform.clock.now(session))

    def give_up(self, session: Session, actor: Actor, tender_id: str) -> None:
        """Forget the custodian's key for an unpublished id; Conflict "custodian-key-needed"."""
        self._reserve.give_up(session, actor.organisation, tender_id)

    def closing(self, session: Session, closing: Closing) -> dict[str, Any]:
        """The closing statement, its log entry, and a proof against the log as it is now."""
        head = self._log.head(session)
        return {
            "file": b64encode(closing.raw),
            "entry": b64encode(session.get_one(LogEntry, closing.log_position).raw),
            "entry_position": closing.log_position,
            "proof": self._log.proof(session, closing.log_position, head).decode(),
        }

    def release(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, file: bytes,
        files_shares: Sequence[tuple[str, bytes]],
    ) -> bool:
        """Take a custodian's release; whether the release set is frozen now.

        `files_shares` are bid ids with the share of the bid's files part, sealed to the agency.

        1. The statement: signature, chain, revocation, the actor's organisation, the policy's key.
        2. It binds this closing and has exactly the current bids' parts, or in a later segment those of the
           bids that its stage statement admits; shares match commitments.
        3. Under the tender's lock: closed, not ended, and no other release of this custodian for the segment.
        4. The first set that is complete is frozen at once.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is kept.
        """
        now = self._platform.clock.now(session)
        read = read_signed(file, "release")
        signed, crl = self._accounts.verify_party_signature(
            session, read.statement_bytes, read.signature, now, "custodian", actor.organisation
        )
        segment: str = read.statement["segment"]
        if read.statement["custodian"] != actor.organisation:
            raise Forbidden("release-not-yours")
        # What is closed does not change, so the long check needs no lock.
        tender = session.get_one(Tender, tender_id)
        if session.get(Closing, tender_id) is None:
            raise Conflict("tender-not-closed")
        if tender.state not in _RELEASED_FROM:
            raise Conflict("release-not-wanted", state=tender.state)
        if self._kept(session, tender_id, segment, actor.organisation, file):
            return tender.state != State.CLOSED
        step("release:checking", tender_id)
        trust = self._accounts.trust_in(session, signed, crl)
        checked = closing_on_record(self._platform, session, tender)
        known = segment in tender.segment_names
        stage = stage_on_record(session, tender, segment, checked) if known else None
        release = check_release(file, checked, trust, stage)
        # A tender is published only by an agency with an envelope key to seal them to.
        if sorted(bid for bid, _ in files_shares) != sorted(release.files):
            raise TradingError("release-files-shares")
        # The order of locks is the tender's row, then the log's head; nobody takes them the other way.
        tender = self._tenders.lock(session, tender_id)
        if tender.state not in _RELEASED_FROM:
            raise Conflict("release-not-wanted", state=tender.state)
        if not self._kept(session, tender_id, segment, actor.organisation, file):
            self._keep(session, actor, address, release, stage, file, files_shares)
        return Openings(self._platform).freeze_locked(session, tender) or tender.state != State.CLOSED

    def note_refused(
        self, actor: Actor, address: str | None, tender_id: str, file: bytes, code: str
    ) -> None:
        """Keep, in a transaction of its own, that a custodian's release was refused: the first of each.

        The log says so too, since it appears to be the custodian's fault that its shares do not count.
        """
        with self._platform.database.transaction() as session:
            mine = select(TenderCustodian.tender_id).where(
                TenderCustodian.tender_id == tender_id, TenderCustodian.organisation_id == actor.organisation
            )
            if session.scalar(mine) is None:
                return
            self._tenders.lock(session, tender_id)
            if session.get(RefusedRelease, (tender_id, actor.organisation)) is not None:
                return
            now, digest = self._platform.clock.now(session), canonical.digest(file)
            session.add(
                RefusedRelease(
                    tender_id=tender_id, custodian_id=actor.organisation, digest=digest, code=code, at=now
                )
            )
            session.flush()
            self._log.append(
                session, "custody.refused", at=now, tender=tender_id, actor=actor, address=address,
                digests={"release": digest}, statement=None,
            )

    def own_release(self, session: Session, actor: Actor, tender_id: str) -> bytes:
        """The file that the custodian handed in for the segment in turn; NotFound if there is none."""
        tender = session.get_one(Tender, tender_id)
        kept = session.get(Release, (tender_id, tender.segment, actor.organisation))
        if kept is None:
            raise NotFound("release-none")
        return kept.raw

    def _kept(
        self, session: Session, tender_id: str, segment: str, custodian: str, file: bytes
    ) -> bool:
        """Whether this very release is here already; Conflict if another one of the custodian is."""
        kept = session.get(Release, (tender_id, segment, custodian), populate_existing=True)
        if kept is not None and kept.raw != file:
            raise Conflict("release-second")
        return kept is not None

    def _keep(
        self, session: Session, actor: Actor, address: str | None, release: CheckedRelease,
        stage: CheckedStage | None, file: bytes, files_shares: Sequence[tuple[str, bytes]],
    ) -> None:
        now = self._platform.clock.now(session)
        session.add(
            Release(
                tender_id=release.tender, segment=release.segment, custodian_id=release.custodian, raw=file,
                digest=release.digest, received_at=now,
            )
        )
        session.flush()
        if files_shares:
            place = {
                "tender_id": release.tender, "segment": release.segment, "custodian_id": release.custodian
            }
            rows = [{**place, "bid_id": bid, "sealed": sealed} for bid, sealed in files_shares]
            session.execute(insert(FilesShare), rows)
        step("release:written", release.tender, custodian=release.custodian)
        self._log.append(
            session, "custody.released", at=now, tender=release.tender, actor=actor, address=address,
            # On which stage statement: so a late release of an earlier segment is told from one of this.
            digests={
                "release": release.digest, "closing": release.closing,
                **({} if stage is None else {"stage": stage.stage.digest}),
            },
            statement=None,
        )
        step("release:logged", release.tender, custodian=release.custodian)

    def erased(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, file: bytes
    ) -> datetime:
        """Record a custodian's signed erasure of its sealing key; when it was recorded.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is kept.
        """
        now = self._platform.clock.now(session)
        read = read_signed(file, "erasure")
        self._accounts.verify_party_signature(
            session, read.statement_bytes, read.signature, now, "custodian", actor.organisation
        )
        tender = self._tenders.lock(session, tender_id)
        kept = session.get(Erasure, (tender_id, actor.organisation))
        if kept is not None:
            return kept.at
        if tender.state not in _ERASED_FROM:
            raise Conflict("erasure-too-early", state=tender.state)
        key = self._sealing_key(session, tender_id, actor.organisation)
        wanted = (tender_id, actor.organisation, canonical.digest(key))
        stated = read.statement
        if (stated["tender"], stated["custodian"], stated["sealing_key"]) != wanted:
            raise TradingError("erasure-other-key")
        now = self._platform.clock.now(session)
        session.add(Erasure(tender_id=tender_id, custodian_id=actor.organisation, raw=file, at=now))
        session.flush()
        self._log.append(
            session, "custody.erased", at=now, tender=tender_id, actor=actor, address=address,
            digests={"erasure": read.digest}, statement=file,
        )
        step("erasure:logged", tender_id, custodian=actor.organisation)
        return now

    def _sealing_key(self, session: Session, tender_id: str, organisation: str) -> bytes:
        key = session.scalar(
            select(TenderCustodian.sealing_key).where(
                TenderCustodian.tender_id == tender_id, TenderCustodian.organisation_id == organisation
            )
        )
        if key is None:
            raise Forbidden("custodian-not-of-tender")
        return key


def _task(tender: Tender, own: TenderCustodian, released: bool) -> dict[str, Any]:
    return {
        "tender": tender.id,
        "state": tender.state,
        "key_wanted": tender.state == State.DRAFT and own.sealing_key is None,
        "key_held": own.sealing_key is not None,
        "segment": tender.segment,
        "deadline": format_time(tender.deadline),
        "released": released,
        "erase": own.sealing_key is not None and tender.state in _ERASED_FROM,
    }
