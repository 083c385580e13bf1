"""Records at rest, and the passphrase over them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trading.client import files, vault
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError

PASSPHRASE = "a long passphrase"
TENDER = "ab" * 16


def test_records_are_encrypted_and_bound_to_their_names(tmp_path: Path) -> None:
    state = CustodianState(tmp_path, vault.create(tmp_path, PASSPHRASE))
    state.write(TENDER, "seed", b"the secret seed")
    state.write("cd" * 16, "seed", b"the other seed")
    one, other = (tmp_path / "tenders" / each / "seed" for each in (TENDER, "cd" * 16))
    assert b"secret" not in one.read_bytes()
    again = CustodianState(tmp_path, vault.unlock(tmp_path, PASSPHRASE))
    assert again.read(TENDER, "seed") == b"the secret seed"
    one.write_bytes(other.read_bytes())
    with pytest.raises(ClientError, match=f"{TENDER}/seed is damaged"):
        again.read(TENDER, "seed")
    one.write_bytes(b"")
    with pytest.raises(ClientError, match="damaged"):
        again.read(TENDER, "seed")


def test_a_passphrase_opens_and_another_takes_its_place(tmp_path: Path) -> None:
    box = vault.create(tmp_path, PASSPHRASE)
    kept = box.seal("token", b"sst")
    with pytest.raises(ClientError, match="passphrase of the store"):
        vault.unlock(tmp_path, PASSPHRASE + "!")
    with pytest.raises(ClientError, match="holds a store already"):
        vault.create(tmp_path, PASSPHRASE)
    with pytest.raises(ClientError, match="12 characters"):
        box.lock(tmp_path, "short")
    beside = tmp_path / "beside"
    beside.hardlink_to(tmp_path / vault.HEADER)
    before = beside.read_bytes()
    box.lock(tmp_path, "another passphrase")
    assert len(beside.read_bytes()) == len(before) and vault.FORMAT.encode() not in beside.read_bytes()
    with pytest.raises(ClientError, match="passphrase of the store"):
        vault.unlock(tmp_path, PASSPHRASE)
    assert vault.unlock(tmp_path, "another passphrase").open("token", kept) == b"sst"
    assert (tmp_path / vault.HEADER).stat().st_mode & 0o077 == 0


def test_a_power_cut_while_locking_leaves_a_header_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old header is overwritten only when the new one's name is on disk."""
    box = vault.create(tmp_path, PASSPHRASE)

    def cut(folder: Path) -> None:
        raise KeyboardInterrupt

    beside = tmp_path / "beside"
    beside.hardlink_to(tmp_path / vault.HEADER)
    monkeypatch.setattr(files, "sync_folder", cut)
    with pytest.raises(KeyboardInterrupt):
        box.lock(tmp_path, "another passphrase")
    beside.replace(tmp_path / vault.HEADER)  # the folder as it may be on disk
    vault.unlock(tmp_path, PASSPHRASE)


def test_a_header_from_elsewhere_costs_nothing_absurd(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="no custodian's store"):
        vault.unlock(tmp_path, PASSPHRASE)
    vault.create(tmp_path, PASSPHRASE)
    path = tmp_path / vault.HEADER
    header = json.loads(path.read_text())
    for change in ({"memory_kib": 1 << 30}, {"passes": 0}, {"salt": "?"}, {"lanes": "4"}):
        path.write_text(json.dumps({**header, "argon2id": {**header["argon2id"], **change}}))
        with pytest.raises(ClientError, match="store.json is damaged"):
            vault.unlock(tmp_path, PASSPHRASE)
    for text in ("", "[]", "{}", json.dumps({**header, "format": "other"})):
        path.write_text(text)
        with pytest.raises(ClientError, match="store.json is damaged"):
            vault.unlock(tmp_path, PASSPHRASE)
