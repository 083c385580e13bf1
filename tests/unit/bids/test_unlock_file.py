"""The file that keeps a bidder's secret: written once, read however it travelled, refused where damaged."""

from __future__ import annotations

import pytest

from bids.unlock_file import UnlockFile, read_unlock_file, write_unlock_file
from tests.bids_factory import refused

FILE = UnlockFile("a" * 32, "b" * 32, "2026-06-01T02:00:00.000Z", bytes(range(32)))
DATA = write_unlock_file(FILE)


def test_what_was_written_is_read_again_and_says_what_it_is_for() -> None:
    assert read_unlock_file(DATA) == FILE
    assert read_unlock_file(b"\xef\xbb\xbf" + DATA.replace(b"\n", b"  \r\n")) == FILE
    text = DATA.decode()
    assert "解锁" in text and "unlock" in text and "give it to nobody" in text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        DATA * 20,
        DATA.replace(b"lock: ", b"look: "),
        DATA.replace(b"a" * 32, b"a" * 31),
        DATA.replace(b"b" * 32, b"B" * 32),
    ],
)
def test_another_file_is_refused(data: bytes) -> None:
    with refused("unlock-file-malformed"):
        read_unlock_file(data)


@pytest.mark.parametrize("secret", [b"AAEC", b"====", b"AQ"])
def test_a_damaged_secret_is_refused(secret: bytes) -> None:
    lines = DATA.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(b"secret"))
    lines[at] = b"secret: " + secret
    with refused("unlock-file-damaged"):
        read_unlock_file(b"\n".join(lines))


def test_one_letter_changed_is_noticed() -> None:
    with refused("unlock-file-damaged"):
        read_unlock_file(DATA.replace(b"secret: AAEC", b"secret: AAED"))
