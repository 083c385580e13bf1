"""Sealing and opening a large file: constant memory, and near the speed of the bare operations."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO

from bids.container import SealedBid
from bids.envelope import Attachment, open_files, prepare
from bids.manifest import Manifest
from bids.offer import build_offer
from signing.suite import SUNSEAL_1
from tests.bids_factory import NOW, Tender, World, attach

WORLD = World(1)
TENDER = WORLD.tender()
SUPPLIER = WORLD.suppliers[0]
OFFER = build_offer(TENDER.notice, TENDER.prices(SUPPLIER))
FILES = {"技术方案.pdf": b"%PDF-1.7 plan", "空.txt": b"", "large.bin": bytes(range(256)) * 1000}


def shares(tender: Tender, manifest: Manifest, part: str, who: tuple[int, ...] = (0, 1, 2)) -> list[bytes]:
    """What honest custodians would release."""
    one = manifest.part("bid", part)
    context = manifest.context("bid", part)
    return [SUNSEAL_1.open_share(tender.sealing_keys[n], context, n + 1, one.sealed_shares[n]) for n in who]


def prepared(out: BinaryIO, **changes: Any) -> Any:
    facts: dict[str, Any] = {
        "notice_raw": TENDER.notice.raw,
        "offer": OFFER,
        "attachments": [attach(name, data) for name, data in FILES.items()],
        "signer": SUPPLIER.signer,
        "at": NOW,
        "out": out,
    }
    return prepare(**{**facts, **changes})


class Sparse(io.RawIOBase):
    """Zeros that cost neither memory nor disk."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece = bytes(min(size, self._left))
        self._left -= len(piece)
        return piece


SIZE = 64 << 20


def test_sealing_and_opening_64_mib_takes_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "bid.sealed"
    big = Attachment("big.bin", "application/octet-stream", SIZE, lambda: Sparse(SIZE))  # type: ignore[arg-type,return-value]
    tracemalloc.start()
    try:
        with path.open("wb") as out:
            done = prepared(out, attachments=[big])
        with path.open("rb") as source:
            sealed = SealedBid.open(source)
            files = open_files(
                done.manifest,
                shares(TENDER, done.manifest, "files"),
                lambda j: sealed.open_object("bid", "files", j),
                TENDER.notice,
                lambda name: (tmp_path / name).open("wb"),
            )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert files[0].problem is None and files[0].size == SIZE
    assert (tmp_path / "big.bin").stat().st_size == SIZE
    assert peak < 8 << 20
