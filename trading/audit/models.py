"""The public log (leaves, stored subtrees, head) and what is kept apart from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class LogEntry(Base):
    """A leaf of the public log: the exact bytes of one statement of an act."""

    __tablename__ = "log_entries"
    __table_args__ = (
        Index("ix_log_entries_act_position", "act", "position"),
        Index("ix_log_entries_organisation_id", "organisation_id", "position"),
    )

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tender_id: Mapped[str | None] = mapped_column(String(32), index=True)
    act: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[str | None] = mapped_column(String(32))  # for which somebody acted, as `raw` says
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class LogNode(Base):
    """The hash of a complete subtree (RFC 6962); level 0 are leaf hashes."""

    __tablename__ = "log_nodes"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogHead(Base):
    """The one row that orders appends: locked last in a transaction."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)


class LogDigest(Base):
    """Where a digest stands in the log: an entry's own, its statement's, or one that it names."""

    __tablename__ = "log_digests"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class LogTiles(Base):
    """The one row that says how many bundles of 256 entries lie in storage, with all full tiles over them."""

    __tablename__ = "log_tiles"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bundles: Mapped[int] = mapped_column(BigInteger)


class LogCheckpoint(Base):
    """A checkpoint that witnesses are asked to cosign, to the byte."""

    __tablename__ = "log_checkpoints"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    note: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime)


class LogCosignature(Base):
    """A witness's line under a checkpoint; `witness` is its public key in hex, `signed_at` by its clock."""

    __tablename__ = "log_cosignatures"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(64), primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    at: Mapped[datetime] = mapped_column(UtcTime)


class LogWitness(Base):
    """What is known of a witness that is asked: the size it cosigned last, and how it answered."""

    __tablename__ = "log_witnesses"

    witness: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    cosigned_at: Mapped[datetime | None] = mapped_column(UtcTime)
    failure: Mapped[str | None] = mapped_column(String(200))


class AddressSalt(Base):
    """The network address behind a salted digest in the log, and the salt that opens it."""

    __tablename__ = "address_salts"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    address: Mapped[str] = mapped_column(String(64))


class ActDay(Base):
    """What a day's root needs beside the private acts: the filler, which hides whether there were any.

    Root and position are told by the log itself.
    """

    __tablename__ = "act_days"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    filler: Mapped[bytes] = mapped_column(LargeBinary(32))
    root: Mapped[str] = mapped_column(String(64))
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)


class PrivateAct(Base):
    """Acts that are nobody else's: uploads, bids, downloads, what precedes a notice, refused attempts."""

    __tablename__ = "private_acts"
    __table_args__ = tuple(
        Index(f"ix_private_acts_{column}", column, "at")
        for column in ("tender_id", "act", "organisation_id", "person_id")
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    act: Mapped[str] = mapped_column(String(60))
    tender_id: Mapped[str | None] = mapped_column(String(32))
    person_id: Mapped[str | None] = mapped_column(String(32))
    organisation_id: Mapped[str | None] = mapped_column(String(32))
    role: Mapped[str | None] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(64))
    details: Mapped[str] = mapped_column(Text)  # JSON
