"""File names: what no file system misreads, and what becomes of the rest."""

from __future__ import annotations

import pytest

from bids import names


@pytest.mark.parametrize("name", ["技术方案.pdf", "a", "Plan (2) v1.2.docx", "résumé.txt", "x" * 200])
def test_safe(name: str) -> None:
    assert names.is_safe(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "C:x",
        ".hidden",
        " a",
        "a ",
        "a.",
        "a\x00b",
        "a\nb",
        "CON",
        "nul.txt",
        "com1",
        "LPT9.pdf",
        "a?b",
        'a"b',
        "a|b",
        "a<b",
        "\u202egpj.exe",
        "a\u200bb",
        "\ufeffa",
        "e\u0301.txt",
        "x" * 201,
        "方" * 67,
        "\ud800",
    ],
)
def test_unsafe_names_become_safe_ones(name: str) -> None:
    assert not names.is_safe(name)
    made = names.make_safe(name, 7)
    assert names.is_safe(made)
    assert made.startswith("007-")


def test_what_resembles_the_name_is_kept() -> None:
    assert names.make_safe("../../etc/passwd", 3) == "003-_.._etc_passwd"
    assert names.make_safe("...", 4) == "004-file"
    assert names.make_safe("nul", 5) == "005-nul"


@pytest.mark.parametrize(
    "pair", [("A.pdf", "a.PDF"), ("é", "e\u0301"), ("ﬁle", "file"), ("ｆ", "f"), ("ß", "SS")]
)
def test_names_that_a_file_system_confuses_have_one_key(pair: tuple[str, str]) -> None:
    assert names.same_key(pair[0]) == names.same_key(pair[1])


def test_other_names_do_not() -> None:
    assert names.same_key("a.pdf") != names.same_key("b.pdf")
