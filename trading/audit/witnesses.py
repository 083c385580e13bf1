"""Witnesses of the log: which checkpoints they are offered, how they are asked, what they have cosigned.

A witness cosigns only what is newer than all it has seen, so all of them are offered the same checkpoints, a
few seconds apart: only then does one checkpoint gather enough cosignatures for a reader's policy. One that is
down holds up nothing but its own cosignatures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from signing.cosignatures import with_cosignatures
from signing.notes import read_checkpoint
from signing.policies import KnownWitness, LogPolicy
from trading.audit.asking import Asked, ask, recognised
from trading.audit.models import LogCheckpoint, LogCosignature, LogEntry, LogWitness
from trading.audit.services import AuditLog
from trading.errors import NotFound, TradingError
from trading.platform import Platform
from trading.queue import claim, insert_if_missing, step

# After this long without an answer a witness is asked again.
AGAIN = timedelta(seconds=10)
# A checkpoint that leaves out entries older than this is not the newest any more, cosigned or not.
_STALE = timedelta(minutes=1)
_SHOWN = 20
# Cosignatures gone through for a checkpoint with enough of them: of a policy's witnesses some minutes' worth.
_LOOKED_AT = 2000


@dataclass(frozen=True)
class Standing:
    """How a witness stands: the size it cosigned last and when, and why it fails if it does."""

    witness: KnownWitness
    size: int | None
    at: datetime | None
    failure: str | None


class Witnesses:
    """The platform's side of tlog-witness, for the witnesses of the setting `log_policy`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._log = AuditLog(platform)
        self.policy: LogPolicy = platform.settings.witnesses

    # --- offering and asking

    def due(self, session: Session, now: datetime) -> bool:
        """Whether a new checkpoint is to be offered, or a witness to be asked."""
        if not self.policy.witnesses:
            return False
        newest = _newest(session)
        if self._log.head(session) > (newest.size if newest else 0):
            return newest is None or now >= newest.at + self._apart
        return newest is not None and bool(self._to_ask(session, newest, now))

    @property
    def _apart(self) -> timedelta:
        return timedelta(seconds=self._platform.settings.cosign_seconds)

    def work(self) -> None:
        """Offer the newest checkpoint if it is time, and ask whoever has not cosigned it, all at once."""
        with claim(self._platform, "cosign-log", "log") as hold:
            if hold is None:
                return
            with self._platform.database.transaction() as session:
                now = self._platform.clock.now(session)
                newest = self._offer(session, now)
                if newest is None:
                    return
                asked = self._to_ask(session, newest, now)
                known = {row.witness: row.size for row in session.scalars(select(LogWitness))}
            if not asked:
                return
            with ThreadPoolExecutor(len(asked), "witness") as pool:
                answers = list(pool.map(lambda each: self._ask(each, newest, known.get(_id(each), 0)), asked))
            with self._platform.database.transaction() as session:
                for witness, answer in zip(asked, answers, strict=True):
                    self._note(session, witness, newest.size, answer)
            done = sum(answer.line is not None for answer in answers)
            step("cosigning:asked", "log", size=newest.size, cosigned=done, asked=len(answers))

    def _offer(self, session: Session, now: datetime) -> LogCheckpoint | None:
        newest, head = _newest(session), self._log.head(session)
        if head > (newest.size if newest else 0) and (newest is None or now >= newest.at + self._apart):
            note = self._log.checkpoint(session, head)
            insert_if_missing(session, LogCheckpoint, size=head, note=note, at=now)
            newest = _newest(session)
        return newest

    def _to_ask(self, session: Session, newest: LogCheckpoint, now: datetime) -> list[KnownWitness]:
        done = set(
            session.scalars(select(LogCosignature.witness).where(LogCosignature.size == newest.size))
        )
        rows = {row.witness: row for row in session.scalars(select(LogWitness))}
        found = []
        for each in self.policy.witnesses:
            row = rows.get(_id(each))
            rests = row is not None and row.failure is not None and now < row.asked_at + AGAIN
            if each.url is not None and _id(each) not in done and not rests:
                found.append(each)
        return found

    def _ask(self, witness: KnownWitness, newest: LogCheckpoint, old: int) -> Asked:
        def proof(size: int) -> Sequence[bytes]:
            with self._platform.database.reading() as session:
                return self._log.consistency(session, size, newest.size)

        return ask(witness, newest.note, newest.size, old, proof)

    def _note(self, session: Session, witness: KnownWitness, size: int, answer: Asked) -> None:
        now = self._platform.clock.now(session)
        insert_if_missing(session, LogWitness, witness=_id(witness), size=0, asked_at=now, failure=None)
        row = session.get_one(LogWitness, _id(witness), with_for_update=True, populate_existing=True)
        if answer.line is None or answer.signed_at is None:
            row.asked_at, row.failure = now, answer.failure
            row.size = answer.size if answer.size is not None else row.size
            return
        new = insert_if_missing(
            session, LogCosignature, size=size, witness=_id(witness), line=answer.line,
            signed_at=answer.signed_at, at=now,
        )  # fmt: skip
        # Lines are public: who sends an old one again says nothing of the witness.
        if new:
            row.asked_at, row.failure, row.cosigned_at, row.size = now, None, now, max(row.size, size)

    def recognise(self, session: Session, size: int, line: str) -> tuple[KnownWitness, Asked]:
        """Whose cosignature this is that a witness brings by itself, because nobody can reach it.

        Raises:
            NotFound: no checkpoint of that size is offered. TradingError: it is no known witness's.
        """
        offered = session.get(LogCheckpoint, size)
        if offered is None:
            raise NotFound("log-size-not-offered", size=size)
        for witness in self.policy.witnesses:
            answer = recognised(witness, offered.note, size, line.encode())
            if answer.line is not None:
                return witness, answer
        raise TradingError("log-witness-unknown")

    def has(self, session: Session, witness: KnownWitness, size: int) -> bool:
        """Whether the witness's cosignature of that checkpoint is there already."""
        return session.get(LogCosignature, (size, _id(witness))) is not None

    def keep(self, session: Session, witness: KnownWitness, size: int, answer: Asked) -> None:
        """Keep what `recognise` found."""
        self._note(session, witness, size, answer)

    # --- reading

    def newest(self, session: Session) -> bytes:
        """The newest checkpoint that was offered, with its cosignatures so far; the log's own newest where
        no witness is asked, or none was offered for a while."""
        offered = _newest(session) if self.policy.witnesses else None
        if offered is not None and offered.size < self._log.head(session):
            since = session.scalar(select(LogEntry.at).where(LogEntry.position == offered.size))
            if since is not None and since < self._platform.clock.now(session) - _STALE:
                offered = None
        if offered is None:
            return self._log.checkpoint(session)
        return _cosigned(session, [offered])[0]

    def holding(self, session: Session, after: int, limit: int = _SHOWN) -> list[bytes]:
        """Cosigned checkpoints that hold the entry at position `after`: the one that is `enough`, then those
        with the most cosignatures, of equals the smallest. Empty if no witness has cosigned one yet."""
        count = func.count(LogCosignature.witness)
        sizes = (
            select(LogCosignature.size)
            .where(LogCosignature.size > after)
            .group_by(LogCosignature.size)
            .order_by(count.desc(), LogCosignature.size)
            .limit(limit)
        )
        found = list(session.scalars(sizes))
        first = self._sufficient(session, after)
        if first is not None:
            found = [first, *(size for size in found if size != first)][:limit]
        rows = {
            row.size: row
            for row in session.scalars(select(LogCheckpoint).where(LogCheckpoint.size.in_(found)))
        }
        return _cosigned(session, [rows[size] for size in found if size in rows])

    def enough(self, session: Session, position: int) -> bool:
        """Whether a checkpoint that holds the entry is cosigned as the policy wants."""
        return self.policy.quorum is None or self._sufficient(session, position) is not None

    def _sufficient(self, session: Session, position: int) -> int | None:
        """The size of the first checkpoint that is cosigned as the policy wants and holds the entry.

        With groups that is not always one of those with the most cosignatures.
        """
        if self.policy.quorum is None:
            return None
        names = {_id(witness): witness.name for witness in self.policy.witnesses}
        found = (
            select(LogCosignature.size, LogCosignature.witness)
            .where(LogCosignature.size > position, LogCosignature.witness.in_(names))
            .order_by(LogCosignature.size)
            .limit(_LOOKED_AT)
        )
        for size, rows in groupby(session.execute(found), key=lambda row: row.size):
            if self.policy.satisfied(names[row.witness] for row in rows):
                return int(size)
        return None

    def best(self, session: Session, position: int, size: int | None = None) -> bytes:
        """The first of `holding`, of a certain size if one is given.

        Raises:
            NotFound: no cosigned checkpoint holds that entry (yet).
        """
        found = self.holding(session, position)
        if size is not None:
            found = [note for note in found if read_checkpoint(note).size == size]
        if not found:
            raise NotFound("log-not-cosigned", position=position)
        return found[0]

    def standings(self, session: Session) -> list[Standing]:
        """Each witness of the policy, in its order."""
        rows = {row.witness: row for row in session.scalars(select(LogWitness))}
        found = []
        for witness in self.policy.witnesses:
            row = rows.get(_id(witness))
            known = (row.size or None, row.cosigned_at, row.failure) if row else (None, None, None)
            found.append(Standing(witness, *known))
        return found


def _id(witness: KnownWitness) -> str:
    return witness.verifier.public.hex()


def _newest(session: Session) -> LogCheckpoint | None:
    return session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))


def _cosigned(session: Session, rows: Iterable[LogCheckpoint]) -> list[bytes]:
    """The checkpoints with their cosignatures, in order of their arrival."""
    wanted = list(rows)
    found = select(LogCosignature).where(LogCosignature.size.in_([row.size for row in wanted]))
    lines: dict[int, list[str]] = {}
    for each in session.scalars(found.order_by(LogCosignature.at, LogCosignature.witness)):
        lines.setdefault(each.size, []).append(each.line)
    return [with_cosignatures(row.note, lines.get(row.size, ())) for row in wanted]
