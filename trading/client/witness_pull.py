"""A witness that nobody can reach: it fetches checkpoints itself and hands its cosignatures to the platform.

It believes the platform no more than one that is asked: the consistency proof is made here, from the log's
tiles, and judged by the same code.
"""

from __future__ import annotations

import logging
from threading import Event

from signing import merkle
from signing.encoding import b64encode
from signing.errors import MerkleError, NoteError
from signing.notes import read_checkpoint, split_note
from signing.tiles import TileTree
from trading.client.api import Api, ApiProblem
from trading.client.errors import ClientError
from trading.client.transport import ConnectionFailed
from trading.client.witness import Witness

log = logging.getLogger("sunseal.witness")

PREFIX = "/log/"


class PullingWitness:
    """Asks one platform for its newest checkpoint, again and again.

    Args:
        api: of the platform, without a token; its log is at `/log/`.
    """

    def __init__(self, witness: Witness, api: Api) -> None:
        self._witness = witness
        self._api = api
        self._handed: bytes | None = None
        self._told: str | None = None

    def run(self, stop: Event, seconds: float) -> None:
        """Look every `seconds` until stopped; what goes wrong is said once and tried again."""
        while not stop.is_set():
            try:
                self.step()
                self._told = None
            except (ApiProblem, ConnectionFailed, ClientError, NoteError, MerkleError, OSError) as error:
                self._tell(f"{type(error).__name__}: {error}")
            except Exception:
                # A witness that dies of one surprise would leave the log unwatched.
                log.exception("unforeseen")
            stop.wait(seconds)

    def step(self) -> bool:
        """Cosign the newest checkpoint, if it is new, and hand the cosignature in; whether there was one.

        Raises:
            ApiProblem, ConnectionFailed: the platform does not answer, or refuses the cosignature.
            NoteError, MerkleError: what it serves is no checkpoint of a watched log, or no tiles of it.
        """
        note = self._api.file(f"{PREFIX}checkpoint")
        if note is None:
            raise ClientError("log-gap", position=0)
        new = read_checkpoint(note)
        if not self._witness.watches(new.origin):
            self._tell(f"the platform's log is {new.origin}, which this witness does not watch")
            return False
        kept = self._witness.latest(new.origin)
        known = None if kept is None else read_checkpoint(kept)
        if kept is not None and known == new:
            return self._hand_in(kept, new.size)
        old = 0 if known is None else known.size
        if new.size < old:
            self._tell(f"the platform shows {new.size} entries, fewer than the {old} cosigned before")
            return False
        proof = []
        if 0 < old < new.size:
            tree = TileTree(new.size, lambda path: self._api.file(PREFIX + path))
            proof = merkle.consistency_proof(old, new.size, tree.read)
        lines = [f"old {old}", *map(b64encode, proof), "", ""]
        answer = self._witness.add_checkpoint("\n".join(lines).encode() + note)
        if answer.status != 200:
            self._tell(f"not cosigned ({answer.status}): {answer.body.strip()}")
            return False
        cosigned = self._witness.latest(new.origin)
        return cosigned is not None and self._hand_in(cosigned, new.size)

    def _hand_in(self, cosigned: bytes, size: int) -> bool:
        if cosigned == self._handed:
            return False
        lines = [
            f"— {name} {b64encode(value)}\n"
            for name, value in split_note(cosigned)[1]
            if name == self._witness.name
        ]
        self._api.post("/log/cosignatures", {"size": size, "cosignature": lines[-1]})
        self._handed = cosigned
        log.info("cosignature at %s entries handed in", size)
        return True

    def _tell(self, text: str) -> None:
        if text != self._told:
            log.error("%s", text)
            self._told = text
