from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from signing import encoding
from signing.errors import EncodingError


def test_times_are_written_with_milliseconds_in_utc() -> None:
    china = timezone(timedelta(hours=8))
    moment = datetime(2026, 6, 1, 17, 0, 0, 123999, tzinfo=china)
    assert encoding.format_time(moment) == "2026-06-01T09:00:00.123Z"
    assert encoding.format_time(datetime(2026, 6, 1, tzinfo=UTC)) == "2026-06-01T00:00:00.000Z"


def test_a_time_without_zone_is_not_written() -> None:
    with pytest.raises(EncodingError, match="zone"):
        encoding.format_time(datetime(2026, 6, 1))


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-06-01T09:00:00Z", 0),
        ("2026-06-01T09:00:00.5Z", 500000),
        ("2026-06-01T09:00:00.123456789Z", 123456),
    ],
)
def test_times_are_read_as_aware_utc(text: str, microsecond: int) -> None:
    assert encoding.parse_time(text) == datetime(2026, 6, 1, 9, 0, 0, microsecond, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-01T09:00:00.Z",
        "2026-06-01T09:00:00.1234567890Z",
        "2026-02-30T09:00:00Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01T09:00:60Z",
        "0000-01-01T00:00:00Z",
        "2026-06-01T09:00:00Z\n",
        "２０２６-06-01T09:00:00Z",
        "",
    ],
)
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="bad time"):
        encoding.parse_time(text)


def test_base64_has_one_spelling() -> None:
    assert encoding.b64decode(encoding.b64encode(b"\x00\xff")) == b"\x00\xff"
    for text in ("AA", "AA=", "AP9=", "é", "AA==AA==", "AAAA=", "AAAA====", "AA==\n", "\nAAAA"):
        with pytest.raises(EncodingError):
            encoding.b64decode(text)


def test_ids_and_digests() -> None:
    assert encoding.is_id(encoding.new_id()) and encoding.new_id() != encoding.new_id()
    assert encoding.is_digest("0" * 64)
    for wrong in ("", "A" * 32, "0" * 31, "0" * 32 + "\n", 5, None):
        assert not encoding.is_id(wrong)
        assert not encoding.is_digest(wrong)
