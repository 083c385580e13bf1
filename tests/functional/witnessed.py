"""Witnesses in this process, and the policy that names them: what tests of cosigned logs share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from signing.cosignatures import CosignatureSigner
from signing.notes import NoteVerifier, generate_note_key
from tests.functional.house import House
from trading.client.witness import Witness
from trading.client.witness_http import WitnessServer


@dataclass
class Watcher:
    """A witness, and its server where it can be asked."""

    folder: Path
    signer: CosignatureSigner
    server: WitnessServer | None = None
    own: Witness | None = None

    @property
    def line(self) -> str:
        """Its line in a policy, under the last part of its name."""
        url = f" {self.server.address}" if self.server else ""
        return f"witness {self.signer.name.rpartition('/')[2]} {self.signer.vkey}{url}\n"

    def watch(self, house: House) -> Witness:
        """Begin to watch a house's log."""
        verifier = NoteVerifier.from_vkey(house.platform.keys.log.vkey)
        self.own = Witness(self.folder, self.signer, {verifier.name: [verifier]})
        if self.server is not None:
            self.server.witness = self.own
        return self.own


@contextmanager
def watchers(folder: Path, asked: int, unasked: int = 0) -> Iterator[list[Watcher]]:
    """So many witnesses that serve HTTP, and so many that nobody can reach."""
    made: list[Watcher] = []
    for number in range(asked + unasked):
        place = folder / f"witness-{number}"
        signer = CosignatureSigner(f"witness.example/{number}", generate_note_key())
        watcher = Watcher(place, signer)
        if number < asked:
            watcher.server = WitnessServer(Witness(place / "none", signer, {}), "127.0.0.1", 0)
            threading.Thread(target=watcher.server.serve_forever, args=(0.05,), daemon=True).start()
        made.append(watcher)
    try:
        yield made
    finally:
        for watcher in made:
            if watcher.server is not None:
                watcher.server.shutdown()
                watcher.server.server_close()
            if watcher.own is not None:
                watcher.own.close()


def policy_file(folder: Path, made: list[Watcher], wanted: int, log: str = "") -> Path:
    """A policy that wants so many of these witnesses."""
    names = " ".join(each.signer.name.rpartition("/")[2] for each in made)
    path = folder / "log.policy"
    first = f"log {log}\n" if log else ""
    lines = "".join(each.line for each in made)
    path.write_text(f"{first}{lines}group some {wanted} {names}\nquorum some\n", "utf-8")
    return path
