"""The agency's signed evaluation; the evaluators it appoints, their keys, what they say of each bid."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class Evaluation(Base):
    """Which bids the agency rejects and why, signed; the ranking follows from it and the offers."""

    __tablename__ = "evaluations"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Evaluator(Base):
    """A person whom the agency has appointed to evaluate a tender; confidential until the award."""

    __tablename__ = "evaluators"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True, index=True)
    appointed_by: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    appointed_at: Mapped[datetime] = mapped_column(UtcTime)
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Opinion(Base):
    """What an evaluator says of a bid in a segment: responsive or not, and why; the agency decides."""

    __tablename__ = "opinions"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    responsive: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(2000))
    at: Mapped[datetime] = mapped_column(UtcTime)


class EvaluatorKey(Base):
    """The public key that attachments are handed to an evaluator with; they made it in their browser."""

    __tablename__ = "evaluator_keys"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)


class HandedKey(Base):
    """The content key of the `files` part of a bid's segment, sealed by the agency to an evaluator's key of
    that digest."""

    __tablename__ = "handed_keys"

    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    segment: Mapped[str] = mapped_column(String(16), primary_key=True)
    bid_id: Mapped[str] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    key_digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    handed_by: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
