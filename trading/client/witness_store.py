"""A witness's folder: its key, its name, and the logs it watches.

`key.pem` is its Ed25519 key, encrypted where a password was given; `name` its key name; `logs` a C2SP
tlog-policy with a line `log <vkey> [<url>]` for each log, the URL being the log's prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from signing.cosignatures import CosignatureSigner
from signing.errors import NoteError
from signing.notes import NoteVerifier, generate_note_key, load_note_key, save_note_key
from signing.policies import KnownLog
from trading.client.errors import ClientError
from trading.client.files import new_file, read_file, write_record
from trading.client.policy_file import read_policy_file

_KEY, _NAME, _LOGS = "key.pem", "name", "logs.policy"
_MAX_SMALL = 256 * 1024
_HEAD = (
    "# The logs that this witness watches (C2SP tlog-policy): log <vkey> [<url of the log's prefix>]\n"
    "quorum none\n"
)


class WitnessStore:
    """The folder `state` of a witness."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, name: str, password: bytes | None) -> CosignatureSigner:
        """A new key under the key name, which should be a URL without scheme of the witness's owner.

        Raises:
            ClientError: "witness-exists", "witness-name", or the folder cannot be written.
        """
        if (self.folder / _KEY).exists():
            raise ClientError("witness-exists", folder=self.folder)
        key = generate_note_key()
        try:
            signer = CosignatureSigner(name, key)
        except NoteError:
            raise ClientError("witness-name", name=name) from None
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        write_record(self.folder / _NAME, f"{name}\n".encode())
        if not (self.folder / _LOGS).exists():
            write_record(self.folder / _LOGS, _HEAD.encode())
        with new_file(self.folder / _KEY, private=True) as file:
            file.write(save_note_key(key, password))
        return signer

    def signer(self, password: bytes | None) -> CosignatureSigner:
        """The key that `create` made; ClientError "witness-missing", "witness-key"."""
        if not (self.folder / _KEY).exists():
            raise ClientError("witness-missing", folder=self.folder)
        name = read_file(self.folder / _NAME, _MAX_SMALL).decode("utf-8", "replace").strip()
        try:
            return CosignatureSigner(name, load_note_key(read_file(self.folder / _KEY, _MAX_SMALL), password))
        except NoteError:
            raise ClientError("witness-key", path=self.folder / _KEY) from None

    def logs(self) -> tuple[KnownLog, ...]:
        """The logs it watches; ClientError as of `read_policy_file`."""
        return read_policy_file(self.folder / _LOGS).logs

    def add_log(self, vkey: str, url: str | None) -> None:
        """Watch one more log; ClientError "log-key-malformed", "witness-log-twice"."""
        try:
            NoteVerifier.from_vkey(vkey)
        except NoteError:
            raise ClientError("log-key-malformed") from None
        if any(known.verifier.vkey == vkey for known in self.logs()):
            raise ClientError("witness-log-twice")
        before = read_file(self.folder / _LOGS, _MAX_SMALL)
        write_record(self.folder / _LOGS, before + f"log {vkey}{f' {url}' if url else ''}\n".encode())


def by_origin(logs: tuple[KnownLog, ...]) -> Mapping[str, list[NoteVerifier]]:
    """The logs' verifiers; a log whose key was changed has two."""
    found: dict[str, list[NoteVerifier]] = {}
    for known in logs:
        found.setdefault(known.verifier.name, []).append(known.verifier)
    return found
