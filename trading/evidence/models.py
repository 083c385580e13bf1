"""Published files of a tender: PDF documents and the evidence package."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class PublishedFile(Base):
    """opening-record, record-…, award-report, award-notice or evidence: once made, never made otherwise."""

    __tablename__ = "published_files"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(200))
    parts: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcTime)


class SealedDocument(Base):
    """A signed PDF as it is handed out: what was published, by its digest, and later time-stamps after it."""

    __tablename__ = "sealed_documents"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(200))
    parts: Mapped[int]
    stamped_until: Mapped[datetime] = mapped_column(UtcTime, index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)


class EvidenceStatement(Base):
    """The signed evidence statement, logged when all of the tender's files are rendered."""

    __tablename__ = "evidence_statements"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    raw: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64))
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)
