"""An attachment is sealed, uploaded and opened in an amount of memory that does not grow with it.

`make bench` does the same with 2 GiB; the limit is the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.big_attachment import LIMIT, carry

pytestmark = pytest.mark.slow

# Nearly twice the limit: whoever holds it all at once, or half of it beside a program's own, is found out.
SIZE = 384 * 1024**2


def test_a_big_attachment_in_little_memory(tmp_path: Path) -> None:
    peaks = carry(tmp_path, SIZE)
    assert max(peaks.values()) < LIMIT, peaks
