"""The platform's key folder: made once and whole, private, never silently replaced."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signing.certificates import verify_chain
from signing.keys import spki
from signing.profile import PLATFORM_USAGES
from trading import keys
from trading.errors import ConfigurationError
from trading.keys import PlatformKeys, ensure_keys, replace_leaf, retired

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


def test_every_leaf_is_the_platforms(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path / "keys", ORIGIN, AT)
    for usage in PLATFORM_USAGES:
        signer = getattr(keys, usage)
        verify_chain(signer.certificate, signer.chain, keys.roots, AT, "platform", usage)
    assert keys.parties.chain == (keys.parties.certificate,)


def test_a_folder_of_before_gets_the_keys_that_were_added(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = ensure_keys(folder, ORIGIN, AT)
    for name in ("timestamp.pem", "timestamp.key", "document.pem"):  # killed between document's two files
        (folder / name).unlink()
    found: list[PlatformKeys] = []
    threads = [
        threading.Thread(target=lambda: found.append(ensure_keys(folder, ORIGIN, AT + timedelta(days=9))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({keys.timestamp.certificate for keys in found}) == 1 and len(found) == 4
    assert found[0].timestamp.certificate != made.timestamp.certificate
    assert spki(found[0].document.key.public_key()) == spki(made.document.key.public_key())
    for usage in ("timestamp", "document"):
        signer = getattr(found[0], usage)
        assert spki(signer.key.public_key()) == spki(signer.certificate.public_key())
        verify_chain(signer.certificate, signer.chain, made.roots, AT + timedelta(days=9), "platform", usage)
    assert found[0].receipt.certificate == made.receipt.certificate
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("lost", ["root.pem", "log.key", "statement.key", "parties.pem", "timestamp.key"])
def test_a_folder_with_a_part_missing_is_refused(tmp_path: Path, lost: str) -> None:
    ensure_keys(tmp_path / "keys", ORIGIN, AT)
    (tmp_path / "keys" / lost).unlink()
    with pytest.raises(ConfigurationError, match="Restore it from a backup"):
        ensure_keys(tmp_path / "keys", ORIGIN, AT)


def test_a_key_that_is_not_its_certificates_is_refused(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys", ORIGIN, AT)
    (tmp_path / "keys" / "receipt.key").write_bytes((tmp_path / "keys" / "statement.key").read_bytes())
    with pytest.raises(ConfigurationError, match="receipt.key is not the key of receipt.pem"):
        ensure_keys(tmp_path / "keys", ORIGIN, AT)


@pytest.mark.parametrize("steps", range(8))
def test_a_replacement_cut_off_anywhere_leaves_a_folder_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    folder = tmp_path / "keys"
    before, left = ensure_keys(folder, ORIGIN, AT).receipt.certificate, [steps]

    def until_cut(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*given: Any) -> Any:
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return step(*given)

        return taken

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(keys, "_write", until_cut(keys._write))
        patch.setattr("os.link", until_cut(os.link))
        patch.setattr(Path, "replace", until_cut(Path.replace))
        replace_leaf(folder, "receipt", AT, "https://here.example")
        left[0] = -1
    done = left[0] == -1
    assert done is (steps >= 6), "it has six steps"
    kept = ensure_keys(folder, ORIGIN, AT).receipt
    assert kept.key.public_key() == kept.certificate.public_key()
    assert (kept.certificate != before) is done
    assert retired(folder) == ([before] if done else [])
    old, new = replace_leaf(folder, "receipt", AT, "https://here.example")
    assert old == kept.certificate and ensure_keys(folder, ORIGIN, AT).receipt.certificate == new
    assert old in retired(folder) and new not in retired(folder)


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
