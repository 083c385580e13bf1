"""Closing, and for each segment the frozen release set, the bids opened, the opening record, the stage
statement: each once for a tender."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class Closing(Base):
    """The signed closing statement, to the byte, and where the log has it."""

    __tablename__ = "closings"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    ledger_size: Mapped[int]
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)


class ReleaseSet(Base):
    """The statement that freezes which releases count; nothing of a bid is shown before it."""

    __tablename__ = "release_sets"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime)


class OpenedBid(Base):
    """What became of one bid at the opening; the key makes it happen once."""

    __tablename__ = "opened_bids"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    opened: Mapped[bool]
    offer: Mapped[bytes | None] = mapped_column(LargeBinary)
    fault: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Stage(Base):
    """A segment before the last: its signed opening record, and once the agency has judged it the signed
    stage statement with which `opens` may open. Both to the byte."""

    __tablename__ = "stages"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)
    opens: Mapped[str] = mapped_column(String(16))
    statement: Mapped[bytes | None] = mapped_column(LargeBinary)
    statement_digest: Mapped[str | None] = mapped_column(String(64))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("persons.id"))
    stated_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PublishedOpeningRecord(Base):
    """The signed opening record of the last segment, to the byte: evaluation and award rest on it."""

    __tablename__ = "opening_records"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)
