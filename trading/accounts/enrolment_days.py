"""The daily root of suppliers' enrolments, and a party's own place under it (`bids.enrolment_days`).

The tree has 2⁶⁴ leaves, of which one for each organisation is there; what stands in the others' place is
drawn from the day's filler, as hashes of whole subtrees. So root and proofs look the same whether one
supplier is at work or ten thousand.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from bids.enrolment_days import ACT, DEPTH, build_listed, day_digest, node, path, place_of, salt_of
from signing import canonical, merkle
from trading.accounts.models import EnrolmentDay, Organisation, PartyCertificate
from trading.audit.days import AFTER_MIDNIGHT, day_end
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.web.permissions import Role

# The nodes so far down are kept with the day: a proof is then computed from a 256th of the organisations.
_KEPT = 8
_KEPT_LEVEL = DEPTH - _KEPT
_PARTS = 1 << _KEPT
_HASH = 32


@dataclass(frozen=True)
class Prepared:
    """A day's root, ready for the log, with what opens it; `fresh` are the certificates it has first."""

    day: str
    filler: bytes
    root: str
    nodes: bytes
    fresh: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """A party's leaf of a day, and the hashes from it to the root that stands in the log at `position`."""

    day: str
    position: int
    leaf: bytes
    hashes: tuple[bytes, ...]


def prepare(platform: Platform, session: Session, day: str) -> Prepared | None:
    """Compute a day's root ("2026-06-01", Asia/Shanghai); None if it is not the one that is due.

    A job that comes late logs nothing: behind a later day's root, an earlier day's would not have all that
    was enrolled by its end. Apart from `log_day`, for a session that only reads: it takes long, and on SQLite
    nobody could bid.
    """
    if day_due(session, platform.clock.now(session)) != day:
        return None
    filler = secrets.token_bytes(_HASH)
    tree = _Tree(session, day, filler)
    nodes = [tree.part(number) for number in range(_PARTS)]
    new = select(PartyCertificate.fingerprint).where(tree.fresh)
    return Prepared(day, filler, merkle.root(nodes).hex(), b"".join(nodes), tuple(session.scalars(new)))


def log_day(platform: Platform, session: Session, prepared: Prepared) -> EnrolmentDay | None:
    """Log a day's root, once; None if it is logged by now, or another day has ended since."""
    now = platform.clock.now(session)
    if day_due(session, now) != prepared.day:
        return None
    values = {"filler": prepared.filler, "root": prepared.root, "nodes": prepared.nodes, "log_position": 0}
    # The row is taken first: of two workers the later one waits here and then finds it there.
    if not insert_if_missing(session, EnrolmentDay, day=prepared.day, at=now, **values):
        return None
    for fingerprint in prepared.fresh:
        named = PartyCertificate.fingerprint == fingerprint
        session.execute(update(PartyCertificate).where(named).values(enrolment_day=prepared.day))
    digests = {"day": day_digest(prepared.day), "root": prepared.root}
    logged = AuditLog(platform).append(session, ACT, at=now, digests=digests)
    entry = session.get_one(EnrolmentDay, prepared.day)
    entry.log_position = logged.position
    return entry


def catch_up(platform: Platform) -> None:
    """Log the root that is due, if one is: evidence rests on it, whatever held the job up."""
    with platform.database.reading() as session:
        day = day_due(session, platform.clock.now(session))
        prepared = None if day is None else prepare(platform, session, day)
    if prepared is not None:
        with platform.database.transaction() as session:
            log_day(platform, session, prepared)


def day_due(session: Session, now: datetime) -> str | None:
    """The last day that has ended, if it has no root yet and there was an organisation by its end.

    Days that were missed get none: each root has all that came before it.
    """
    day = ((now - AFTER_MIDNIGHT).astimezone(SHANGHAI).date() - timedelta(days=1)).isoformat()
    if session.get(EnrolmentDay, day) is not None:
        return None
    there = select(Organisation.id).where(Organisation.enrolled_at < day_end(day)).limit(1)
    return day if session.scalar(there) is not None else None


def openings(session: Session, party: str, after: int, limit: int) -> list[Opening]:
    """A party's place under the roots that the log has behind position `after`, in order; it has none under
    those of days before it was there."""
    since = session.get_one(Organisation, party).enrolled_at.astimezone(SHANGHAI).date().isoformat()
    found = select(EnrolmentDay).where(EnrolmentDay.log_position > after, EnrolmentDay.day >= since)
    rows = session.scalars(found.order_by(EnrolmentDay.log_position).limit(limit))
    return [opening(session, row, party) for row in rows]


def opening(session: Session, row: EnrolmentDay, party: str) -> Opening:
    """A party's place under one root."""
    tree, place = _Tree(session, row.day, row.filler), place_of(party)
    part = place >> _KEPT_LEVEL
    leaf, hashes = tree.path(party, place)
    top = [row.nodes[at : at + _HASH] for at in range(0, len(row.nodes), _HASH)]
    above = merkle.MemoryTree(top).inclusion(part)
    return Opening(row.day, row.log_position, leaf, (*hashes, *above))


class _Tree:
    """A day's tree, computed from the rows as far as it is asked for."""

    def __init__(self, session: Session, day: str, filler: bytes) -> None:
        self._session = session
        self._day = day
        self._filler = filler
        supplier = PartyCertificate.role == Role.SUPPLIER
        never = PartyCertificate.enrolment_day.is_(None)
        self._end = day_end(day)
        self.fresh = and_(supplier, never, PartyCertificate.issued_at < self._end)
        self._listed: ColumnElement[bool] = and_(
            supplier,
            PartyCertificate.organisation_id == Organisation.id,
            or_(PartyCertificate.enrolment_day <= day, and_(never, PartyCertificate.issued_at < self._end)),
        )

    def part(self, number: int) -> bytes:
        """The node over a 256th of all places."""
        return node(self._filler, _KEPT_LEVEL, number, _hashed(self._leaves(number)))

    def path(self, party: str, place: int) -> tuple[bytes, list[bytes]]:
        """The party's leaf, and the hashes from it up to the node of its part."""
        own = dict(self._leaves(place >> _KEPT_LEVEL))
        return own[party], path(self._filler, place, _hashed(own.items()), _KEPT_LEVEL)

    def _leaves(self, part: int) -> Iterator[tuple[str, bytes]]:
        """The parties of a part with their leaves, in order of their places."""
        first, last = f"{part:02x}", f"{part:02x}" + "g"  # behind all hex digits
        found = (
            select(Organisation.id, PartyCertificate.enrolment)
            .outerjoin(PartyCertificate, self._listed)
            .where(
                Organisation.id >= first, Organisation.id < last, Organisation.enrolled_at < self._end
            )
            .order_by(Organisation.id)
        )
        listed: dict[str, list[str]] = {}
        for party, enrolment in self._session.execute(found):
            listed.setdefault(party, [])
            if enrolment is not None:
                listed[party].append(canonical.digest(enrolment))
        for party, digests in listed.items():
            yield party, build_listed(self._day, party, digests, salt_of(self._filler, party))


def _hashed(leaves: Iterable[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    return [(place_of(party), merkle.leaf_hash(leaf)) for party, leaf in leaves]
