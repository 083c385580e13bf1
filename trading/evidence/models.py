"""Published files of a tender: PDF reports and the evidence package."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class PublishedFile(Base):
    """opening-record, award-report or evidence: once rendered, never rendered otherwise."""

    __tablename__ = "published_files"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(200))
    parts: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcTime)


class EvidenceStatement(Base):
    """The signed evidence statement, logged when all of the tender's files are rendered."""

    __tablename__ = "evidence_statements"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    raw: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64))
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)
