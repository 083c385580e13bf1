"""Answers kept under idempotency keys; when the platform answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, Counter, UtcTime

MAX_KEY = 255


class StoredAnswer(Base):
    """The answer that a person's request with this key was given."""

    __tablename__ = "stored_answers"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    content_type: Mapped[str] = mapped_column(String(80))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class Beat(Base):
    """When a process that serves HTTP last wrote down that it does; one row for all of them."""

    __tablename__ = "beats"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)


class Outage(Base):
    """A time between two beats that was too long."""

    __tablename__ = "outages"

    id: Mapped[int] = mapped_column(Counter, primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime, index=True)
