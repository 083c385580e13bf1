"""Revocation lists (RFC 5280): one of each authority, on one schedule, kept for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from signing.authorities import AUTHORITIES, AuthorityName, make_crl
from trading.accounts.models import Crl, PartyCertificate, PlatformRevocation
from trading.clock import Clock
from trading.errors import NotFound, TradingError
from trading.platform import Platform

# A platform whose scanner is late goes on with the last list for this long.
OVERLAP = timedelta(hours=6)
FETCH_EVERY = timedelta(hours=1)
FETCH_AGAIN = timedelta(minutes=1)
# A list of parties' certificates stays the newest until the schedule's next; copies of a platform's, told
# apart by its clock and in no session. Every submission needs it.
_NEWEST: WeakKeyDictionary[Clock, Crl] = WeakKeyDictionary()
_MADE = "revocation list made"  # of a session


class RevocationLists:
    """The lists of the root and of the two authorities under it."""

    def __init__(self, platform: Platform) -> None:
        self._keys = platform.keys
        self._clock = platform.clock
        self._database = platform.database
        self._seconds = platform.settings.crl_hours * 3600

    def current(self, session: Session, now: datetime, authority: AuthorityName = "parties") -> Crl:
        """The newest list; the first is made at once, later ones on schedule by a job.

        Only when the job has not run for so long that the list is outdated is one made here: a list that
        came with a submission would tell of it.
        """
        kept = _NEWEST.get(self._clock) if authority == "parties" else None
        if kept is not None and kept.issued_at <= now < kept.follows_at:
            return kept
        newest = session.scalar(_newest(authority))
        if newest is None or newest.next_update <= now:
            if not self._database.is_reader(session):
                return self.make(session, now, authority)
            with self._database.transaction() as own:
                return self.make(own, now, authority)
        # One that this very transaction made may still come to nothing.
        if authority == "parties" and _MADE not in session.info:
            columns = {column.key: getattr(newest, column.key) for column in Crl.__table__.columns}
            _NEWEST[self._clock] = Crl(**columns)
        return newest

    def newest(self, session: Session, authority: str) -> Crl | None:
        """The newest list, current or not; None before there is one."""
        return session.scalar(_newest(authority))

    def newest_digest(self, session: Session, authority: str) -> str | None:
        """The SHA-256 of the newest list, without reading it: outside authorities' may have 16 MiB."""
        return session.scalar(_newest(authority).with_only_columns(Crl.sha256))

    def published(self, session: Session, authority: AuthorityName = "parties") -> Crl:
        """The newest list, for readers; NotFound before there is one."""
        newest = self.newest(session, authority)
        if newest is None:
            raise NotFound("crl-none")
        return newest

    def named(self, session: Session, sha256: str) -> Crl:
        """A list by the SHA-256 of its DER; NotFound."""
        row = session.get(Crl, sha256)
        if row is None:
            raise NotFound("crl-not-found")
        return row

    def fetched(self, session: Session, now: datetime, authority: str) -> Crl:
        """The newest list that was fetched from an outside authority.

        Raises TradingError "outside-list-old" if there is none that is current: without one, nobody knows
        whether a certificate was revoked.
        """
        newest = session.scalar(_newest(authority))
        if newest is None or newest.next_update <= now:
            raise TradingError("outside-list-old", status=503, name=authority.partition(":")[2])
        return newest

    def keep(self, session: Session, now: datetime, authority: str, der: bytes, next_update: datetime) -> Crl:
        """Keep a list as fetched, and when to look again: each hour, and well before it ends."""
        follows = min(now + FETCH_EVERY, max(now + FETCH_AGAIN, next_update - FETCH_EVERY))
        row = session.get(Crl, hashlib.sha256(der).hexdigest())
        if row is None:
            row = Crl(
                sha256=hashlib.sha256(der).hexdigest(),
                authority=authority,
                der=der,
                issued_at=now,
                next_update=next_update,
                follows_at=follows,
            )
            session.add(row)
        row.follows_at = follows
        session.flush()
        return row

    def make(self, session: Session, now: datetime, authority: AuthorityName) -> Crl:
        """Make and keep the list of now; it holds to the end of the schedule's slot and a little longer.

        The authority's key is here: the root's may be elsewhere.
        """
        # Slots are counted from 1970, so that the moment of a list tells of nothing but the clock.
        seconds = int(now.timestamp())
        follows = datetime.fromtimestamp(seconds - seconds % self._seconds + self._seconds, UTC)
        signer = self._keys.authorities[authority]
        der = make_crl(signer, _revoked(session, authority, now), now, follows + OVERLAP).public_bytes(
            Encoding.DER
        )
        row = Crl(
            sha256=hashlib.sha256(der).hexdigest(),
            authority=authority,
            der=der,
            issued_at=now,
            next_update=follows + OVERLAP,
            follows_at=follows,
        )
        session.add(row)
        session.flush()
        session.info[_MADE] = True
        return row


def _newest(authority: str) -> Select[Crl]:
    return select(Crl).where(Crl.authority == authority).order_by(Crl.issued_at.desc()).limit(1)


def _revoked(session: Session, authority: AuthorityName, now: datetime) -> list[tuple[int, datetime, str]]:
    """Serial, time and reason of what the authority issued and somebody revoked."""
    table: type[PartyCertificate] | type[PlatformRevocation] = PartyCertificate
    if authority != "parties":
        table = PlatformRevocation
    found = (
        select(table.serial, table.revoked_at, table.revocation_reason)
        .where(table.revoked_at.is_not(None), table.revoked_at <= now, table.authority == authority)
        .order_by(table.revoked_at, table.serial)
    )
    rows = session.execute(found)
    return [
        (int(serial, 16), _whole(at), reason or "unspecified")
        for serial, at, reason in rows
        if at is not None
    ]


def _whole(at: datetime) -> datetime:
    """Lists count whole seconds; rounded up, as what was received in the same second came before."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)


def lists_due(
    session: Session, now: datetime, among: Iterable[AuthorityName] = AUTHORITIES
) -> list[AuthorityName]:
    """The authorities that have no list yet for the present slot of the schedule."""
    last = select(Crl.authority, func.max(Crl.follows_at).label("follows_at")).group_by(Crl.authority)
    held = {row.authority: row.follows_at for row in session.execute(last)}
    return [each for each in among if each not in held or held[each] <= now]


def fetches_due(session: Session, now: datetime, authorities: Sequence[str]) -> list[str]:
    """The names of those outside authorities ("outside:" and a name) whose list should be fetched now."""
    if not authorities:
        return []
    last = select(Crl.authority, func.max(Crl.follows_at).label("follows_at")).group_by(Crl.authority)
    held = {row.authority: row.follows_at for row in session.execute(last)}
    return [each.partition(":")[2] for each in authorities if each not in held or held[each] <= now]
