"""Sealing one large attachment against a bare loop over the same file.

Measured: `bids.envelope.prepare`, all of it: the offer's index, the list of files, the attachment sealed and
padded, the shares sealed to three custodians, manifest, signature, the container written.
Compared with: read, SHA-256 of what was read, Cobblestone-256, SHA-256 of the ciphertext, write; over the
padded length, because padding is part of what is asked, in whichever size of pieces this machine is quickest.
Ratio: the loop's time / sealing's time; 0.8 or more is wanted.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.cobblestone import Cobblestone256Encryptor

from bids.envelope import Attachment, prepare
from bids.notice import Notice
from signing.objects import padme
from tests.benchmarks.paper import PaperTender
from tests.benchmarks.ratios import Ratio, alternate, seconds

NAME = "sealing_vs_loop"
SIZE = 256 * 1024 * 1024
REPETITIONS = 7
PIECES = (64 * 1024, 256 * 1024, 1024 * 1024)


def run(size: int = SIZE, repetitions: int = REPETITIONS) -> Ratio:
    """Measure, with a file of `size` bytes in the temporary folder."""
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as name:
        folder = Path(name)
        source, sink = folder / "drawings.bin", folder / "sealed"
        _fill(source, size)
        tender = PaperTender.make(items=54)
        piece = min(PIECES, key=lambda each: seconds(lambda: bare_loop(source, sink, each)))

        def sealing() -> None:
            _seal(tender, source, sink)

        sealing()
        times = alternate(lambda: bare_loop(source, sink, piece), sealing, range(repetitions), NAME)
    return Ratio(NAME, tuple(loop / sealed for loop, sealed in times), at_least=0.8)


def bare_loop(source: Path, sink: Path, piece: int) -> None:
    """What no way of sealing this file can do without."""
    plain, sealed = hashlib.sha256(), hashlib.sha256()
    cipher = Cobblestone256Encryptor(os.urandom(32), b"context")
    size = source.stat().st_size
    with source.open("rb") as reading, sink.open("wb") as writing:
        while data := reading.read(piece):
            plain.update(data)
            data = cipher.update(data)
            sealed.update(data)
            writing.write(data)
        left = padme(size + 8) - size
        zeros = bytes(piece)
        while left:
            data = cipher.update(zeros[: min(left, piece)])
            left -= min(left, piece)
            sealed.update(data)
            writing.write(data)
        data = cipher.finalize()
        sealed.update(data)
        writing.write(data)
    sink.unlink()


def _seal(tender: PaperTender, source: Path, sink: Path) -> None:
    attachment = Attachment(
        source.name, "application/octet-stream", source.stat().st_size, lambda: source.open("rb")
    )
    with sink.open("wb") as out:
        prepare(
            tender.notice, tender.offer(Notice.parse(tender.notice)), [attachment], tender.supplier, out,
            datetime.now(UTC),
        )
    sink.unlink()


def _fill(path: Path, size: int) -> None:
    block = os.urandom(1024 * 1024)
    with path.open("wb") as file:
        left = size
        while left:
            left -= file.write(block[:left])
