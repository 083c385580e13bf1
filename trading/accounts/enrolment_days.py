"""The daily root of suppliers' enrolments: what the public log learns of suppliers before they bid."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from signing import merkle
from trading.accounts.models import EnrolmentDay, Organisation, PartyCertificate
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.web.permissions import Role


def log_day(platform: Platform, session: Session, day: str) -> EnrolmentDay | None:
    """Log the Merkle root over the enrolments of suppliers' certificates issued until the day's end.

    Its leaves are the enrolment files in order of their digests, then 32 random bytes, so that the root
    does not tell a day without enrolments. None if the day is logged already or has not ended.
    """
    now = platform.clock.now(session)
    end = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1)
    filler = secrets.token_bytes(32)
    # The row is taken first: of two workers the later one waits here and then finds it there.
    values = {"day": day, "filler": filler, "root": "", "log_position": 0, "at": now}
    if now < end or not insert_if_missing(session, EnrolmentDay, **values):
        return None
    rows = session.scalars(
        select(PartyCertificate).where(
            PartyCertificate.role == Role.SUPPLIER,
            PartyCertificate.enrolment_day.is_(None),
            PartyCertificate.issued_at < end,
        )
    ).all()
    for row in rows:
        row.enrolment_day = day
    leaves = sorted(merkle.leaf_hash(row.enrolment) for row in rows)
    entry = session.get_one(EnrolmentDay, day)
    entry.root = merkle.root([*leaves, merkle.leaf_hash(filler)]).hex()
    session.flush()
    logged = AuditLog(platform).append(session, "certificates.day", at=now, digests={"root": entry.root})
    entry.log_position = logged.position
    return entry


def day_due(session: Session, now: datetime) -> str | None:
    """The oldest day (Asia/Shanghai, "2026-06-01") that has ended and whose enrolments have no root yet.

    Days count from the first organisation's on, with suppliers' certificates or without.
    """
    first = session.scalar(select(Organisation.enrolled_at).order_by(Organisation.enrolled_at).limit(1))
    if first is None:
        return None
    day = first.astimezone(SHANGHAI).date()
    last = session.scalar(select(EnrolmentDay.day).order_by(EnrolmentDay.day.desc()).limit(1))
    if last is not None:
        day = date.fromisoformat(last) + timedelta(days=1)
    return day.isoformat() if day < now.astimezone(SHANGHAI).date() else None
