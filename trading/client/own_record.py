"""The fingerprints that a party knows to be its own certificates': one a line, in a file that people can
read.

`sunseal enrol` writes it beside the key file, and a party adds what colleagues enrolled. Nothing enters it
but what the party's own programs made or a person has confirmed.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from signing.encoding import format_time, is_digest
from trading.client.errors import ClientError
from trading.client.files import read_record, write_record

NAME = "own-certificates.txt"

_HEAD = """\
# 本机构自己的证书指纹（SHA-256），每行一个：sunseal enrol 写入，或经人确认。
# Our own certificates by SHA-256, one a line: written by sunseal enrol, or confirmed by a person.
"""


def record_beside(key: Path) -> Path:
    """The record of the folder that a key file lies in."""
    return key.with_name(NAME)


def read_own(path: Path) -> frozenset[str]:
    """The fingerprints on record, none where there is no file; ClientError "own-record-line"."""
    data = read_record(path)
    found: set[str] = set()
    for number, line in enumerate((data or b"").decode("utf-8", "replace").splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if not is_digest(words[0]):
            raise ClientError("own-record-line", path=path, line=number)
        found.add(words[0])
    return frozenset(found)


def add_own(path: Path, fingerprint: str, how: str, at: datetime) -> None:
    """Put a fingerprint on record with a word of how it came there, once."""
    if fingerprint in read_own(path):
        return
    before = read_record(path) or _HEAD.encode()
    if not before.endswith(b"\n"):
        before += b"\n"
    write_record(path, before + f"{fingerprint}  # {how}, {format_time(at)}\n".encode())
