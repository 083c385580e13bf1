"""A store's backup: what is in it, who opens it, and what a drill finds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.bids_factory import NOW, World
from trading.client.backup_words import gather
from trading.client.custodian_backup import (
    Backup,
    new_words,
    open_backup,
    read_about,
    restore,
    words_of,
    write_backup,
)
from trading.client.custodian_drill import drill
from trading.client.custodian_stock import signed_key
from trading.client.custodian_store import Store, Trusted
from trading.client.errors import ClientError

PASSPHRASE = "a long passphrase"
HELD, ERASED = "ab" * 16, "cd" * 16


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=12)


@pytest.fixture
def store(tmp_path: Path, world: World) -> Store:
    made = Store.begin(tmp_path / "store", PASSPHRASE)
    made.pin(Trusted("https://trading.example", (world.root.certificate,), "log+00000000+AA=="))
    made.add_signers([world.custodians[0].signer])
    for tender in (HELD, ERASED):
        signed_key(made.state, made.keys, tender)
        made.state.write(tender, "notice.json", b"{}")
        made.state.write(tender, "closing", b"digest")
    return made


def words(store: Store) -> bytes:
    told: list[list[list[str]]] = []
    new_words(store, [(1, 1)], 1, lambda number, shares: told.append(shares))
    return gather(told[0][0])


def test_what_was_erased_is_in_no_later_backup(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    with pytest.raises(ClientError, match="no words for backups"):
        write_backup(store, file, NOW)
    secret = words(store)
    write_backup(store, file, NOW)
    assert open_backup(file, secret).tenders == [HELD, ERASED]
    beside = tmp_path / "link"
    beside.hardlink_to(file)
    first = file.read_bytes()
    store.keys.erase(ERASED)
    store.state.write(ERASED, "erased", b"")
    write_backup(store, file, NOW)
    later = open_backup(file, secret)
    assert later.tenders == [HELD]
    assert {name for name in later.records if name.startswith(ERASED)} == {
        f"{ERASED}/closing",
        f"{ERASED}/erased",
    }
    assert beside.read_bytes() != first and len(beside.read_bytes()) == len(first), (
        "overwritten, not only unlinked"
    )
    assert file.stat().st_mode & 0o077 == 0


def test_new_words_end_the_old_ones(store: Store, tmp_path: Path) -> None:
    old = words(store)
    write_backup(store, tmp_path / "old", NOW)
    new = words(store)
    about = write_backup(store, tmp_path / "new", NOW)
    assert about.words == words_of(store) == read_about(tmp_path / "new").words
    assert open_backup(tmp_path / "old", old).tenders and open_backup(tmp_path / "new", new).tenders
    for file, wrong in (("old", new), ("new", old)):
        with pytest.raises(ClientError, match="another set of words"):
            open_backup(tmp_path / file, wrong)


def test_words_that_nobody_got_seal_no_backup(store: Store, tmp_path: Path) -> None:
    def full(number: str, shares: list[list[str]]) -> None:
        raise ClientError("file-unwritable", path=tmp_path, reason="No space left on device")

    old = words(store)
    with pytest.raises(ClientError, match="No space"):
        new_words(store, [(1, 1)], 1, full)
    write_backup(store, tmp_path / "backup", NOW)
    assert open_backup(tmp_path / "backup", old).tenders == [HELD, ERASED]


def test_a_key_is_not_handed_in_again_once_its_secret_half_is_gone(store: Store) -> None:
    given = signed_key(store.state, store.keys, HELD)
    assert signed_key(store.state, store.keys, HELD) == given
    store.keys.erase(HELD)
    again = signed_key(store.state, store.keys, HELD)
    assert again["sealing_key"] != given["sealing_key"] and store.keys.holds(HELD)


def test_what_is_recovered_is_the_store(store: Store, tmp_path: Path) -> None:
    secret = words(store)
    write_backup(store, tmp_path / "backup", NOW)
    found = open_backup(tmp_path / "backup", secret)
    made = restore(found, tmp_path / "made", "another passphrase")
    assert made.keys.id == store.keys.id and made.trusted == store.trusted
    for tender in (HELD, ERASED):
        assert made.state.records(tender) == store.state.records(tender)
        for name in store.state.records(tender):
            assert made.state.read(tender, name) == store.state.read(tender, name)
    with pytest.raises(ClientError, match="holds a store already"):
        restore(found, tmp_path / "made", "another passphrase")


def test_a_file_that_was_touched_is_refused(store: Store, tmp_path: Path) -> None:
    secret = words(store)
    file = tmp_path / "backup"
    write_backup(store, file, NOW)
    whole = file.read_bytes()
    changed = (
        whole[:-1] + bytes([whole[-1] ^ 1]), whole.replace(b'"at":"2026', b'"at":"2027', 1), whole[:-20], b"",
        b"x" * 100, b"sunseal-custodian-backup/1\n{}\n", b"sunseal-custodian-backup/1\n[]\nx",
    )  # fmt: skip
    for data in changed:
        file.write_bytes(data)
        with pytest.raises(ClientError, match="no backup of a custodian's store"):
            open_backup(file, secret)


def test_names_climb_nowhere(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = words(store)
    monkeypatch.setattr(
        "trading.client.custodian_backup._records",
        lambda store: [("../../evil", b"x"), ("signers.json", b"[]")],
    )
    write_backup(store, tmp_path / "backup", NOW)
    with pytest.raises(ClientError, match="no backup"):
        open_backup(tmp_path / "backup", secret)


def test_a_drill_opens_a_test_tender(store: Store, tmp_path: Path) -> None:
    secret = words(store)
    write_backup(store, tmp_path / "backup", NOW)
    found = open_backup(tmp_path / "backup", secret)
    findings = drill(found, NOW)
    assert [one.ok for one in findings] == [True] * 5
    assert "its total reads 100.00" in findings[-1].en
    assert [one.ok for one in drill(found, datetime(2050, 1, 1, tzinfo=UTC))][1] is False, "it has expired"


def test_a_drill_finds_what_would_not_come_back(store: Store, tmp_path: Path) -> None:
    secret = words(store)
    write_backup(store, tmp_path / "backup", NOW)
    found = open_backup(tmp_path / "backup", secret)
    other = {**found.records, f"{HELD}/seed": bytes(32)}
    findings = drill(Backup(found.about, other), NOW)
    assert [one.en for one in findings if not one.ok] == [f"1 keys do not fit: {HELD}"]
    rows = json.loads(found.records["signers.json"])
    broken = {**found.records, "signers.json": json.dumps([{**rows[0], "key": "?"}]).encode()}
    assert "signers.json is damaged" in drill(Backup(found.about, broken), NOW)[-1].en
