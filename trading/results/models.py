"""Notices of the result, and which awards have all of theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class ResultNotice(Base):
    """The signed notice to one supplier: once issued, never issued otherwise."""

    __tablename__ = "result_notices"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    supplier_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(200))
    parts: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcTime)


class NotifiedAward(Base):
    """An award whose notices are all out, as of `at`."""

    __tablename__ = "notified_awards"

    tender_id: Mapped[str] = mapped_column(ForeignKey("awards.tender_id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
