"""A store's backup: one file, sealed to a key whose private half exists only as words on paper.

The store holds the public half. So the agent makes the backup anew by itself, each time that it has new keys
and before it gives them out, and each time that it has erased one; whoever takes the file, or the store,
cannot open the backup. A file is two lines of text (format, and what it is) and then enc ‖ ciphertext: HPKE
with X-Wing (signing/hpke.py) and those lines as `info`.

What was erased is in no later backup. An older copy of the file still has it: it ends with the words that it
was sealed to, when they are destroyed (docs/custodians.md).
"""

from __future__ import annotations

import fcntl
import json
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from signing import canonical, hpke
from signing.canonical import JSON
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.errors import SigningError
from signing.hkdf import hkdf_sha256
from signing.hpke import SealingKey
from trading.client import vault
from trading.client.backup_words import SECRET_SIZE, deal_words
from trading.client.custodian_store import SIGNERS, Store
from trading.client.errors import ClientError
from trading.client.files import read_file, replace_secret

FORMAT = b"sunseal-custodian-backup/1"
KEY = "backup.json"
_LOCK = "backup-lock"
_LABEL = b"sunseal-custodian-backup/1"
_NAME = re.compile(r"([0-9a-f]{32}/)?[a-z0-9][a-z0-9.-]{0,63}", re.ASCII)
_MOST = 1024 * 1024 * 1024
# Of a tender whose key is erased only this is kept: that it is, and the one closing ever believed.
_AFTER = frozenset({"erased", "closing"})


@dataclass(frozen=True)
class About:
    """What a backup says of itself to everybody: whose, of when, and to which words (their number)."""

    custodian: str
    name: str
    at: datetime
    words: str


@dataclass(frozen=True)
class Backup:
    """An opened backup: its records by path."""

    about: About
    records: dict[str, bytes]

    @property
    def tenders(self) -> list[str]:
        """Tenders with a sealing key in it."""
        return sorted(path.split("/")[0] for path in self.records if path.endswith("/seed"))


def backup_key(secret: bytes) -> SealingKey:
    """The key that a backup is sealed to, from the secret that the words say."""
    return SealingKey(hkdf_sha256(secret, _LABEL, hpke.SEED_SIZE))


def new_words(
    store: Store, groups: Sequence[tuple[int, int]], needed: int, tell: Callable[[str, list[list[str]]], None]
) -> None:
    """Words for the backups from now on: `tell` gets their number, and the shares of each group.

    They are kept nowhere. If `tell` raises, nothing was done: no backup is sealed to words that nobody has.

    Raises:
        ClientError: "words-group".
    """
    secret = secrets.token_bytes(SECRET_SIZE)
    words = deal_words(secret, groups, needed)
    public = backup_key(secret).public
    tell(canonical.digest(public)[:16], words)
    store.state.write_shared(KEY, json.dumps({"public": b64encode(public)}).encode())


def words_of(store: Store) -> str | None:
    """The digest of the words that backups are sealed to; None if none were made."""
    public = _public(store)
    return None if public is None else canonical.digest(public)[:16]


def write_backup(store: Store, path: Path, at: datetime) -> About:
    """Seal the store as it is now into the file; the backup that it replaces is overwritten.

    One at a time: a person's must not put an older state in the place of the agent's.

    Raises:
        ClientError: "backup-no-words", "file-unwritable".
    """
    with _in_turn(store.folder):
        return _write(store, path, at)


@contextmanager
def _in_turn(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(store: Store, path: Path, at: datetime) -> About:
    public = _public(store)
    if public is None:
        raise ClientError("backup-no-words")
    about = About(store.keys.id, store.name, at, canonical.digest(public)[:16])
    header = FORMAT + b"\n" + canonical.dumps(_members(about)) + b"\n"
    content = json.dumps({name: b64encode(data) for name, data in _records(store)}).encode()
    replace_secret(path, header + hpke.seal(public, header, content))
    return about


def open_backup(path: Path, secret: bytes) -> Backup:
    """A backup opened by the secret that its words say.

    Raises:
        ClientError: "backup-malformed", "backup-other-words", or unreadable.
    """
    about, header, sealed = _parse(path)
    key = backup_key(secret)
    if canonical.digest(key.public)[:16] != about.words:
        raise ClientError("backup-other-words", words=about.words)
    try:
        content = json.loads(key.open(header, sealed))
        if not all(_NAME.fullmatch(name) for name in content):
            raise ValueError
        return Backup(about, {str(name): b64decode(data) for name, data in content.items()})
    except (SigningError, ValueError, AttributeError):
        raise ClientError("backup-malformed", path=path) from None


def read_about(path: Path) -> About:
    """What a backup says of itself; ClientError "backup-malformed", or unreadable."""
    return _parse(path)[0]


def require_room(folder: Path) -> None:
    """See that a store can be made here, before anybody types words.

    Raises:
        ClientError: "store-exists". OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / SIGNERS).exists():
        raise ClientError("store-exists", path=folder)
    with TemporaryFile(dir=folder):
        pass


def restore(backup: Backup, folder: Path, passphrase: str) -> Store:
    """A new store with all that the backup has, the signing keys last: until then it is none.

    Raises:
        ClientError: "store-exists", "store-passphrase", "passphrase-short", "backup-malformed".
    """
    if SIGNERS not in backup.records:
        raise ClientError("backup-malformed", path=folder)
    store = Store.begin(folder, passphrase)
    with store.alone():
        for name, data in sorted(backup.records.items(), key=lambda item: item[0] == SIGNERS):
            tender, _, record = name.rpartition("/")
            if tender:
                store.state.write(tender, record, data)
            else:
                store.state.write_shared(record, data)
    return store


def _parse(path: Path) -> tuple[About, bytes, bytes]:
    data = read_file(path, _MOST)
    try:
        first, second, sealed = data.split(b"\n", 2)
        members = json.loads(second)
        if first != FORMAT:
            raise ValueError
        about = About(
            str(members["custodian"]), str(members["name"]), parse_time(members["at"]), str(members["words"])
        )
    except (ValueError, KeyError, TypeError, SigningError):
        raise ClientError("backup-malformed", path=path) from None
    return about, first + b"\n" + second + b"\n", sealed


def _members(about: About) -> dict[str, JSON]:
    return {
        "custodian": about.custodian,
        "name": about.name,
        "at": format_time(about.at),
        "words": about.words,
    }


def _records(store: Store) -> list[tuple[str, bytes]]:
    state = store.state
    found = [(name, state.read_shared(name)) for name in state.shared() if name != vault.HEADER]
    for tender in state.tenders():
        names = state.records(tender)
        kept = _AFTER.intersection(names) if "erased" in names else names
        found += [(f"{tender}/{name}", state.read(tender, name)) for name in sorted(kept)]
    return [(name, data) for name, data in found if data is not None]


def _public(store: Store) -> bytes | None:
    raw = store.state.read_shared(KEY)
    if raw is None:
        return None
    try:
        return b64decode(json.loads(raw)["public"])
    except (ValueError, KeyError, TypeError, SigningError):
        raise ClientError("store-damaged", name=KEY) from None
