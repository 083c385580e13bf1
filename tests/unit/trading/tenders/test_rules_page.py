"""docs/rules.md has every article of the generic rules, since refusals and documents cite them."""

from __future__ import annotations

import re
from pathlib import Path

from trading.tenders.rules import pack_named

PAGE = Path(__file__).resolve().parents[4] / "docs" / "rules.md"


def test_every_generic_article_is_written_down() -> None:
    cited = {int(number) for rule in pack_named("generic").rules.values()
             for number in re.findall(r"\d+", rule.article.en)}  # fmt: skip
    written = {int(number) for number in re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)}
    assert cited == written
