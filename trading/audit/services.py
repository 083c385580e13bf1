"""The public log: appended to in the transaction of the act, read with proofs by anybody."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bids.entries import Entry, Who, build_entry
from signing import canonical, merkle
from signing.merkle import NodeReader
from signing.notes import Checkpoint, format_checkpoint, format_proof
from signing.tiles import MAX_ENTRY
from trading.audit.acts import PUBLIC_ACTS
from trading.audit.models import AddressSalt, LogDigest, LogEntry, LogHead, LogNode
from trading.errors import NotFound, TradingError
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.web.security import Actor

_HEAD = 1
_NOTHING = bytes(32)
# Each place is one look-up in the key, and the statement is the same for any number of them. Of a list of
# pairs (IN) SQLite would read the whole table.
_NODES_SQLITE = text(
    "SELECT n.level, n.position, n.hash FROM json_each(:places) p CROSS JOIN log_nodes n "
    "ON n.level = json_extract(p.value, '$[0]') AND n.position = json_extract(p.value, '$[1]')"
)
_NODES_POSTGRESQL = text(
    "SELECT n.level, n.position, n.hash FROM unnest(CAST(:levels AS integer[]), "
    "CAST(:positions AS bigint[])) AS p (level, position) "
    "JOIN log_nodes n ON n.level = p.level AND n.position = p.position"
)
_Result = TypeVar("_Result")


class AuditLog:
    """An RFC 6962 tree whose complete subtrees are stored: an append reads and writes O(log n) rows."""

    def __init__(self, platform: Platform) -> None:
        self._keys = platform.keys

    def append(
        self,
        session: Session,
        act: str,
        *,
        at: datetime,
        tender: str | None = None,
        actor: Actor | None = None,
        address: str | None = None,
        digests: Mapping[str, str] | None = None,
        statement: bytes | None = None,
    ) -> LogEntry:
        """Append an act; the last thing a transaction locks, so that all appends line up at their end.

        Args:
            act: one of PUBLIC_ACTS; another is a programming error, because it could tell of bids.
            address: the network address it came from; only a salted digest of it enters the log.
            digests: SHA-256 in hex, by name.
            statement: a signed statement's file, to be embedded whole.

        Raises:
            ValueError: the act is no public one. BidError: a member has a wrong form.
            TradingError: "log-entry-too-large": bundles of tlog-tiles have no place for it.
        """
        if act not in PUBLIC_ACTS:
            raise ValueError(f"{act} is not an act of the public log")
        raw = build_entry(
            at=at,
            act=act,
            tender=tender,
            who=Who(actor.person, actor.organisation, actor.role) if actor else None,
            address=self._salted(session, address) if address else None,
            digests=digests,
            statement=statement,
        )
        if len(raw) > MAX_ENTRY:
            raise TradingError("log-entry-too-large", status=413, size=len(raw), limit=MAX_ENTRY)
        session.flush()
        head = self._locked_head(session)
        position = head.size
        nodes = _reading(session, lambda read: merkle.append_nodes(position, merkle.leaf_hash(raw), read))
        session.add_all(LogNode(level=level, position=index, hash=node) for level, index, node in nodes)
        organisation = actor.organisation if actor else None
        entry = LogEntry(
            position=position, tender_id=tender, act=act, organisation_id=organisation, raw=raw, at=at
        )
        session.add(entry)
        session.add_all(LogDigest(digest=digest, position=position) for digest in digests_of(raw))
        head.size = position + 1
        session.flush()
        return entry

    def head(self, session: Session) -> int:
        """How many entries the log has."""
        return session.scalar(select(LogHead.size).where(LogHead.id == _HEAD)) or 0

    def checkpoint(self, session: Session, size: int | None = None) -> bytes:
        """The signed checkpoint (C2SP) of the first `size` entries, by default of all; always the same bytes.

        Raises:
            NotFound: the log has fewer entries.
        """
        size = self._size(session, size)
        root = _reading(session, lambda read: merkle.root_at(size, read))
        return format_checkpoint(Checkpoint(self._keys.log_origin, size, root), self._keys.log)

    def proof(
        self, session: Session, position: int, size: int | None = None, checkpoint: bytes | None = None
    ) -> bytes:
        """A tlog-proof (C2SP) that the entry at `position` is among the first `size`, with the checkpoint:
        the given one of that size, or the log's own.

        Raises:
            NotFound: the log has no such entry or size.
        """
        size = self._size(session, size)
        hashes = self.inclusion(session, position, size)
        return format_proof(position, hashes, checkpoint or self.checkpoint(session, size))

    def inclusion(self, session: Session, position: int, size: int) -> list[bytes]:
        """The hashes (RFC 6962) that show the entry at `position` to be among the first `size`.

        Raises:
            NotFound: the log has no such entry or size.
        """
        size = self._size(session, size)
        if not 0 <= position < size:
            raise NotFound("log-entry-not-found", position=position, size=size)
        return _reading(session, lambda read: merkle.inclusion_proof(position, size, read))

    def position_of(self, session: Session, digest: str) -> int:
        """The first entry that has this SHA-256, holds a statement that has it, or names it.

        Raises:
            NotFound: there is none.
        """
        found = select(LogDigest.position).where(LogDigest.digest == digest)
        position = session.scalar(found.order_by(LogDigest.position).limit(1))
        if position is None:
            raise NotFound("log-digest-not-found", digest=digest)
        return position

    def consistency(self, session: Session, old: int, new: int) -> list[bytes]:
        """The hashes (RFC 6962) that show the log of `new` entries to begin with that of `old`.

        Raises:
            NotFound: the log has fewer than `new` entries, or `old` is above `new`.
        """
        self._size(session, new)
        if old > new:
            raise NotFound("log-sizes-reversed", old=old, new=new)
        return _reading(session, lambda read: merkle.consistency_proof(old, new, read))

    def entries(
        self, session: Session, tender: str, start: int = 0, limit: int | None = None
    ) -> list[LogEntry]:
        """A tender's entries from position `start` on, in order; all of them, or up to `limit`."""
        found = select(LogEntry).where(LogEntry.tender_id == tender, LogEntry.position >= start)
        return list(session.scalars(found.order_by(LogEntry.position).limit(limit)))

    def slice(self, session: Session, start: int, limit: int) -> list[LogEntry]:
        """Up to `limit` entries from position `start` on."""
        found = select(LogEntry).where(LogEntry.position >= start).order_by(LogEntry.position).limit(limit)
        return list(session.scalars(found))

    def _size(self, session: Session, size: int | None) -> int:
        have = self.head(session)
        if size is None:
            return have
        if not 0 <= size <= have:
            raise NotFound("log-size-not-reached", size=size, have=have)
        return size

    def _locked_head(self, session: Session) -> LogHead:
        insert_if_missing(session, LogHead, id=_HEAD, size=0)
        return session.get_one(LogHead, _HEAD, with_for_update=True, populate_existing=True)

    def _salted(self, session: Session, address: str) -> str:
        # A fresh salt each time: equal digests would show that two acts came from one machine.
        salt = secrets.token_bytes(16)
        digest = hashlib.sha256(salt + address.encode()).hexdigest()
        session.add(AddressSalt(digest=digest, salt=salt, address=address))
        return digest


def digests_of(raw: bytes) -> set[str]:
    """The digests by which an entry is found: its own, those it names, its statement's (the statement alone,
    and the file with its signature)."""
    entry = Entry.parse(raw)
    found = {entry.digest, *entry.digests.values()}
    if entry.statement is not None:
        parts = (entry.statement, entry.statement["statement"])
        found |= {canonical.digest(canonical.dumps(part)) for part in parts}
    return found


def _reading(session: Session, work: Callable[[NodeReader], _Result]) -> _Result:
    """What `work` makes of stored nodes, all of which are read in one query.

    It runs twice: which nodes it asks for depends on places alone, never on the hashes.
    """
    wanted: set[tuple[int, int]] = set()

    def ask(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return _NOTHING

    result = work(ask)
    if not wanted:
        return result
    if session.get_bind().dialect.name == "sqlite":
        rows = session.execute(_NODES_SQLITE, {"places": json.dumps(sorted(wanted))})
    else:
        levels, positions = (list(each) for each in zip(*sorted(wanted), strict=True))
        rows = session.execute(_NODES_POSTGRESQL, {"levels": levels, "positions": positions})
    known = {(level, index): bytes(node) for level, index, node in rows}
    return work(lambda level, index: known[level, index])
