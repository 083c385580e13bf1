"""What a custodian's agent keeps on its own disk, so that no restart makes it act twice or differently.

One folder a tender: the sealing seed, the notice it accepted, the one closing it will ever
believe, the release it made. Files are written beside, synced and renamed; they are readable
by the agent's account alone, and encrypted where the folder is a store (custodian_store.py).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from trading.client.files import overwrite, read_record, sync_folder, write_record
from trading.client.vault import Box, Plain

# What lies in the folder itself.
SHARED = frozenset(
    {
        "signers.json", "trusted.json", "token", "log-key", "log.json", "enrolled.json", "log-memory.json",
        "backup.json",
    }
)  # fmt: skip


# What is half written, and what is half erased.
_NEW, _GONE = ".new", ".gone"


class StateConflict(Exception):
    """The platform shows something else than what this custodian has on record; it must not go on."""


class CustodianState:
    """The agent's folder.

    Args:
        folder: made if missing, mode 0700. box: how records lie in it.
    """

    def __init__(self, folder: Path, box: Box | None = None) -> None:
        self.folder = folder
        self._box = box or Plain()
        self._tenders = folder / "tenders"
        self._tenders.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        sync_folder(folder)
        for left in (*folder.glob(f"*{_GONE}"), *self._tenders.glob(f"*/*{_GONE}")):
            _end(left)

    def read(self, tender: str, name: str) -> bytes | None:
        """A record of a tender; None if there is none."""
        return self._open(f"{tender}/{name}", self._tenders / tender / name)

    def write(self, tender: str, name: str, data: bytes) -> None:
        """Keep a record; the one it replaces is gone."""
        folder = self._tenders / tender
        if not folder.is_dir():
            folder.mkdir(mode=0o700)
            sync_folder(self._tenders)
        write_record(folder / name, self._box.seal(f"{tender}/{name}", data))

    def write_once(self, tender: str, name: str, data: bytes) -> None:
        """Keep a record for ever; on disk before this returns.

        Raises:
            StateConflict: other bytes are on record.
        """
        known = self.read(tender, name)
        if known is None:
            self.write(tender, name, data)
        elif known != data:
            raise StateConflict(f"tender {tender}: the {name} on record is another one")

    def erase(self, tender: str, name: str) -> None:
        """Overwrite and remove a record, and the tender's folder with the last of them; old blocks may linger
        on some disks (docs/operating.md)."""
        _erase(self._tenders / tender / name)
        self._drop_empty(self._tenders / tender)

    def erase_shared(self, name: str) -> None:
        """As erase, of a record of the agent as a whole."""
        _erase(self.folder / name)

    def tidy(self) -> None:
        """Erase what was half written when a process was killed, and remove empty folders.

        Only for who is alone in the folder: it would take what another process is about to name.
        """
        for pattern in (f".*{_NEW}", ".*.part"):
            for left in (*self.folder.glob(pattern), *self._tenders.glob(f"*/{pattern}")):
                _erase(left)
        for tender in self.tenders():
            self._drop_empty(self._tenders / tender)

    def _drop_empty(self, folder: Path) -> None:
        with suppress(OSError):  # there is something in it, or it is gone
            folder.rmdir()
            sync_folder(self._tenders)

    def knows(self, tender: str) -> bool:
        """Whether anything is on record of a tender."""
        return (self._tenders / tender).is_dir()

    def read_shared(self, name: str) -> bytes | None:
        """A record of the agent as a whole; None if there is none."""
        return self._open(name, self.folder / name)

    def write_shared(self, name: str, data: bytes) -> None:
        """Keep a record of the agent as a whole; the one it replaces is gone."""
        write_record(self.folder / name, self._box.seal(name, data))

    def tenders(self) -> list[str]:
        """All tenders of which anything is on record."""
        return sorted(each.name for each in self._tenders.iterdir() if each.is_dir())

    def records(self, tender: str) -> list[str]:
        """The names of a tender's records."""
        return _names(self._tenders / tender) if self.knows(tender) else []

    def shared(self) -> list[str]:
        """The names of the agent's own records; the journal and the lock are none."""
        return [name for name in _names(self.folder) if name in SHARED]

    def _open(self, name: str, path: Path) -> bytes | None:
        data = read_record(path)
        return None if data is None else self._box.open(name, data)


def _erase(path: Path) -> None:
    # Under another name first: a crash must not leave a record that cannot be read. What it leaves under
    # that name is erased when the folder is opened again.
    gone = path.with_name(path.name + _GONE)
    with suppress(FileNotFoundError):
        path.replace(gone)
    _end(gone)


def _end(gone: Path) -> None:
    with suppress(FileNotFoundError):
        with gone.open("r+b") as file:
            overwrite(file)
        gone.unlink()
        sync_folder(gone.parent)


def _names(folder: Path) -> list[str]:
    found = (each for each in folder.iterdir() if each.suffix not in (_NEW, _GONE))
    return sorted(each.name for each in found if each.is_file())
