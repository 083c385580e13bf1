"""Projects, tenders (one lot each), their items, documents, custodians and notices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from bids.segments import BID
from trading.db import Base, Counter, Money, UtcTime


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
    """One lot. `state` is a lifecycle.State; the facts bind once the signed notice is published.

    `listed` and `estimate_order` are what public lists go by; see listing.py.
    """

    __tablename__ = "tenders"
    __table_args__ = (
        Index("ix_tenders_state", "state", "listed"),
        Index("ix_tenders_category", "category", "listed"),
        Index("ix_tenders_state_category", "state", "category", "listed"),
        Index("ix_tenders_published_at", "published_at", "listed"),
        Index("ix_tenders_estimate_order", "estimate_order", "listed"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
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
    lock: Mapped[bool] = mapped_column(default=False)  # bidders unlock their own bids at the opening
    # The segments in the order of their opening, with commas; and the one that is open or opens next.
    segments: Mapped[str] = mapped_column(String(160), default=BID, server_default=BID)
    segment: Mapped[str] = mapped_column(String(16), default=BID, server_default=BID)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    drafted_by: Mapped[str | None] = mapped_column(ForeignKey("persons.id"))  # who changed the draft last
    notice_digest: Mapped[str | None] = mapped_column(String(64))
    policy_digest: Mapped[str | None] = mapped_column(String(64))
    ended_reason: Mapped[str | None] = mapped_column(String(2000))
    published_at: Mapped[datetime | None] = mapped_column(UtcTime)
    listed: Mapped[int | None] = mapped_column(BigInteger, index=True, unique=True)
    estimate_order: Mapped[str | None] = mapped_column(String(64))

    @property
    def segment_names(self) -> tuple[str, ...]:
        """The segments of a bid in the order of their opening; the last one holds the prices."""
        return tuple(self.segments.split(","))

    @property
    def next_segment(self) -> str | None:
        """The segment after the one that is open or opens next; None for the last."""
        names = self.segment_names
        place = names.index(self.segment) + 1
        return names[place] if place < len(names) else None

    @property
    def opened_segments(self) -> tuple[str, ...]:
        """Those before the one that is open or opens next."""
        return self.segment_names[: self.segment_names.index(self.segment)]


class Words(TypeDecorator[tuple[str, ...]]):
    """Words of a text in their order, as the database's full text takes them."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return None if value is None else " ".join(value)
        # Places beyond the last one that counts are as good as that.
        return " ".join(f"'{word}':{min(n, 16383)}" for n, word in enumerate(value, 1))


# SQLite's full text is a table beside the words', kept by triggers; it takes words as they come.
FULL_TEXT = "tender_search"
_FULL_TEXT = (
    "CREATE VIRTUAL TABLE tender_search USING fts5("
    "words, content='tender_words', content_rowid='listed', tokenize='ascii')",
    "CREATE TRIGGER tender_words_in AFTER INSERT ON tender_words BEGIN "
    "INSERT INTO tender_search (rowid, words) VALUES (new.listed, new.words); END",
    "CREATE TRIGGER tender_words_out AFTER DELETE ON tender_words BEGIN "
    "INSERT INTO tender_search (tender_search, rowid, words) VALUES ('delete', old.listed, old.words); END",
)


class TenderWords(Base):
    """The words by which a public tender is found; rows come and go, and never change."""

    __tablename__ = "tender_words"
    __table_args__ = (
        Index("ix_tender_words_words", "words", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    listed: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=False)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), unique=True)
    words: Mapped[tuple[str, ...]] = mapped_column(Words)


@event.listens_for(TenderWords.__table__, "after_create")
def _make_full_text(target: Table, connection: Connection, **options: Any) -> None:
    if connection.dialect.name == "sqlite":
        for statement in _FULL_TEXT:
            connection.exec_driver_sql(statement)


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


class ReserveDay(Base):
    """A day (UTC, "2026-06-01") for which tender ids were kept ready, even if none were wanted."""

    __tablename__ = "reserve_days"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)


class ReservedTender(Base):
    """An id kept ready for a draft to come, so that custodians can sign keys for it in advance."""

    __tablename__ = "reserved_tenders"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(ForeignKey("reserve_days.day"), index=True)
    taken: Mapped[bool] = mapped_column(default=False)


class StockKey(Base):
    """A custodian's fresh sealing key for a reserved id, signed by the key of one of its certificates."""

    __tablename__ = "stock_keys"

    tender_id: Mapped[str] = mapped_column(ForeignKey("reserved_tenders.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    certificate: Mapped[str] = mapped_column(ForeignKey("party_certificates.fingerprint"))
    signing_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealing_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealing_key_signature: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime)


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


class PreparedAmendment(Base):
    """What the next notice of a tender is to say: its agency's alone until the signed notice says it.

    `members` are the API's, as JSON; `prepared_by` changed them last.
    """

    __tablename__ = "prepared_amendments"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    members: Mapped[str] = mapped_column(Text)
    prepared_by: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
