"""How persons sign in: passwords and second factors, passkeys, sessions, invitations, failures counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from trading.db import Base, UtcTime

# Held beside roles: the person invites and disables others of their organisation.
ADMIN = "admin"


class Login(Base):
    """A person's name for signing in, the password's Argon2id hash, and the key of their one-time codes."""

    __tablename__ = "logins"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    username: Mapped[str] = mapped_column(String(100), unique=True)
    password: Mapped[str | None] = mapped_column(String(200))
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed under the platform's sign-in key
    totp_step: Mapped[int] = mapped_column(BigInteger)  # the last step used: no code counts twice
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PersonRole(Base):
    """A role in which a person may act for their organisation."""

    __tablename__ = "person_roles"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class Passkey(Base):
    """A WebAuthn credential: what its authenticator attested, and how often it was used."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the credential's id
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), index=True)
    credential: Mapped[bytes] = mapped_column(LargeBinary)  # attested credential data
    sign_count: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class WebSession(Base):
    """A browser's session, by its cookie's digest.

    `stage`: `password` while the second factor is awaited, `setup` while there is none yet, `whole`.
    """

    __tablename__ = "web_sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    stage: Mapped[str] = mapped_column(String(10))
    method: Mapped[str] = mapped_column(String(20))  # password, passkey, certificate, invitation, demo
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(300))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # a code's key not yet confirmed, sealed
    failures: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Device(Base):
    """A browser in which a person has signed in before; its failures are counted by themselves."""

    __tablename__ = "devices"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Invitation(Base):
    """A one-time link by which a person chooses name and password, or anew after losing them."""

    __tablename__ = "invitations"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Challenge(Base):
    """A random challenge given to a browser for a passkey or certificate; good once."""

    __tablename__ = "challenges"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(1000))
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class Failures(Base):
    """Failed attempts by what they are counted for, since the window began."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcTime, index=True)


class Registration(Base):
    """A supplier's wish to be enrolled, checked by the operator (Order 20 art. 24)."""

    __tablename__ = "registrations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scheme: Mapped[str] = mapped_column(String(40))
    identifier: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(500))
    person: Mapped[str] = mapped_column(String(500))
    contact: Mapped[str] = mapped_column(String(200))
    username: Mapped[str] = mapped_column(String(100), index=True)
    password: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10), index=True)  # pending, accepted, refused
    reason: Mapped[str | None] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("persons.id"))
