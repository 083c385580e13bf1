"""The agent's journal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from trading.client.custodian_journal import NAME, Journal, in_both, tell_clocks_apart
from trading.client.errors import ClientError
from trading.client.journal_messages import SENTENCES

TENDER = "ab" * 16
AT = datetime(2026, 6, 1, 9, 0, 0, tzinfo=UTC)


def test_lines_are_sentences_in_both_languages(tmp_path: Path) -> None:
    journal = Journal(tmp_path, lambda: AT)
    assert list(journal.lines()) == []
    journal.write("key-given", TENDER, key="00" * 32)
    journal.write("started", server="https://trading.example")
    first, second = journal.lines()
    assert (first.at, first.tender, second.tender) == ("2026-06-01T09:00:00.000Z", TENDER, "-")
    assert first.text("zh").startswith("交出") and first.text("en").startswith("Handed in")
    assert [one.kind for one in journal.lines(TENDER)] == ["key-given"]
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_platforms_words_steer_no_terminal_and_end_no_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path, lambda: AT)
    journal.say("refused", TENDER, "坏\n2026\tfake\x1b[2J", "bad\r\nline\u202e" + "x" * 5000)
    (line,) = journal.lines()
    assert line.zh == "坏 2026 fake [2J"
    assert line.en.startswith("bad line x") and len(line.en) <= 2000


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path, lambda: AT)
    journal.write("stopped")
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole + whole[:30])
    assert [line.kind for line in journal.lines()] == ["stopped"]


def test_every_sentence_has_both_languages_and_the_same_facts() -> None:
    for zh, en in SENTENCES.values():
        assert any("\u4e00" <= sign <= "\u9fff" for sign in zh) and en.isascii()
    assert in_both(ClientError("erase-unproved"))[0].startswith("日志中没有")


def test_clocks_that_are_apart_are_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path, lambda: AT)
    for date in (None, "", "yesterday", "Mon, 01 Jun 2026 09:00:30 GMT", "Mon, 01 Jun 2026 08:59:05 GMT"):
        assert not tell_clocks_apart(journal, date, AT)
    assert tell_clocks_apart(journal, "Mon, 01 Jun 2026 08:58:00 GMT", AT)
    assert tell_clocks_apart(journal, "Mon, 01 Jun 2026 11:00:00 GMT", AT)
    assert ["120 seconds" in line.en for line in journal.lines()] == [True, False]
