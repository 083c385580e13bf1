"""What custodians hand in: releases, sealed shares of files parts, erasures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class Release(Base):
    """A custodian's one release statement for a segment; later ones than the frozen set stay outside it."""

    __tablename__ = "releases"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    custodian_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    frozen: Mapped[bool] = mapped_column(default=False)


class FilesShare(Base):
    """A share of a bid's `files` part, sealed by the custodian to the agency's envelope key."""

    __tablename__ = "files_shares"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    custodian_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class RefusedRelease(Base):
    """The first thing that a custodian handed in as its release and that was refused, and why: a code."""

    __tablename__ = "refused_releases"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    custodian_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))  # of the file as handed in
    code: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Erasure(Base):
    """A custodian's signed word that it has erased the tender's sealing key."""

    __tablename__ = "erasures"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    custodian_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime)
