"""How texts and questions are put into words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.postgres import Server
from trading.tenders.words import Phrase, for_postgresql, for_sqlite, phrases_of, words_of

TEXT = "ＺＨ-2026-0118 白藤湖100%道路_改造 Straße Road𠮷野"


def test_words_of_a_text() -> None:
    assert words_of("白藤湖", "Roads, K12+300") == ("白藤", "藤湖", "湖", "roads", "k12", "300")
    assert words_of("ＡＢＣ－１２") == ("abc", "12")
    assert words_of("", " ，。 ") == ()
    assert words_of("路") == ("路",)
    assert words_of("省道S272线") == ("省道", "道", "s272", "线")
    assert all(len(word) <= 64 for word in words_of("a" * 5000, "ﷺ" * 500))


def test_phrases_of_a_question() -> None:
    assert phrases_of("白藤湖") == (Phrase(("白藤", "藤湖"), False),)
    assert phrases_of("湖") == (Phrase(("湖",), True),)
    assert phrases_of("Pav 桥梁") == (Phrase(("pav",), True), Phrase(("桥梁",), False))
    assert phrases_of("湖100") == (Phrase(("湖", "100"), True),)
    assert phrases_of("\"'*-:&|!()%_ ，。") == ()
    assert len(phrases_of("ﷺ " * 10_000)) < 100


# What is in TEXT, and what is not.
FOUND = (
    "白藤", "白藤湖", "湖", "白", "道路", "路", "路_改", "改造", "造", "zh-2026-0118", "ＺＨ 2026", "0118",
    "011", "湖100%", "藤湖100%道", "100道", "straße", "STRASSE", "stras", "road", "ROAD 白藤 100", "𠮷野",
    "野", "road𠮷", '"白藤湖"', "白藤湖 & -道路!",
)  # fmt: skip
MISSED = (
    "白湖", "藤白", "湖道路", "道改", "路改", "oad", "118", "2026-zh", "白藤湖桥", "road x", "%%%", "100路",
)  # fmt: skip


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE search USING fts5(words, tokenize='ascii')")
        yield connection


def in_sqlite(connection: sqlite3.Connection, text: str, question: str) -> bool:
    connection.execute("DELETE FROM search")
    connection.execute("INSERT INTO search VALUES (?)", (" ".join(words_of(text)),))
    wanted = for_sqlite(phrases_of(question))
    query = "SELECT count(*) FROM search WHERE search MATCH ?"
    return bool(wanted) and bool(connection.execute(query, (wanted,)).fetchone()[0])


@pytest.mark.parametrize("question", FOUND)
def test_found(sqlite: sqlite3.Connection, question: str) -> None:
    assert in_sqlite(sqlite, TEXT, question)


@pytest.mark.parametrize("question", MISSED)
def test_missed(sqlite: sqlite3.Connection, question: str) -> None:
    assert not in_sqlite(sqlite, TEXT, question)


ANY = st.text(
    st.sampled_from("白藤湖道路ab1 -\"'*():&|%_\\^~\u3000Ａﷺ𠮷é\u0301\u200d") | st.characters(), max_size=30
)


@given(text=ANY, start=st.integers(0, 30), end=st.integers(0, 30))
def test_any_part_that_begins_a_word_is_found(
    sqlite: sqlite3.Connection, text: str, start: int, end: int
) -> None:
    """A text is found by itself; any question whatever is a question."""
    assert in_sqlite(sqlite, text, text) or not words_of(text)
    in_sqlite(sqlite, text, text[start:end])


def test_postgresql_says_the_same(sqlite: sqlite3.Connection, postgres_server: Server) -> None:
    import psycopg

    def found(text: str, question: str) -> bool:
        vector = " ".join(f"'{word}':{n}" for n, word in enumerate(words_of(text), 1))
        wanted = for_postgresql(phrases_of(question))
        row = connection.execute("SELECT %s::tsvector @@ %s::tsquery", (vector, wanted)).fetchone()
        assert row is not None
        return bool(wanted) and bool(row[0])

    @given(text=ANY, question=ANY)
    def same(text: str, question: str) -> None:
        assert found(text, question) == in_sqlite(sqlite, text, question)

    with (
        postgres_server.database() as url,
        psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection,
    ):
        assert all(found(TEXT, question) for question in FOUND)
        assert not any(found(TEXT, question) for question in MISSED)
        same()
