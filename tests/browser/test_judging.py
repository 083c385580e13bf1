"""The judge itself: each thing that a page must not do is noticed when a page does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import Reader
from tests.browser.looked import Looked
from tests.browser.served import served
from trading.config import Settings

POLICY = "default-src 'none'; script-src 'self' 'nonce-n'; style-src 'self'; img-src http: data:"
WELL = (
    '<!doctype html><html lang="zh-CN"><head><meta name="viewport" content="width=device-width">'
    "<title>A page</title><link rel=icon href=data:,></head>"
    "<body><main><h1>A page</h1>%s</main></body></html>"
)


def script(text: str) -> str:
    return f"<script nonce=n>{text}</script>"


BODIES = {
    "/good": ("<p>All is well.</p>", POLICY),
    "/console": (script("console.error('oh')"), POLICY),
    "/warning": (script("console.warn('oh')"), POLICY),
    "/error": (script("undefinedName()"), POLICY),
    "/refused": ("<p onclick='x()'>Inline</p><script>1</script>", POLICY),
    "/elsewhere": ("<img alt=x src='http://192.0.2.1/x.png'>", POLICY),
    "/weak": ("<p>Weak</p>", POLICY.replace("'nonce-n'", "'unsafe-inline'")),
    "/none": ("<p>No policy</p>", ""),
    "/unnamed": ("<input>", POLICY),
    "/pale": ("<p><font color='#aaaaaa'>Pale on white</font></p>", POLICY),
    "/label": ("<label for=it>Name</label><input id=it>", POLICY),
    "/etikett": ("<label for=er>Etikett</label><input id=er>", POLICY),
    "/blank": ("<label for=it> </label><input id=it>", POLICY),
    "/stray": ("<label for=it>Name</label><input id=er>", POLICY),
    "/wide": ("<pre>" + "wide " * 200 + "</pre>", POLICY),
}
WORDS = {
    "/console": "console", "/warning": "console", "/error": "error on a page", "/refused": "console",
    "/elsewhere": "asked for http://192.0.2.1/", "/weak": "policy of", "/none": "policy of",
    "/unnamed": "axe-core", "/pale": "color-contrast", "/wide": "wider than a window",
}  # fmt: skip


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
    body, policy = BODIES.get(environ["PATH_INFO"], ("<p>Nothing</p>", POLICY))
    known = environ["PATH_INFO"] in BODIES
    headers = [("Content-Type", "text/html; charset=utf-8")]
    if policy:
        headers.append(("Content-Security-Policy", policy))
    start("200 OK" if known else "404 Not Found", headers)
    yield (WELL % body).encode()


@pytest.fixture(scope="module")
def bad() -> Iterator[str]:
    with served(Settings(), application) as address:
        yield address


def judged(browser: Browser, address: str, path: str, status: int = 200, looked: Looked | None = None) -> str:
    reader = Reader(browser, address, "zh", looked=looked)
    try:
        reader.open(path, status)
        reader.page.wait_for_timeout(50)
        reader.judge()
    except AssertionError as error:
        return str(error)
    finally:
        reader.context.close()
    return ""


def test_a_good_page_passes(browser: Browser, bad: str) -> None:
    assert judged(browser, bad, "/good") == ""


@pytest.mark.parametrize("path", WORDS)
def test_a_bad_page_is_noticed(browser: Browser, bad: str, path: str) -> None:
    assert WORDS[path] in judged(browser, bad, path)


def test_an_answer_that_was_not_expected_is_noticed(browser: Browser, bad: str) -> None:
    assert "404" in judged(browser, bad, "/missing")


def test_a_page_that_weighs_too_much_is_noticed(
    browser: Browser, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.browser.chromium.WEIGHT", 100)
    assert "weighs" in judged(browser, bad, "/good")


def test_pages_of_one_shape_are_looked_at_once_and_what_lacks_a_word_is_none_of_them(
    browser: Browser, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = Looked(tmp_path / "looked")
    assert judged(browser, bad, "/label", looked=looked) == ""
    for _ in range(2):
        for path in ("/blank", "/stray", "/unnamed", "/pale"):
            assert "axe-core" in judged(browser, bad, path, looked=looked)
    monkeypatch.setattr(Reader, "_violations", lambda reader: ["looked again"])
    assert judged(browser, bad, "/etikett", looked=looked) == ""
    assert "looked again" in judged(browser, bad, "/blank", looked=looked)
