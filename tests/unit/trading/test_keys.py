"""The platform's key folder: made once and whole, private, never silently replaced."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signing.certificates import verify_chain
from signing.keys import spki
from trading.errors import ConfigurationError
from trading.keys import PlatformKeys, ensure_keys

AT = datetime(2026, 6, 1, tzinfo=UTC)
ORIGIN = "log.example.org"


def test_made_once_then_read(tmp_path: Path) -> None:
    made = ensure_keys(tmp_path / "a" / "keys", ORIGIN, AT)
    read = ensure_keys(tmp_path / "a" / "keys", ORIGIN, AT + timedelta(days=1))
    assert made.root == read.root
    assert made.log.vkey == read.log.vkey
    assert spki(made.receipt.key.public_key()) == spki(read.receipt.key.public_key())


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys", ORIGIN, AT)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "keys").iterdir())


def test_statement_and_receipt_are_the_platforms(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path / "keys", ORIGIN, AT)
    for usage, signer in (("statement", keys.statement), ("receipt", keys.receipt)):
        verify_chain(signer.certificate, signer.chain, keys.roots, AT, "platform", usage)
    assert keys.parties.chain == (keys.parties.certificate,)


@pytest.mark.parametrize("lost", ["root.pem", "log.key", "statement.key", "parties.pem"])
def test_a_folder_with_a_part_missing_is_refused(tmp_path: Path, lost: str) -> None:
    ensure_keys(tmp_path / "keys", ORIGIN, AT)
    (tmp_path / "keys" / lost).unlink()
    with pytest.raises(ConfigurationError, match="Restore it from a backup"):
        ensure_keys(tmp_path / "keys", ORIGIN, AT)


def test_a_damaged_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys", ORIGIN, AT)
    file = tmp_path / "keys" / "receipt.key"
    file.write_bytes(file.read_bytes()[:80])
    with pytest.raises(ConfigurationError) as caught:
        ensure_keys(tmp_path / "keys", ORIGIN, AT)
    assert "PRIVATE" not in str(caught.value)


def test_two_that_start_at_once_share_one_set(tmp_path: Path) -> None:
    found: list[PlatformKeys] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        barrier.wait()
        found.append(ensure_keys(tmp_path / "keys", ORIGIN, AT))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({keys.log.vkey for keys in found}) == 1 and len(found) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["keys"], "nothing is left of the losers"


def test_a_place_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="cannot be made"):
        ensure_keys(tmp_path / "file" / "keys", ORIGIN, AT)
