"""Which checkpoint is handed on: the one cosigned as the policy wants, not the one cosigned most often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from signing import notes
from signing.cosignatures import CosignatureSigner, CosignatureVerifier
from signing.policies import parse_policy
from trading.audit import witnesses
from trading.audit.models import LogCheckpoint, LogCosignature
from trading.audit.witnesses import Witnesses
from trading.db import Base

AT = datetime(2026, 6, 1, tzinfo=UTC)
LOG = notes.NoteSigner("log.example/a", notes.generate_note_key())
KEYS = {
    name: CosignatureSigner(f"w.example/{name}", Ed25519PrivateKey.from_private_bytes(name.encode() * 16))
    for name in ("X1", "X2", "X3", "Y1", "Z1")
}
GROUPS = "\n".join(f"witness {name} {key.vkey}" for name, key in KEYS.items() if name != "Z1") + """
group X 2 X1 X2 X3
group Y any Y1
group both all X Y
quorum both
"""


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [LogCheckpoint.__table__, LogCosignature.__table__])  # type: ignore[list-item]
    with Session(engine) as made:
        yield made


def asked(monkeypatch: pytest.MonkeyPatch) -> Witnesses:
    monkeypatch.setattr(witnesses, "AuditLog", lambda _: None)
    platform: Any = SimpleNamespace(settings=SimpleNamespace(witnesses=parse_policy(GROUPS.encode())))
    return Witnesses(platform)


def cosign(session: Session, size: int, names: str) -> bytes:
    note = notes.format_checkpoint(notes.Checkpoint("log.example/a", size, bytes(32)), LOG)
    session.add(LogCheckpoint(size=size, note=note, at=AT))
    for key in (KEYS[name] for name in names.split()):
        witness, line = CosignatureVerifier.from_vkey(key.vkey).public.hex(), key.cosign(note, AT)
        session.add(LogCosignature(size=size, witness=witness, line=line, signed_at=AT, at=AT))
    session.flush()
    return note


def test_a_group_that_is_there_often_does_not_stand_for_one_that_is_not(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = asked(monkeypatch)
    cosign(session, 5, "X1 X2 X3 Z1")  # the most, of one group and a stranger
    cosign(session, 6, "X1 Y1 Z1")  # of both, but too few of one
    assert tested.holding(session, 4, 1) and not tested.enough(session, 4)
    wanted = cosign(session, 7, "X1 X3 Y1")
    assert tested.enough(session, 4) and not tested.enough(session, 7)
    shown = tested.holding(session, 4)
    assert [notes.read_checkpoint(note).size for note in shown] == [7, 5, 6]
    assert tested.best(session, 4) == tested.holding(session, 4, 1)[0] and shown[0].startswith(wanted)
    assert tested.policy.satisfied(tested.policy.cosigned(shown[0]))
