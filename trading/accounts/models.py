"""Organisations, persons, their tokens and certificates."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime


class Organisation(Base):
    """A party: its id is 128-bit random; scheme and identifier name it outside (CN-USCC, US-CA-…)."""

    __tablename__ = "organisations"
    __table_args__ = (UniqueConstraint("scheme", "identifier"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scheme: Mapped[str] = mapped_column(String(40))
    identifier: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(500))
    roles: Mapped[str] = mapped_column(String(100))  # comma-separated
    enrolled_at: Mapped[datetime] = mapped_column(UtcTime)

    @property
    def reference(self) -> str:
        """Scheme and identifier in one, as notices and certificates carry it."""
        return f"{self.scheme}:{self.identifier}"


class Person(Base):
    """A person who acts for one organisation."""

    __tablename__ = "persons"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(500))


class Token(Base):
    """A bearer token, by digest: a person in a role, until it expires or is revoked."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PartyCertificate(Base):
    """A party's certificate, its signed enrolment statement, and the day's root it entered.

    `authority` is "parties", or of an outside authority "outside:" and its name; then `chain` has what leads
    up from it (DER, one after the other).
    """

    __tablename__ = "party_certificates"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    role: Mapped[str] = mapped_column(String(20))
    authority: Mapped[str] = mapped_column(String(80))
    chain: Mapped[bytes | None] = mapped_column(LargeBinary)
    serial: Mapped[str] = mapped_column(String(40))
    key_digest: Mapped[str] = mapped_column(String(64), index=True)  # SHA-256 of the SubjectPublicKeyInfo
    der: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    enrolment: Mapped[bytes] = mapped_column(LargeBinary)
    enrolment_day: Mapped[str | None] = mapped_column(String(10))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revocation_reason: Mapped[str | None] = mapped_column(String(500))


class EnrolmentDay(Base):
    """A day's root over suppliers' enrolments, as logged: the filler hides whether there were any, `nodes`
    are the 256 hashes eight levels under the root."""

    __tablename__ = "enrolment_days"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    filler: Mapped[bytes] = mapped_column(LargeBinary(32))
    nodes: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[str] = mapped_column(String(64))
    log_position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)


class Crl(Base):
    """A revocation list, kept for ever: receipts name the one they used. `authority` is that which made it:
    "parties", "platform", "root", or "outside:" and a name."""

    __tablename__ = "crls"
    __table_args__ = (Index("ix_crls_authority_issued_at", "authority", "issued_at"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    authority: Mapped[str] = mapped_column(String(80))
    der: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime] = mapped_column(UtcTime)
    next_update: Mapped[datetime] = mapped_column(UtcTime)
    follows_at: Mapped[datetime] = mapped_column(UtcTime)  # when the schedule asks for the next


class PlatformRevocation(Base):
    """A certificate of the platform's own that counts no more; `authority` ("platform", "root") issued it."""

    __tablename__ = "platform_revocations"

    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    authority: Mapped[str] = mapped_column(String(10))
    der: Mapped[bytes] = mapped_column(LargeBinary)
    revoked_at: Mapped[datetime] = mapped_column(UtcTime)
    revocation_reason: Mapped[str] = mapped_column(String(40))


class EnvelopeKey(Base):
    """The key that an agency's shares of `files` parts are sealed to, with its signed statement."""

    __tablename__ = "envelope_keys"

    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    statement: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcTime)
