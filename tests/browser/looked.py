"""Which pages axe-core has found nothing in, by their shapes, whichever of the run's workers looked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import Page

# Elements with their attributes; of words, names and addresses only whether there are any and which are
# alike, so that a page has the same shape in both languages unless one of them lacks a word.
_SHAPE = """() => {
  const worded = new Set(["action", "alt", "aria-label", "content", "datetime", "download", "for",
    "formaction", "href", "hreflang", "id", "lang", "list", "name", "nonce", "placeholder", "src", "title",
    "value"]);
  const lists = new Set(["aria-controls", "aria-describedby", "aria-labelledby", "headers"]);
  const known = new Map([["", 0]]);
  const alike = (words) => {
    const plain = words.trim();
    if (!known.has(plain)) known.set(plain, known.size);
    return known.get(plain);
  };
  const told = ({ name, value }) => {
    if (lists.has(name)) return value.trim().split(/\\s+/).map(alike);
    return !value.startsWith("#") && (worded.has(name) || name.startsWith("data-")) ? alike(value) : value;
  };
  const shape = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.trim() ? [alike(node.data)] : [];
    if (node.nodeType !== Node.ELEMENT_NODE || node.localName === "script") return [];
    const marks = [...node.attributes].map((each) => [each.name, told(each)]);
    return [node.localName, marks, node.checked, node.disabled, [...node.childNodes].flatMap(shape)];
  };
  return JSON.stringify([innerWidth, shape(document.documentElement)]);
}"""


class Looked:
    """Shapes of pages in which nothing was found: an empty file each in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def place(self, page: Page, part: str | None) -> Path:
        """The file of the page's shape; it exists if nothing was found in this part of one like it."""
        shape = f"{part} {page.evaluate(_SHAPE)}"
        return self._folder / hashlib.sha256(shape.encode()).hexdigest()
