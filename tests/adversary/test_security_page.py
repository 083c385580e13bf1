"""docs/security.md says what the suite finds, row by row."""

from __future__ import annotations

from tests.adversary.page import PAGE, written


def test_the_page_has_what_the_suite_found() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "the tables of docs/security.md are not what the suite has: `make security`"
