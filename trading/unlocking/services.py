"""Unlocking: secrets received in the window, the statement that ends it once, the agency's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.manifest import Manifest
from bids.objects import read_signed
from bids.unlock_receipts import build_unlock_receipt
from bids.unlocking import (
    Unlock,
    Unlocking,
    build_unlocking,
    read_unlock_decision,
)
from signing.canonical import digest, dumps
from signing.encoding import format_time
from signing.statements import sign_statement
from trading.accounts.services import Accounts
from trading.audit import private
from trading.audit.services import AuditLog
from trading.errors import Conflict, NotFound
from trading.opening.models import Closing
from trading.opening.record import current_on_record, leaves_on_record
from trading.opening.statements import refuse_before_opening, sign
from trading.platform import Platform
from trading.queue import step
from trading.submission.history import own_history
from trading.submission.models import Bid
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.rules import pack_named
from trading.tenders.services import Tenders
from trading.timestamps.services import UNLOCKING, Stamping
from trading.unlocking.models import UnlockDecision, UnlockedBid, UnlockWindow
from trading.unlocking.record import UNSEEN, count_unlocked, decisions_of, seen
from trading.web.liveness import outages_between
from trading.web.security import Actor


class Unlockings:
    """The acts of bidders, platform and agency around a window to unlock."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._clock = platform.clock
        self._accounts = Accounts(platform)
        self._tenders = Tenders(platform)
        self._log = AuditLog(platform)
        self._stamping = Stamping(platform)

    # The bidder

    def unlock(
        self, session: Session, actor: Actor, address: str, tender_id: str, bid_id: str, secret: bytes
    ) -> UnlockedBid:
        """Receive a bidder's secret; the same again gets the same receipt, also when the window has ended.

        Whoever knows what hashes to the digest in the signed manifest is believed: nobody but the bidder had
        it. A secret that comes before the window is refused and nowhere kept.

        Raises:
            TradingError: refused, with rule and article; the attempt is on record.
        """
        # What a bid's owner has in the ledger was fixed at the closing: it is read before anybody waits.
        bid = session.get_one(Bid, bid_id)
        manifest = Manifest.parse(bid.manifest)
        history = own_history(session, tender_id, bid.supplier_id, None)
        tender = self._tenders.lock(session, tender_id)
        pack = pack_named(tender.pack, tender.pack_version)
        if not tender.lock:
            raise Conflict("unlock-not-asked")
        window = session.get(UnlockWindow, tender.id)
        if window is None:
            over = State(tender.state).final
            raise pack.refuse("unlock-minutes", "unlock-ended" if over else "unlock-early")
        if not manifest.is_secret(secret):
            raise pack.refuse("unlock-minutes", "unlock-secret-wrong", bid=bid.id)
        known = session.get(UnlockedBid, bid.id)
        if known is not None:
            return known
        now = max(self._clock.now(session), window.opened_at)
        if window.ended_at is not None or now >= window.until:
            raise pack.refuse("unlock-minutes", "unlock-late", until=format_time(window.until))
        if history.current(str(tender.policy_digest)) is not bid:
            raise pack.refuse("unlock-minutes", "unlock-not-current", bid=bid.id)
        statement = build_unlock_receipt(manifest, now)
        receipt = sign_statement(statement, self._platform.keys.receipt, now)
        row = UnlockedBid(
            bid_id=bid.id, tender_id=tender.id, person_id=actor.person, secret=secret, received_at=now,
            receipt=self._stamping.at_once(receipt, now),
        )  # fmt: skip
        session.add(row)
        # A token that comes later changes the file, and not what it states.
        details = {"bid": bid.id, "lock": manifest.lock, "receipt": digest(dumps(statement))}
        private.keep(session, actor, address, "bid.unlocked", now, tender.id, details)
        session.flush()
        step("unlocking:received", tender.id)
        self._stamping.later(session, tender.id, bid.id, UNLOCKING, now)
        return row

    def visit(self, session: Session, actor: Actor, address: str, bid: Bid) -> None:
        """Keep, once in a window, that a bidder came; in a transaction of its own, as requests only read."""
        window = session.get(UnlockWindow, bid.tender_id)
        if window is None or window.ended_at is not None:
            return
        if seen(session, window, bid.supplier_id):
            return
        with self._platform.database.transaction() as own:
            now = self._clock.now(own)
            private.keep(own, actor, address, "bid.unlock-visited", now, bid.tender_id, {"bid": bid.id})

    # The platform

    def end(self, tender_id: str) -> bool:
        """End the window if all have unlocked or its time is over; whether this call did.

        One transaction under the tender's lock: no secret comes between, and whatever crashes, the statement
        is made once or not at all.
        """
        step("unlocking:started", tender_id)
        with self._platform.database.reading() as session:
            if session.get(UnlockWindow, tender_id) is None:
                return False
            # The ledger is frozen since before there was a window.
            suppliers = self._current(session, tender_id)
        with self._platform.database.transaction() as session:
            tender = self._tenders.lock(session, tender_id)
            window = session.get(UnlockWindow, tender_id, with_for_update=True)
            if window is None or window.ended_at is not None:
                return False
            now = max(self._clock.now(session), window.opened_at)
            if now < window.until and count_unlocked(session, tender_id) < window.bids:
                return False
            self._state(session, tender, window, now, suppliers)
            step("unlocking:logged", tender_id)
        step("unlocking:committed", tender_id)
        return True

    def _current(self, session: Session, tender_id: str) -> dict[str, str]:
        """The supplier of each current bid, by bid, in the ledger's order."""
        policy = str(session.get_one(Tender, tender_id).policy_digest)
        leaves = current_on_record(session, tender_id, policy, leaves_on_record(session, tender_id))
        return {leaf.bid: leaf.supplier for leaf in leaves}

    def _state(
        self,
        session: Session,
        tender: Tender,
        window: UnlockWindow,
        now: datetime,
        suppliers: Mapping[str, str],
    ) -> None:
        closing = session.get_one(Closing, tender.id).digest
        found = select(UnlockedBid).where(UnlockedBid.tender_id == tender.id)
        secrets = {row.bid_id: row for row in session.scalars(found)}
        at = max([now, *(row.received_at for row in secrets.values())])
        outages = outages_between(session, window.opened_at, window.until, now)
        came = seen(session, window)
        period = (window.opened_at, window.until)
        rows = []
        for bid, supplier in suppliers.items():
            row = secrets.get(bid)
            if row is not None:
                rows.append(Unlock(bid, row.secret, row.received_at))
            else:
                facts = came.get(supplier, UNSEEN)
                rows.append(Unlock.silent(bid, facts.fetched, facts.attempts, outages, period))
        statement = build_unlocking(
            at=at, tender=tender.id, closing=closing, opened_at=window.opened_at, until=window.until,
            outages=outages, bids=rows,
        )  # fmt: skip
        signed = sign(self._platform, statement, at)
        window.ended_at, window.raw, window.digest = at, signed.raw, signed.digest
        session.flush()
        step("unlocking:written", tender.id)
        entry = self._log.append(
            session, "opening.unlocked", at=at, tender=tender.id, actor=None, address=None,
            digests={
                "unlocking": signed.digest, "unlocking_file": signed.file_digest, "closing": closing,
            },
        )  # fmt: skip
        window.log_position = entry.position

    # The agency

    def decide(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, file: bytes
    ) -> list[UnlockDecision]:
        """Keep the agency's signed decision on bids that the record left open (Order 20 art. 31).

        The same decision again changes nothing.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is kept.
        """
        read = read_signed(file, "unlock-decision")
        now = self._clock.now(session)
        verified, crl = self._accounts.verify_party_signature(
            session, read.statement_bytes, read.signature, now, "agency", actor.organisation
        )
        tender = self._tenders.lock(session, tender_id)
        window = session.get(UnlockWindow, tender_id)
        if window is None or window.raw is None or window.ended_at is None:
            raise NotFound("unlocking-not-found")
        kept = decisions_of(session, tender_id)
        same = [row for row in kept if row.raw == file]
        if same:
            return same
        if State(tender.state).final:
            raise Conflict("state-refuses", state=tender.state, event="unlock-decision")
        self._accounts.judge_statement(session, "unlock-decision", file, verified, crl, now)
        refuse_before_opening(read.statement, window.ended_at)
        decided = {row.bid_id: row.verdict for row in kept}
        decisions = read_unlock_decision(read, Unlocking.parse(window.raw), decided)
        rows = [
            UnlockDecision(
                bid_id=bid, tender_id=tender_id, verdict=verdict, reason=reason, raw=file, at=now
            )
            for bid, (verdict, reason) in decisions.items()
        ]
        session.add_all(rows)
        session.flush()
        step("unlock-decision:written", tender_id)
        self._log.append(
            session, "opening.unlock-decided", at=now, tender=tender_id, actor=actor, address=address,
            digests={"unlock_decision": read.digest, "unlocking": str(window.digest)}, statement=file,
        )  # fmt: skip
        step("unlock-decision:logged", tender_id)
        return rows
