"""The award."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class PublishedAward(Base):
    """The agency's signed decision and the platform's signed award statement, to the byte."""

    __tablename__ = "awards"
    __table_args__ = (Index("ix_awards_at", "at", "tender_id"),)

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    decision: Mapped[bytes] = mapped_column(LargeBinary)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    winner_bid: Mapped[str] = mapped_column(ForeignKey("bids.id"))
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)
