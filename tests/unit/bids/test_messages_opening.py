"""Every refusal and finding of custody, opening, ranking and verification has its words, twice."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import bids
from bids.errors import BidError
from bids.messages import MESSAGES
from bids.messages_opening import MESSAGES as OURS

HERE = Path(bids.__file__).parent
MODULES = [
    *(HERE / f"{name}.py" for name in ("awards", "custody", "examination", "opening", "package", "ranking")),
    HERE / "releases.py",
    *sorted((HERE / "verification").glob("*.py")),
]


def calls(path: Path) -> Iterator[tuple[str, set[str], int]]:
    """Literal codes with the parameters given beside them: BidError(…), and findings (…step, …note)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        code = node.args[0]
        if name == "BidError" and isinstance(code, ast.Constant):
            yield code.value, {keyword.arg or "" for keyword in node.keywords}, node.lineno


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_refusal_gives_what_its_sentences_ask_for(path: Path) -> None:
    for code, given, line in calls(path):
        for sentence in MESSAGES[code]:
            assert placeholders(sentence) <= given, f"{path.name}:{line} {code}"


def test_every_code_is_used_somewhere() -> None:
    files = [path for path in HERE.rglob("*.py") if "messages" not in path.name]
    files.append(HERE.parent / "trading" / "client" / "log_follower.py")
    source = "".join(path.read_text("utf-8") for path in files)
    for code in OURS:
        family = code.rsplit("-", 1)[0] + "-"  # some codes are put together: closing-other-{name}
        used = f'"{code}"' in source or f'"{family}{{' in source or code.removeprefix("opening-") in source
        assert used, code


def test_both_languages_ask_for_the_same_values_and_are_not_alike() -> None:
    for code, (chinese, english) in OURS.items():
        assert placeholders(chinese) == placeholders(english), code
        assert chinese != english and english.isprintable() and chinese.strip() == chinese, code
        assert any("一" <= character <= "鿿" for character in chinese), code


def test_a_code_without_a_sentence_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        BidError("no-such-code").text("en")
