"""Receipts that wait for an outside authority's time-stamp; the certificates by which such were checked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class AwaitedToken(Base):
    """A receipt whose time-stamp is asked for outside, next at `next_at`; gone once it is there or given up.

    `kind` is "receipt", "withdrawal-receipt" or "unlock-receipt", as bundles name them.
    """

    __tablename__ = "awaited_tokens"

    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"))
    tries: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class TsaCertificate(Base):
    """A certificate of the chain by which a kept outside time-stamp was checked; never deleted."""

    __tablename__ = "tsa_certificates"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    der: Mapped[bytes] = mapped_column(LargeBinary)
