"""A custodian's store: one folder with its signing keys, sealing keys and memory, under a passphrase.

Beside what the agent remembers (custodian_state.py) it holds what a person compared once and pinned: the
platform's address, its root certificates and the key of its log.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from signing.certificates import dump_pem, load_pem, party_of
from signing.errors import SigningError
from signing.keys import Signer
from trading.client import vault
from trading.client.custodian_journal import Journal
from trading.client.custodian_keys import StateKeys, keep_signers, kept_signers
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError

TRUSTED, TOKEN, SIGNERS = "trusted.json", "token", "signers.json"
LOG_KEY = "log-key"
_LOCK = "lock"


@dataclass(frozen=True)
class Trusted:
    """What was compared by a person: address, roots, the log's verifier key; `ca` is PEM for TLS, if any."""

    server: str
    roots: tuple[x509.Certificate, ...]
    log_key: str
    ca: str | None = None


@dataclass(frozen=True)
class Store:
    """An unlocked store."""

    folder: Path
    box: vault.Sealer
    state: CustodianState
    journal: Journal

    @classmethod
    def begin(cls, folder: Path, passphrase: str) -> Store:
        """A new store, or one whose enrolment broke off; it has no keys yet.

        Raises:
            ClientError: "store-exists", "store-passphrase", "passphrase-short".
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / SIGNERS).exists():
            raise ClientError("store-exists", path=folder)
        begun = (folder / vault.HEADER).exists()
        box = vault.unlock(folder, passphrase) if begun else vault.create(folder, passphrase)
        return cls(folder, box, CustodianState(folder, box), Journal(folder))

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> Store:
        """Unlock a store; ClientError "store-missing", "store-passphrase", "store-damaged"."""
        box = vault.unlock(folder, passphrase)
        return cls(folder, box, CustodianState(folder, box), Journal(folder))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else works in this store meanwhile; ClientError "store-in-use"."""
        with (self.folder / _LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ClientError("store-in-use", path=self.folder) from None
            self.state.tidy()
            yield

    @property
    def keys(self) -> StateKeys:
        """Its keys; ClientError "store-damaged" if enrolment never ended."""
        return StateKeys(self.state, kept_signers(self.state))

    @property
    def name(self) -> str:
        """The custodian's name, by its certificate."""
        return party_of(self.keys.signer.certificate).name

    @property
    def trusted(self) -> Trusted:
        """What was compared and pinned; ClientError "store-damaged"."""
        try:
            members = json.loads(self.state.read_shared(TRUSTED) or b"")
            roots = tuple(load_pem(members["roots"].encode()))
            return Trusted(members["server"], roots, members["log_key"], members["ca"])
        except (ValueError, KeyError, TypeError, AttributeError, SigningError):
            raise ClientError("store-damaged", name=TRUSTED) from None

    @property
    def token(self) -> str:
        """The token for the platform; empty if none was kept."""
        return (self.state.read_shared(TOKEN) or b"").decode()

    def keep_token(self, token: str) -> None:
        """Keep another token."""
        self.state.write_shared(TOKEN, token.encode())

    def pin(self, trusted: Trusted) -> None:
        """Keep what was compared."""
        members = {
            "server": trusted.server,
            "roots": dump_pem(trusted.roots).decode(),
            "log_key": trusted.log_key,
            "ca": trusted.ca,
        }
        self.state.write_shared(TRUSTED, json.dumps(members).encode())
        self.state.write_shared(LOG_KEY, trusted.log_key.encode())

    def change_passphrase(self, passphrase: str) -> None:
        """Put the store under another passphrase; ClientError "passphrase-short"."""
        self.box.lock(self.folder, passphrase)

    def destroy(self) -> None:
        """End this copy of the store: its keys, and the key over everything in it, are overwritten."""
        for tender in self.state.tenders():
            for name in self.state.records(tender):
                self.state.erase(tender, name)
        for name in (*self.state.shared(), vault.HEADER):
            self.state.erase_shared(name)
        self.state.tidy()

    def add_signers(self, signers: Sequence[Signer]) -> None:
        """Keep further signing keys; those before stay, for the tenders whose policies name them."""
        before = kept_signers(self.state) if (self.folder / SIGNERS).exists() else ()
        keep_signers(self.state, (*before, *signers))
