"""A witness of transparency logs (c2sp.org/tlog-witness): it cosigns a checkpoint only if the log has grown.

For each log it keeps the newest checkpoint that it cosigned, on disk before the cosignature leaves this
machine, so that no crash, race or restart makes it cosign two logs. What it refuses although the log's own
key signed it, it keeps beside the checkpoint that it cosigned: two such notes are proof of a split view.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from signing import merkle, notes
from signing.cosignatures import CosignatureSigner, bare, with_cosignatures
from signing.errors import EncodingError, MerkleError, NoteError
from signing.notes import Checkpoint, NoteVerifier
from trading.client.errors import ClientError
from trading.client.files import read_record, write_record

log = logging.getLogger("sunseal.witness")

MAX_BODY = 256 * 1024  # bytes: 63 hashes and a checkpoint with its signatures are far fewer
_MAX_PROOF = 63  # hashes
_MAX_KEPT = 200  # refused checkpoints of one log and kind; a log that splits more often is known by now
_LATEST = "checkpoint"
_FORK = "it has another root at the same size"


@dataclass(frozen=True)
class Answer:
    """What a witness answers, by HTTP's numbers: 200 with its cosignature, 409 with the size it knows."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


class Witness:
    """One witness with its state; safe to use from several threads, never by two processes.

    Args:
        folder: its state, `logs/<SHA-256 of the origin>/` for each log.
        logs: verifiers of the logs it watches, by origin.
        now: its own clock, UTC.

    Raises:
        ClientError: "witness-running": another process uses the folder.
    """

    def __init__(
        self,
        folder: Path,
        signer: CosignatureSigner,
        logs: Mapping[str, Sequence[NoteVerifier]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = signer.name
        self._folder = folder
        self._signer = signer
        self._logs = logs
        self._now = now
        self._locks = {origin: threading.Lock() for origin in logs}
        self._held = _alone(folder)

    def close(self) -> None:
        """Let another process use the folder."""
        self._held.close()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request `add-checkpoint`, in the order of the specification.

        1. 400 for a malformed request. 2. 404 for a log it does not watch. 3. 403 unless the log's key signed
        the checkpoint. 4. 400 if the old size is above the new one. 5. 409 and the size it knows, if the old
        size is another. 6. 422 if the checkpoint does not extend the one it knows. 7. Otherwise the
        checkpoint is on disk, and then 200 and the cosignature.
        """
        try:
            old, proof, note = _request(body)
            checkpoint = notes.read_checkpoint(note)
        except (NoteError, EncodingError, ValueError) as error:
            return Answer(400, f"malformed: {error}\n")
        verifiers = self._logs.get(checkpoint.origin)
        if verifiers is None:
            return Answer(404, "this witness does not watch that log\n")
        if not _signed(note, verifiers):
            return Answer(403, "the checkpoint is not signed by the log's key\n")
        if old > checkpoint.size:
            return Answer(400, "the old size is above the checkpoint's\n")
        return self._extend(old, proof, bare(note, checkpoint.origin), checkpoint)

    def _extend(self, old: int, proof: Sequence[bytes], note: bytes, new: Checkpoint) -> Answer:
        with self._locks[new.origin]:
            kept = self.latest(new.origin)
            known = None if kept is None else notes.read_checkpoint(kept)
            if old != (0 if known is None else known.size):
                # Of the size it knows and with another root: a fork, whatever old size was named.
                if kept is not None and known is not None and known.size == new.size:
                    self._compare(kept, known, note, new)
                return Answer(409, f"{0 if known is None else known.size}\n", "text/x.tlog.size")
            fault = _fault(known, new, proof)
            if fault is not None:
                if kept is not None:
                    self._keep_refused(new.origin, kept, note, fault)
                return Answer(422, f"{fault}\n")
            line = self._signer.cosign(note, self._now())
            write_record(self._place(new.origin) / _LATEST, with_cosignatures(note, [line]))
        log.info("%s: cosigned at %s entries", new.origin, new.size)
        return Answer(200, line)

    def _compare(self, kept: bytes, known: Checkpoint, note: bytes, new: Checkpoint) -> None:
        if not hmac.compare_digest(known.root, new.root):
            self._keep_refused(new.origin, kept, note, _FORK)

    def watches(self, origin: str) -> bool:
        """Whether this log is one of its own."""
        return origin in self._logs

    def latest(self, origin: str) -> bytes | None:
        """The newest checkpoint it cosigned, with its cosignature; None if there is none yet."""
        return read_record(self._place(origin) / _LATEST)

    def by_hash(self, origin_hash: str) -> bytes | None:
        """As `latest`, of the log whose origin has this SHA-256 in hex."""
        origins = (each for each in self._logs if _hash_of(each) == origin_hash)
        return next((self.latest(each) for each in origins), None)

    def refused(self, origin: str) -> Iterator[Path]:
        """The files with a refused checkpoint and the one it contradicts."""
        yield from sorted(self._place(origin).glob("refused-*.txt"))

    def _keep_refused(self, origin: str, kept: bytes, note: bytes, fault: str) -> None:
        digest = hashlib.sha256(kept + note).hexdigest()[:16]
        # Anybody can send a true checkpoint with a false proof: such pairs must not take the room of forks.
        kind = "refused-fork" if fault == _FORK else "refused-proof"
        folder = self._place(origin)
        place = folder / f"{kind}-{digest}.txt"
        log.error("%s: REFUSED a checkpoint signed by the log: %s; both are kept in %s", origin, fault, place)
        if not place.exists() and sum(1 for _ in folder.glob(f"{kind}-*")) < _MAX_KEPT:
            write_record(place, refusal_file(fault, kept, note))

    def _place(self, origin: str) -> Path:
        folder = self._folder / "logs" / _hash_of(origin)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


def refusal_file(fault: str, kept: bytes, note: bytes) -> bytes:
    """Two checkpoints of one log of which the second was refused, for a person and for other verifiers."""
    return b"\n".join(
        [
            b"Two checkpoints signed by the same log. The second was refused: " + fault.encode() + b".",
            b"If no consistency proof leads from one to the other, the log shows different people different",
            b"entries (a split view), and these two notes are the proof of it.",
            b"",
            b"=== known ===",
            kept,
            b"=== refused ===",
            note,
        ]
    )


def _alone(folder: Path) -> BinaryIO:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = (folder / "lock").open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise ClientError("witness-running", folder=folder) from None
    return held


def _hash_of(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _request(body: bytes) -> tuple[int, list[bytes], bytes]:
    """Old size, hashes and checkpoint of a request; ValueError, NoteError."""
    if len(body) > MAX_BODY:
        raise ValueError("the request is too large")
    head, separator, note = body.partition(b"\n\n")
    first, *lines = head.decode("ascii").split("\n")
    size = first.removeprefix("old ")
    if not separator or first == size or not notes.is_size(size) or len(lines) > _MAX_PROOF:
        raise ValueError("a request is a line 'old <size>', up to 63 hashes, an empty line, a checkpoint")
    return int(size), [notes.parse_hash(line) for line in lines], note


def _signed(note: bytes, verifiers: Sequence[NoteVerifier]) -> bool:
    """Whether one of the log's keys signed it, and none of their lines is false."""
    found = False
    for verifier in verifiers:
        if verifier.named_in(note):
            try:
                verifier.verify(note, strict=False)
            except NoteError:
                return False
            found = True
    return found


def _fault(known: Checkpoint | None, new: Checkpoint, proof: Sequence[bytes]) -> str | None:
    """Why the new checkpoint does not extend the known one; None if it does."""
    if new.size == 0 and new.root != merkle.empty_root():
        return "a tree without entries has another root"
    old, root = (0, merkle.empty_root()) if known is None else (known.size, known.root)
    try:
        merkle.verify_consistency(old, new.size, root, new.root, proof)
    except MerkleError:
        same = known is not None and known.size == new.size
        return _FORK if same else "the consistency proof does not hold"
    return None
