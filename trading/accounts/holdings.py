"""The certificates enrolled in an organisation's name, and where the public log has each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trading.accounts.models import EnrolmentDay, PartyCertificate, Person
from trading.audit.models import LogDigest
from trading.web.permissions import Role


@dataclass(frozen=True)
class Held:
    """A certificate; `position` is that of its own entry in the log, or of the first daily root that has it.
    None of a supplier's whose day has no root yet."""

    row: PartyCertificate
    person: str
    position: int | None


def held_by(session: Session, organisation: str, after: str, limit: int) -> list[Held]:
    """Up to `limit` of an organisation's certificates, in the order of their fingerprints behind `after`."""
    found = (
        select(PartyCertificate, Person.name)
        .outerjoin(Person, Person.id == PartyCertificate.person_id)
        .where(PartyCertificate.organisation_id == organisation, PartyCertificate.fingerprint > after)
        .order_by(PartyCertificate.fingerprint)
        .limit(limit)
    )
    rows = session.execute(found).all()
    positions = positions_of(session, [row for row, _ in rows])
    return [Held(row, person or "", positions.get(row.fingerprint)) for row, person in rows]


def positions_of(session: Session, rows: list[PartyCertificate]) -> dict[str, int]:
    """Where the log has certificates, by fingerprint: their own entries, or suppliers' first daily roots."""
    days = {row.enrolment_day for row in rows if row.role == Role.SUPPLIER and row.enrolment_day is not None}
    named = [row.fingerprint for row in rows if row.role != Role.SUPPLIER]
    logged = (
        select(LogDigest.digest, func.min(LogDigest.position))
        .where(LogDigest.digest.in_(named))
        .group_by(LogDigest.digest)
    )
    found = {each[0]: each[1] for each in session.execute(logged)}
    roots = select(EnrolmentDay.day, EnrolmentDay.log_position).where(EnrolmentDay.day.in_(days))
    of_day = {each[0]: each[1] for each in session.execute(roots)}
    suppliers = {row.fingerprint: of_day[row.enrolment_day] for row in rows if row.enrolment_day in of_day}
    return found | suppliers
