"""Opening a bid's attachments at the agency, with its envelope key; streams of any size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bids.custody import open_files_share
from bids.envelope import OpenedFile, open_files
from bids.errors import BidError
from bids.manifest import Manifest
from bids.notice import Notice
from signing import canonical
from signing.encoding import is_id
from signing.hpke import SealingKey
from trading.client.api import Api, unfile
from trading.client.errors import ClientError
from trading.client.files import new_file


def open_attachments(
    api: Api, notice: Notice, manifest: Manifest, key: SealingKey, folder: Path, segment: str,
    secret: bytes | None = None,
) -> list[OpenedFile]:
    """Fetch and open a bid's attachments in an opened segment into `folder`, each whole or not at all.

    `manifest` is the bid's, from the checked ledger: the platform must show the same one. Shares that do not
    open are left out; `threshold` good ones are enough. `secret` is the bidder's own, where it has a lock.

    Raises:
        ClientError: another manifest is shown. BidError: the key cannot be recovered.
    """
    answer = api.get(f"/tenders/{notice.tender}/files/{manifest.bid}", segment=segment)
    if canonical.digest(unfile(answer, "manifest")) != manifest.digest:
        raise ClientError("answer-malformed", what="manifest")
    shares = []
    for each in answer["shares"]:
        custodian = str(each["custodian"])
        if not is_id(custodian):
            raise ClientError("answer-malformed", what="shares")
        try:
            shares.append(
                open_files_share(
                    key, notice.tender, manifest.bid, segment, notice.policy.custodian(custodian),
                    str(each["sealed"]), notice.policy.suite,
                )
            )  # fmt: skip
        except BidError:
            continue  # k of the others are enough; too few, and recovery says so
    at = f"/tenders/{notice.tender}/files/{manifest.bid}"

    def ciphertext(number: int) -> BinaryIO:
        return io.BufferedReader(_Stream(api.stream(f"{at}/{number}?segment={segment}")), 1024 * 1024)

    @contextmanager
    def place(name: str) -> Iterator[BinaryIO]:
        with new_file(folder / name) as file:
            yield file

    return open_files(manifest, shares, ciphertext, notice, place, secret, segment)


class _Stream(io.RawIOBase):
    """A download in pieces, as a file for reading."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()
        super().close()
