"""Projects, tenders (one lot each), their items, documents, custodians and notices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, Money, UtcTime


class Project(Base):
    """Groups tenders; its number is the agency's own."""

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    number: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Tender(Base):
    """One lot. `state` is a lifecycle.State; the facts bind once the signed notice is published."""

    __tablename__ = "tenders"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    category: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(500))
    currency: Mapped[str] = mapped_column(String(3))
    estimate: Mapped[Decimal | None] = mapped_column(Money)
    ceiling: Mapped[Decimal | None] = mapped_column(Money)
    deadline: Mapped[datetime] = mapped_column(UtcTime, index=True)
    pack: Mapped[str] = mapped_column(String(40))
    pack_version: Mapped[str] = mapped_column(String(20))
    sandbox: Mapped[bool]
    threshold: Mapped[int]
    minimum_bidders: Mapped[int]
    grace_seconds: Mapped[int]
    independent: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    drafted_by: Mapped[str | None] = mapped_column(ForeignKey("persons.id"))  # who changed the draft last
    notice_digest: Mapped[str | None] = mapped_column(String(64))
    policy_digest: Mapped[str | None] = mapped_column(String(64))
    ended_reason: Mapped[str | None] = mapped_column(String(2000))


class TenderItem(Base):
    """A line of the bill of quantities; `number` is the agency's text, `position` its order."""

    __tablename__ = "tender_items"
    __table_args__ = (UniqueConstraint("tender_id", "number"),)

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    description: Mapped[str] = mapped_column(String(2000))
    unit: Mapped[str] = mapped_column(String(64))
    quantity: Mapped[str] = mapped_column(String(40))


class TenderDocument(Base):
    """A bidding document, stored write-once."""

    __tablename__ = "tender_documents"
    __table_args__ = (UniqueConstraint("tender_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    storage_key: Mapped[str] = mapped_column(String(200))
    parts: Mapped[int]


class TenderCustodian(Base):
    """A custodian of a tender, in the policy's order, and the sealing key it has signed for it."""

    __tablename__ = "tender_custodians"
    __table_args__ = (UniqueConstraint("tender_id", "organisation_id"),)

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    signing_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealing_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealing_key_signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime | None] = mapped_column(UtcTime)


class PublishedNotice(Base):
    """A notice as signed by the agency, to the byte; earlier ones stay."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("tender_id", "sequence"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    sequence: Mapped[int]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    policy_digest: Mapped[str] = mapped_column(String(64))
    crl_sha256: Mapped[str] = mapped_column(String(64))
    log_position: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[datetime] = mapped_column(UtcTime)
