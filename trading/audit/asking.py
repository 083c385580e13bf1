"""Asking a witness for its cosignature: the client's side of C2SP tlog-witness, with no database at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, Timeout

from signing.cosignatures import with_cosignatures
from signing.encoding import b64encode
from signing.errors import NoteError
from signing.notes import is_size
from signing.policies import KnownWitness
from trading.answers import read_answer

_TRIES = 3  # a witness that was asked by another node meanwhile says which size it knows
_MAX_ANSWER = 64 * 1024
_SECONDS = 5.0
_LONGEST = 200

# One connection a witness is kept; what does not answer within seconds counts as down.
_POOL = urllib3.PoolManager(
    num_pools=64, maxsize=2, timeout=Timeout(connect=2, read=4),
    retries=Retry(connect=0, read=0, redirect=0, status=0, other=0),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What came of it: the line and its time, or why not; `size` is what the witness has cosigned."""

    line: str | None = None
    signed_at: datetime | None = None
    size: int | None = None
    failure: str | None = None


def ask(
    witness: KnownWitness, note: bytes, size: int, old: int, proof: Callable[[int], Sequence[bytes]]
) -> Asked:
    """Ask for a cosignature of the checkpoint `note` of `size` leaves; never raises for what it answers.

    Args:
        old: the size that it is believed to have cosigned last. proof: the consistency proof from a size.
    """
    for _ in range(_TRIES):
        lines = [f"old {old}", *(map(b64encode, proof(old)) if old else ()), "", ""]
        try:
            status, body = _post(str(witness.url), "\n".join(lines).encode() + note)
        except HTTPError as error:
            reason = str(getattr(error, "reason", None) or error).split(">:")[-1].strip()
            return Asked(failure=f"not reached: {reason}"[:_LONGEST])
        if status == 200:
            return recognised(witness, note, size, body)
        known = body.decode("ascii", "replace").strip()
        if status != 409 or not is_size(known):
            return Asked(failure=f"answered {status}: {known}"[:_LONGEST])
        old = int(known)
        if old > size:
            return Asked(size=old, failure=f"has cosigned {old} entries, more than the {size} offered")
    return Asked(size=old, failure="is asked by others at the same time")


def _post(prefix: str, body: bytes) -> tuple[int, bytes]:
    answer = _POOL.request(
        "POST", f"{prefix.rstrip('/')}/add-checkpoint", body=body, preload_content=False,
        headers={"Content-Type": "text/plain; charset=utf-8"},
    )  # fmt: skip
    try:
        return answer.status, read_answer(answer, _MAX_ANSWER, _SECONDS)
    except HTTPError:
        answer.close()  # what is left of it must not be read as the next answer
        raise
    finally:
        answer.release_conn()


def recognised(witness: KnownWitness, note: bytes, size: int, body: bytes) -> Asked:
    """The witness's own line among those of an answer, checked against the checkpoint."""
    for line in body.decode("utf-8", "replace").splitlines(keepends=True):
        try:
            at = witness.verifier.verify(with_cosignatures(note, [line]))
        except NoteError:
            at = None
        if at is not None:
            return Asked(line, at, size)
    return Asked(failure="answered with no cosignature of its own")
