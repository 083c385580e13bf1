"""The agent's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trading.client.custodian_state import CustodianState, StateConflict

TENDER = "ab" * 16


def test_keeps_and_replaces(tmp_path: Path) -> None:
    state = CustodianState(tmp_path / "state")
    assert state.read(TENDER, "notice.json") is None
    assert not state.knows(TENDER)
    state.write(TENDER, "notice.json", b"one")
    state.write(TENDER, "notice.json", b"two")
    assert CustodianState(tmp_path / "state").read(TENDER, "notice.json") == b"two"
    assert state.knows(TENDER)


def test_once_is_for_ever(tmp_path: Path) -> None:
    state = CustodianState(tmp_path)
    state.write_once(TENDER, "closing", b"one")
    state.write_once(TENDER, "closing", b"one")
    with pytest.raises(StateConflict, match="closing"):
        state.write_once(TENDER, "closing", b"two")
    assert state.read(TENDER, "closing") == b"one"


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    state = CustodianState(tmp_path / "state")
    state.write(TENDER, "seed", b"secret")
    for path in (tmp_path / "state", tmp_path / "state" / "tenders" / TENDER):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (tmp_path / "state" / "tenders" / TENDER / "seed").stat().st_mode & 0o777 == 0o600


def test_erasing_overwrites_before_it_removes(tmp_path: Path) -> None:
    state = CustodianState(tmp_path)
    state.write(TENDER, "seed", b"secret" * 10)
    path = tmp_path / "tenders" / TENDER / "seed"
    beside = tmp_path / "link"
    beside.hardlink_to(path)
    state.erase(TENDER, "seed")
    assert not path.exists()
    assert b"secret" not in beside.read_bytes() and len(beside.read_bytes()) == 60
    state.erase(TENDER, "seed")


@pytest.mark.parametrize("end", ["os.urandom", "pathlib.Path.unlink"])
def test_a_crash_while_erasing_leaves_neither_the_record_nor_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    state = CustodianState(tmp_path)
    state.write(TENDER, "seed", b"secret")

    def killed(*given: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(end, killed)
    with pytest.raises(KeyboardInterrupt):
        state.erase(TENDER, "seed")
    monkeypatch.undo()
    assert state.read(TENDER, "seed") is None and state.records(TENDER) == []
    CustodianState(tmp_path)
    assert list((tmp_path / "tenders" / TENDER).iterdir()) == []


def test_with_the_last_record_the_tenders_folder_is_gone(tmp_path: Path) -> None:
    state, folder = CustodianState(tmp_path), tmp_path / "tenders" / TENDER
    state.write(TENDER, "seed", b"secret")
    state.write(TENDER, "key.json", b"{}")
    state.erase(TENDER, "key.json")
    assert state.tenders() == [TENDER]
    state.erase(TENDER, "seed")
    assert state.tenders() == [] and not folder.exists()
    state.erase(TENDER, "seed")
    state.write(TENDER, "seed", b"another")
    assert state.read(TENDER, "seed") == b"another"


def test_what_was_half_written_is_erased_when_nobody_else_is_there(tmp_path: Path) -> None:
    state, folder = CustodianState(tmp_path), tmp_path / "tenders" / TENDER
    folder.mkdir()
    left = (folder / ".seed.new", tmp_path / ".signers.json.new", tmp_path / ".store.json.0a1b.part")
    for number, path in enumerate(left):
        path.write_bytes(b"secret")
        (tmp_path / f"beside-{number}").hardlink_to(path)
    CustodianState(tmp_path)
    assert all(path.exists() for path in left), "another process may be about to name them"
    state.tidy()
    assert not any(path.exists() for path in left) and state.tenders() == []
    assert not any(b"secret" in path.read_bytes() for path in tmp_path.glob("beside-*"))


def test_shared_records(tmp_path: Path) -> None:
    state = CustodianState(tmp_path)
    assert state.read_shared("log.json") is None
    state.write_shared("log.json", b"{}")
    assert CustodianState(tmp_path).read_shared("log.json") == b"{}"


def test_a_new_tenders_folder_is_on_disk_with_its_first_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    state = CustodianState(tmp_path)
    state.write(TENDER, "seed", b"secret")
    tenders = tmp_path / "tenders"
    for folder in (tmp_path, tenders, tenders / TENDER):
        assert folder.stat().st_ino in synced, folder
