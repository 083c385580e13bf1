"""How pages write values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from trading.errors import ConfigurationError
from trading.supervision.words import refusal
from trading.web import pages
from trading.web.messages import MESSAGES
from trading.web.pages import Writer

MOMENT = datetime(2026, 5, 31, 16, 5, 9, 7000, tzinfo=UTC)


def test_times_are_of_beijing_and_exact_for_machines() -> None:
    exact = '<time datetime="2026-06-01T00:05:09.007+08:00">'
    assert Writer("zh").when(MOMENT) == f"{exact}2026年6月1日 00:05</time>"
    assert Writer("en").when(MOMENT, seconds=True) == f"{exact}2026-06-01 00:05:09</time>"


def test_money_has_its_digits_and_currency() -> None:
    assert Writer("zh").money(Decimal("1234567.50"), "CNY") == "1,234,567.50\u00a0CNY"
    assert Writer("en").money(None, "CNY") == "—"


def test_words_are_of_the_readers_language_or_stand_for_themselves() -> None:
    table = {"works": ("工程", "Works")}
    assert [Writer(lang).word(table, "works") for lang in ("zh", "en")] == ["工程", "Works"]
    assert Writer("zh").word(table, "boats") == "boats"


def test_without_built_files_it_does_not_start(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    pages.assets.cache_clear()
    with pytest.raises(ConfigurationError, match="make setup"):
        pages.assets()


def test_a_refusal_is_told_in_words_without_what_only_the_attempt_knew() -> None:
    assert refusal("tender-not-closed").zh == MESSAGES["tender-not-closed"][0].split("。")[0]
    wrong = refusal("unlock-secret-wrong")
    assert wrong == ("这不是投标 … 的解锁密钥", "This is not the secret of the bid …")
    assert refusal("of-a-version-gone") == ("of-a-version-gone", "of-a-version-gone")
