"""Time-stamps on receipts: at once from our own authority, or later from an outside one.

An outside authority is asked when the receipt is given and its transaction is over: no lock waits for it. Its
token is put beside the receipt's signature when it comes, with the time that it says, while the tender is
published or closed. What comes later would speak of nothing that the opening has not shown, so then the
receipt stays as it is. A receipt for unlocking is given at the opening, and gets its token until the tender
is over.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bids.errors import BidError
from bids.receipt_bundle import parse_receipt
from bids.receipts import Receipt
from bids.tokens import Stamped, examine_token, imprint_of, imprint_of_file
from bids.unlock_receipts import UnlockReceipt
from signing.profile import fingerprint
from signing.statements import add_token
from signing.timestamps import TimeStamp
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.submission.models import Bid, Withdrawal
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.reading import lock_tender
from trading.timestamps.models import AwaitedToken, TsaCertificate
from trading.unlocking.models import UnlockedBid

UNLOCKING = "unlock-receipt"
_OPEN = (State.PUBLISHED, State.CLOSED)
# Time enough for every authority in turn; then another worker may try.
_HELD = timedelta(seconds=60)
_RUN_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)


@dataclass(frozen=True)
class _Awaited:
    receipt: Receipt | UnlockReceipt
    tries: int
    now: datetime


class Stamping:
    """Gives receipts their time-stamps."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._authorities = platform.timestamps

    def at_once(self, receipt: bytes, now: datetime) -> bytes:
        """The receipt's file with our own authority's token, if that is the first of the order."""
        if not self._authorities.at_once:
            return receipt
        return add_token(receipt, self._authorities.own.stamp(imprint_of_file(receipt), now))

    def later(self, session: Session, tender_id: str, bid_id: str, kind: str, now: datetime) -> None:
        """Ask for a token after this transaction, if an outside authority is the first of the order."""
        if not self._authorities.later:
            return
        session.add(AwaitedToken(bid_id=bid_id, kind=kind, tender_id=tender_id, tries=0, next_at=now))
        session.flush()
        self._platform.queue.soon(session)

    def stamp_due(self) -> None:
        """Stamp the receipts whose turn it is, one after the other, for a minute at most; what is left is due
        again."""
        end = time.monotonic() + _RUN_SECONDS
        while time.monotonic() < end and (place := self._next()) is not None:
            self._stamp(*place)

    def _next(self) -> tuple[str, str] | None:
        with self._platform.database.reading() as session:
            now = self._platform.clock.now(session)
            found = session.execute(
                select(AwaitedToken.bid_id, AwaitedToken.kind)
                .where(AwaitedToken.next_at <= now)
                .order_by(AwaitedToken.next_at)
                .limit(1)
            ).one_or_none()
        return None if found is None else (found.bid_id, found.kind)

    def _stamp(self, bid_id: str, kind: str) -> None:
        """One receipt: what is read and written in transactions, the authority asked in none."""
        awaited = self._take(bid_id, kind)
        if awaited is None:
            return
        found = self._authorities.stamp(imprint_of(awaited.receipt.cms), awaited.now)
        if found is None:
            self._pause(bid_id, kind, awaited.tries)
            return
        token, said = found
        self._keep(bid_id, kind, token, () if said is None else _chain(said))

    def _take(self, bid_id: str, kind: str) -> _Awaited | None:
        """The receipt, taken by moving its next try on; None if another has it or it waits no longer."""
        with self._platform.database.transaction() as session:
            now = self._platform.clock.now(session)
            taken = session.execute(
                update(AwaitedToken)
                .where(AwaitedToken.bid_id == bid_id, AwaitedToken.kind == kind, AwaitedToken.next_at <= now)
                .values(next_at=now + _HELD, tries=AwaitedToken.tries + 1)
                .returning(AwaitedToken.tries, AwaitedToken.tender_id)
            ).one_or_none()
            if taken is None:
                return None
            row = _row(session, bid_id, kind)
            receipt = None if row is None else parse_receipt(row.receipt)
            wanted = _is_wanted(session.get_one(Tender, taken.tender_id), kind)
            if receipt is None or receipt.token is not None or not wanted:
                session.delete(session.get_one(AwaitedToken, (bid_id, kind)))
                return None
            return _Awaited(receipt, taken.tries, now)

    def _pause(self, bid_id: str, kind: str, tries: int) -> None:
        with self._platform.database.transaction() as session:
            pause = min(_FIRST_PAUSE * 2 ** min(tries, 10), _LONGEST_PAUSE)
            awaited = session.get(AwaitedToken, (bid_id, kind))
            if awaited is not None:
                awaited.next_at = self._platform.clock.now(session) + pause

    def _keep(self, bid_id: str, kind: str, token: bytes, chain: tuple[x509.Certificate, ...]) -> None:
        with self._platform.database.transaction() as session:
            awaited = session.get(AwaitedToken, (bid_id, kind))
            if awaited is None:
                return
            # The opening and the evidence after it lock this row: what they have read stays as it is.
            tender = lock_tender(session, awaited.tender_id)
            row = _row(session, bid_id, kind)
            if row is not None and _is_wanted(tender, kind) and parse_receipt(row.receipt).token is None:
                row.receipt = add_token(row.receipt, token)
                for one in chain:
                    der = one.public_bytes(Encoding.DER)
                    insert_if_missing(session, TsaCertificate, sha256=fingerprint(one), der=der)
            session.delete(awaited)


def _is_wanted(tender: Tender, kind: str) -> bool:
    """Whether a token still says something: for a bid while nothing has been opened yet (between segments a
    tender is closed once more), for its unlocking while the tender goes on."""
    state = State(tender.state)
    if kind == UNLOCKING:
        return not state.final
    return state in _OPEN and not tender.opened_segments


def kept_chains(session: Session) -> list[x509.Certificate]:
    """Every certificate by which an outside time-stamp was checked when it came."""
    ders = session.scalars(select(TsaCertificate.der).order_by(TsaCertificate.sha256))
    return [x509.load_der_x509_certificate(der) for der in ders]


def stamped(platform: Platform, session: Session, receipt: Receipt) -> Stamped | None:
    """A receipt's time-stamp, for its page; None where it has none that holds."""
    try:
        return examine_token(receipt, platform.keys.roots, kept_chains(session))
    except BidError:
        return None


def _chain(stamp: TimeStamp) -> tuple[x509.Certificate, ...]:
    return (*stamp.intermediates, *(() if stamp.root is None else (stamp.root,)))


def _row(session: Session, bid_id: str, kind: str) -> Bid | Withdrawal | UnlockedBid | None:
    if kind == "receipt":
        return session.get(Bid, bid_id, with_for_update=True, populate_existing=True)
    if kind == UNLOCKING:
        return session.get(UnlockedBid, bid_id, with_for_update=True, populate_existing=True)
    return session.get(Withdrawal, bid_id, with_for_update=True, populate_existing=True)
