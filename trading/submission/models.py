"""Uploads of ciphertext, bids, withdrawals and the tender's private ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class Upload(Base):
    """A ciphertext on its way in, then whole; only its own supplier ever sees it before the opening."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class UploadPart(Base):
    """A stored part of an upload, with its SHA-256."""

    __tablename__ = "upload_parts"

    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]


class Bid(Base):
    """A received bid: manifest, signature and receipt to the byte. Never changed, but that an outside
    authority's time-stamp may be put beside the receipt's signature, once."""

    __tablename__ = "bids"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    supplier_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    policy_digest: Mapped[str] = mapped_column(String(64))
    replaces: Mapped[str | None] = mapped_column(String(32))
    manifest: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[bytes] = mapped_column(LargeBinary)
    certificate: Mapped[str] = mapped_column(String(64))
    crl_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcTime)

    @property
    def supplier(self) -> str:
        """As bids.ledger.Link names it."""
        return self.supplier_id

    @property
    def policy(self) -> str:
        """As bids.ledger.Link names it."""
        return self.policy_digest


class BidObject(Base):
    """Which upload holds which object of a bid."""

    __tablename__ = "bid_objects"

    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    part: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id"))


class SpoiledObject(Base):
    """A received ciphertext that storage no longer has as it was: its bidder may supply the same bytes again
    before `until`. `upload_id` is the copy supplied; `awaited` says that nothing else is left to open."""

    __tablename__ = "spoiled_objects"

    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    part: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    supplier_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    found_at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime)
    awaited: Mapped[bool]
    upload_id: Mapped[str | None] = mapped_column(ForeignKey("uploads.id"))


class Withdrawal(Base):
    """A signed withdrawal of a bid, with its receipt."""

    __tablename__ = "withdrawals"

    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    supplier_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[bytes] = mapped_column(LargeBinary)
    crl_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcTime)


class LedgerLeaf(Base):
    """A leaf of the tender's ledger, in order of receipt; private until the deadline."""

    __tablename__ = "ledger_leaves"
    __table_args__ = (UniqueConstraint("bid_id", "kind"),)

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bid_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(20))  # acceptance or withdrawal-leaf
    raw: Mapped[bytes] = mapped_column(LargeBinary)
