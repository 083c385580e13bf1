"""Certificates that end soon, for reminders: of a person, of everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from trading.accounts.certificates import NEARLY_OVER
from trading.accounts.models import PartyCertificate


def ending_soon(session: Session, person: str, now: datetime) -> Sequence[PartyCertificate]:
    """A person's certificates that end within 30 days and have no successor in the same role."""
    later = aliased(PartyCertificate)
    succeeded = (
        select(later.fingerprint)
        .where(
            later.person_id == PartyCertificate.person_id,
            later.role == PartyCertificate.role,
            later.revoked_at.is_(None),
            later.expires_at > now + NEARLY_OVER,
        )
        .exists()
    )
    found = select(PartyCertificate).where(
        PartyCertificate.person_id == person,
        PartyCertificate.revoked_at.is_(None),
        PartyCertificate.expires_at > now,
        PartyCertificate.expires_at <= now + NEARLY_OVER,
        ~succeeded,
    )
    return session.scalars(found.order_by(PartyCertificate.expires_at)).all()


def custodians_ending(session: Session, now: datetime) -> int:
    """How many custodians' certificates end within 30 days; suppliers' are nobody else's business."""
    found = select(func.count()).where(
        PartyCertificate.role == "custodian",
        PartyCertificate.revoked_at.is_(None),
        PartyCertificate.expires_at > now,
        PartyCertificate.expires_at <= now + NEARLY_OVER,
    )
    return session.scalar(found) or 0
