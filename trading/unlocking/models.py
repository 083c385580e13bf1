"""The window in which bidders unlock, their secrets, and what the agency decided of who stayed silent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class UnlockWindow(Base):
    """Opened with the freezing of the releases; when it has ended, the statement that says so."""

    __tablename__ = "unlock_windows"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime, index=True)
    bids: Mapped[int]  # how many there are to unlock
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[str | None] = mapped_column(String(64))
    log_position: Mapped[int | None] = mapped_column(BigInteger)


class UnlockedBid(Base):
    """A bidder's secret, received in the window, and the receipt that was given for it."""

    __tablename__ = "unlocked_bids"

    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcTime)


class UnlockDecision(Base):
    """What the agency decided of a bid that the record left open; `raw` is its signed statement."""

    __tablename__ = "unlock_decisions"

    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(2000))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime)
