"""Where a page of the list of tenders begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trading.portal.reading import cursor_of, read_cursor
from trading.tenders.models import Tender

DEADLINE = datetime(2026, 6, 1, 2, 30, 0, 123000, tzinfo=UTC)


def test_a_cursor_is_read_as_it_was_written() -> None:
    tender = Tender(id="ab" * 16, deadline=DEADLINE)
    assert read_cursor(cursor_of(tender)) == (DEADLINE, "ab" * 16)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-",
        "1e3-" + "ab" * 16,
        "٣-" + "ab" * 16,
        "9" * 14 + "-" + "ab" * 16,
        "5-ab",
        "5-" + "AB" * 16,
    ],
)
def test_what_is_no_cursor_begins_at_the_first_page(text: str) -> None:
    assert read_cursor(text) is None
