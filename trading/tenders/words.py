"""Full text in Chinese and English, the same on every database: texts become words, questions phrases.

What is written without spaces (Chinese, Japanese, Korean) stands as pairs that overlap, and the last letter
of a run alone: 道路工程 is 道路 路工 工程 程. So two letters that follow each other are a word, longer texts
a phrase of words, and a single letter the beginning of one. Everything else stands in words as people write
them, and is found by their beginnings. Full width and half width, capitals and small letters are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Radicals and kana to the last of the ideographs, Hangul, compatibility forms, and the planes of these alone.
_DENSE = "\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_DENSE}]+|[^{_DENSE}]+")
_APART = re.compile(r"[\W_]+")
_LONGEST = 64  # characters of a word that count; PostgreSQL takes 2 kB
_QUESTION = 200  # characters of a question that count


@dataclass(frozen=True)
class Phrase:
    """Words that follow each other; the last one may be only the beginning of a word."""

    words: tuple[str, ...]
    beginning: bool


def words_of(*texts: str) -> tuple[str, ...]:
    """All words of some texts, in their order."""
    return tuple(word for text in texts for run in _runs(text) for word in _split(run))


def phrases_of(question: str) -> tuple[Phrase, ...]:
    """What must all be in a text that answers the question; nothing, if it has no letter and no digit."""
    return tuple(
        _phrase(runs) for part in _fold(question)[:_QUESTION].split() if (runs := tuple(_runs(part)))
    )


def for_sqlite(phrases: tuple[Phrase, ...]) -> str:
    """The question in the language of FTS5."""
    return " AND ".join(f'"{" ".join(each.words)}"{" *" if each.beginning else ""}' for each in phrases)


def for_postgresql(phrases: tuple[Phrase, ...]) -> str:
    """The question as the text of a tsquery."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in each.words) + (":*" if each.beginning else "") + ")"
        for each in phrases
    )


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _runs(text: str) -> Iterator[str]:
    """Letters and digits that stand together, dense ones apart from others."""
    for part in _APART.split(_fold(text)):
        yield from _RUN.findall(part)


def _dense(run: str) -> bool:
    return re.match(f"[{_DENSE}]", run) is not None


def _split(run: str) -> list[str]:
    return [run[n : n + 2] for n in range(len(run))] if _dense(run) else [run[:_LONGEST]]


def _phrase(runs: tuple[str, ...]) -> Phrase:
    words = [word for run in runs for word in _split(run)]
    if _dense(runs[-1]) and len(runs[-1]) > 1:
        # The text may go on after the question's last letter, which stands in the pair before it.
        return Phrase(tuple(words[:-1]), False)
    return Phrase(tuple(words), True)
