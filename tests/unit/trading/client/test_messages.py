"""Every refusal of the clients has its sentence in both languages, with the same values."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import trading.client
import trading.demo
from signing import policies
from trading.client.errors import ClientError
from trading.client.messages import MESSAGES
from trading.demo.errors import DemoError

CATALOGUES = {**{("client", code): each for code, each in MESSAGES.items()},
              **{("demo", code): each for code, each in DemoError.sentences.items()}}  # fmt: skip


def fields(text: str) -> set[str]:
    # A value that is itself in two languages has its Chinese under a name of its own.
    return {name.removesuffix("_zh") for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", CATALOGUES, ids="-".join)
def test_both_languages(key: tuple[str, str]) -> None:
    chinese, english = CATALOGUES[key]
    assert fields(chinese) == fields(english)
    assert re.search(r"[\u4e00-\u9fff]", chinese) and not re.search(r"[\u4e00-\u9fff]", english)


def used(package: Path, name: str) -> set[str]:
    text = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    return set(re.findall(rf'\b{name}\(\s*"([a-z-]+)"', text))


def test_every_code_raised_is_in_the_catalogue_and_none_is_idle() -> None:
    trading_folder = Path(trading.client.__file__).parents[1]
    raised = r'(?:Fault\(|Error\(\w+, |items, |\[1:\], )"([a-z-]+)"'
    faults = set(re.findall(raised, Path(policies.__file__).read_text("utf-8")))
    assert used(trading_folder, "ClientError") | {f"policy-{code}" for code in faults} == set(MESSAGES)
    assert used(trading_folder, "DemoError") | {"input"} == set(DemoError.sentences)


def test_text_takes_the_readers_language() -> None:
    error = ClientError("file-exists", path="a")
    assert error.text("zh").startswith("a 已存在") and str(error).startswith("a exists")
