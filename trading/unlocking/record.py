"""Reading what is on record of a window to unlock: how far it is, its statement, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bids.unlocking import UNDECIDED, Unlock, Unlocking
from signing.encoding import b64encode, format_time
from trading.accounts.models import Organisation
from trading.audit.models import PrivateAct
from trading.submission.history import own_history
from trading.submission.models import Bid
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.unlocking.models import UnlockDecision, UnlockedBid, UnlockWindow

VISITED = "bid.unlock-visited"
_ROUTE = '"route": "tenders.bid.unlocking"'


def open_window(session: Session, tender_id: str, bids: int, now: datetime, minutes: int) -> None:
    """From now on bidders unlock; called where the releases are frozen, in that transaction."""
    session.add(
        UnlockWindow(
            tender_id=tender_id, opened_at=now, until=now + timedelta(minutes=minutes), bids=bids,
            ended_at=None, raw=None, digest=None, log_position=None,
        )
    )  # fmt: skip


def unlocks_of(session: Session, tender_id: str) -> dict[str, Unlock]:
    """What the statement that ended the window says, by bid; nothing without a window."""
    window = session.get(UnlockWindow, tender_id)
    return {} if window is None or window.raw is None else dict(Unlocking.parse(window.raw).by_bid)


def ended_at(session: Session, tender_id: str) -> datetime | None:
    """When a tender's window ended, if it had one that has."""
    return session.scalar(select(UnlockWindow.ended_at).where(UnlockWindow.tender_id == tender_id))


def waits(session: Session, tender_id: str) -> bool:
    """Whether bidders still have time to unlock, so that nothing is opened."""
    found = select(UnlockWindow.tender_id).where(
        UnlockWindow.tender_id == tender_id, UnlockWindow.ended_at.is_(None)
    )
    return session.scalar(found) is not None


def to_unlock(session: Session, tender: Tender, supplier: str) -> tuple[str, datetime] | None:
    """A supplier's bid that it has to unlock now, and until when; None if there is none."""
    window = session.get(UnlockWindow, tender.id)
    if window is None or window.ended_at is not None:
        return None
    bid = own_history(session, tender.id, supplier, None).current(tender.policy_digest or "")
    if bid is None or session.get(UnlockedBid, bid.id) is not None:
        return None
    return bid.id, window.until


def count_unlocked(session: Session, tender_id: str) -> int:
    """How many bids were unlocked so far."""
    found = select(func.count()).select_from(UnlockedBid).where(UnlockedBid.tender_id == tender_id)
    return session.scalar(found) or 0


def decisions_of(session: Session, tender_id: str) -> Sequence[UnlockDecision]:
    """What the agency decided so far."""
    found = select(UnlockDecision).where(UnlockDecision.tender_id == tender_id)
    return session.scalars(found.order_by(UnlockDecision.at, UnlockDecision.bid_id)).all()


def undecided(session: Session, tender_id: str) -> list[Unlock]:
    """Who did not unlock, and of whom the agency has to decide yet."""
    decided = {row.bid_id for row in decisions_of(session, tender_id)}
    rows = unlocks_of(session, tender_id).values()
    return [row for row in rows if row.verdict == UNDECIDED and row.bid not in decided]


@dataclass(frozen=True)
class Seen:
    """What the platform saw of a bidder in the window: whether it came, how many attempts were refused."""

    fetched: bool
    attempts: int


UNSEEN = Seen(False, 0)


def seen(session: Session, window: UnlockWindow, supplier: str | None = None) -> dict[str, Seen]:
    """Who came in the window, by organisation, or only that one; whoever is not in it did not.

    From the acts kept of each; opening the bid's page or asking the API is coming.
    """
    visited = PrivateAct.act == VISITED
    refused = PrivateAct.act.startswith("refused.") & PrivateAct.details.contains(_ROUTE)
    found = (
        select(PrivateAct.organisation_id, func.count(case((refused, 1))))
        .where(
            PrivateAct.tender_id == window.tender_id,
            PrivateAct.organisation_id.is_not(None) if supplier is None
            else PrivateAct.organisation_id == supplier,
            PrivateAct.at >= window.opened_at,
            PrivateAct.at <= window.until,
            visited | refused,
        )
        .group_by(PrivateAct.organisation_id)
    )  # fmt: skip
    return {str(who): Seen(True, attempts) for who, attempts in session.execute(found)}


def silent_lately(session: Session, limit: int) -> list[tuple[Tender, int, datetime]]:
    """Tenders before their end in which bids were not unlocked: how many, and when the window ended."""
    found = (
        select(Tender, UnlockWindow)
        .join(UnlockWindow, UnlockWindow.tender_id == Tender.id)
        .where(
            UnlockWindow.ended_at.is_not(None),
            Tender.state.in_([State.OPENING, State.JUDGING, State.OPENED, State.EVALUATED]),
        )
        .order_by(UnlockWindow.ended_at.desc())
        .limit(limit)
    )
    rows = []
    for tender, window in session.execute(found):
        count = window.bids - count_unlocked(session, tender.id)
        if count and window.ended_at is not None:
            rows.append((tender, count, window.ended_at))
    return rows


def described(session: Session, tender_id: str) -> dict[str, Any] | None:
    """The window as the API shows it to everybody; None where the tender has none."""
    window = session.get(UnlockWindow, tender_id)
    if window is None:
        return None
    return {
        "opened_at": format_time(window.opened_at), "until": format_time(window.until),
        "bids": window.bids, "unlocked": count_unlocked(session, tender_id),
        "file": None if window.raw is None else b64encode(window.raw),
        "decisions": [
            {
                "bid": row.bid_id, "verdict": row.verdict, "reason": row.reason,
                "at": format_time(row.at), "file": b64encode(row.raw),
            }
            for row in decisions_of(session, tender_id)
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class Silent:
    """A bid that was not unlocked, for pages: what the record shows, and what the agency decided."""

    bid: str
    supplier: str
    unlock: Unlock
    decision: UnlockDecision | None

    @property
    def verdict(self) -> str:
        """Revoked or withdrawn, by the record or the agency's decision; else unknown."""
        return self.decision.verdict if self.decision else self.unlock.verdict or UNDECIDED


@dataclass(frozen=True)
class Silence:
    """A window that has ended and those who did not unlock in it, in the ledger's order."""

    unlocking: Unlocking
    bids: tuple[Silent, ...]

    @property
    def open(self) -> list[Silent]:
        """Those that the agency has to decide."""
        return [each for each in self.bids if each.verdict == UNDECIDED]


def silence_of(session: Session, tender_id: str) -> Silence | None:
    """Who did not unlock; None before the window's end, and where all did."""
    window = session.get(UnlockWindow, tender_id)
    if window is None or window.raw is None:
        return None
    unlocking = Unlocking.parse(window.raw)
    rows = [row for row in unlocking.bids if row.secret is None]
    if not rows:
        return None
    found = (
        select(Bid.id, Organisation.name)
        .join(Organisation, Organisation.id == Bid.supplier_id)
        .where(Bid.id.in_([row.bid for row in rows]))
    )
    names = {row.id: row.name for row in session.execute(found)}
    decided = {row.bid_id: row for row in decisions_of(session, tender_id)}
    silent = tuple(Silent(row.bid, names[row.bid], row, decided.get(row.bid)) for row in rows)
    return Silence(unlocking, silent)
