"""Custodians that live in the platform's process, for rehearsals: they see what the HTTP API shows, no more.

Each has a folder of its own in `custodians_dir` with its key file, password, token and state. A folder that
appears while the platform runs is taken up, so that a custodian can be enrolled at any time.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from signing.errors import SigningError
from trading.client.api import Api
from trading.client.custodian import READ_SECONDS, Custodian
from trading.client.custodian_keys import StateKeys
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.keyfile import KeyFile
from trading.client.transport import HttpTransport

log = logging.getLogger("sunseal.custodian")

KEY_FILE, PASSWORD_FILE, TOKEN_FILE = "custodian.p12", "password", "token"  # noqa: S105
_POLL_SECONDS = 0.5


class EmbeddedCustodians:
    """A thread for each custodian's folder."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self._address = address
        self._stop = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._refused: dict[str, str] = {}
        self._watcher = threading.Thread(target=self._watch, name="custodians", daemon=True)

    def start(self) -> None:
        """Begin to watch the folder."""
        self._watcher.start()

    def stop(self) -> None:
        """End all of them after their present act."""
        self._stop.set()
        for thread in (self._watcher, *self._threads.values()):
            thread.join(10)

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._take_up()
            self._stop.wait(_POLL_SECONDS)

    def _take_up(self) -> None:
        for folder in self._folders():
            name = folder.name
            if name in self._threads or name.startswith("."):
                continue
            try:
                agent = open_agent(folder, self._address)
            except (ClientError, SigningError, OSError, ValueError) as error:
                self._tell(name, f"custodian {name} cannot start: {error}")
                continue
            thread = threading.Thread(
                target=agent.run, args=(self._stop, _POLL_SECONDS), name=f"custodian-{name}", daemon=True
            )
            self._threads[name] = thread
            thread.start()

    def _folders(self) -> list[Path]:
        try:
            return [each for each in sorted(self._folder.iterdir()) if each.is_dir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            self._tell("", f"custodians' folder cannot be read: {error}")
            return []

    def _tell(self, name: str, reason: str) -> None:
        """Once, until there is another reason."""
        if self._refused.get(name) != reason:
            log.error("%s", reason)
        self._refused[name] = reason


def open_agent(folder: Path, address: str) -> Custodian:
    """The agent of a custodian's folder.

    Raises:
        ClientError, SigningError, OSError, ValueError: key, password or token are not there, do not fit or
            are not text.
    """

    def read_token() -> str:
        return (folder / TOKEN_FILE).read_text("utf-8").strip()

    password = (folder / PASSWORD_FILE).read_text("utf-8").strip()
    key = KeyFile.read(folder / KEY_FILE, password.encode()).of_role("custodian")
    transport = HttpTransport(address, connections=2, read_seconds=READ_SECONDS)
    api = Api(transport, read_token(), "en", read_token)
    state = CustodianState(folder / "state")
    return Custodian(api, StateKeys(state, (key.signer,)), state, key.roots)
