"""Which pages axe-core has found nothing in, by their shapes, whichever of the run's workers looked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import Page

# Elements with their attributes; of words, addresses and values only whether there are any, of names which
# are alike, so that a page has the same shape in both languages unless one of them lacks a word.
_SHAPE = """() => {
  const worded = new Set(["action", "content", "datetime", "download", "formaction", "href", "hreflang",
    "lang", "nonce", "placeholder", "src", "value"]);
  const naming = new Set(["alt", "aria-controls", "aria-describedby", "aria-label", "aria-labelledby", "for",
    "headers", "id", "list", "name", "title"]);
  const known = new Map([["", 0]]);
  const alike = (words) => {
    const plain = words.trim();
    if (!known.has(plain)) known.set(plain, known.size);
    return known.get(plain);
  };
  const told = ({ name, value }) => {
    if (value.startsWith("#") || !value.trim()) return value.trim();
    if (worded.has(name) || name.startsWith("data-")) return "…";
    if (!naming.has(name)) return value;
    return name === "aria-label" || name === "title" ? alike(value) : value.split(/\\s+/).map(alike);
  };
  const shape = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const named = node.parentElement.matches("h1, h2, h3, h4, h5, h6, caption, legend");
      return node.data.trim() ? [named ? alike(node.data) : "…"] : [];
    }
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

    def place(self, page: Page) -> Path:
        """The file of the page's shape; it exists if nothing was found in one like it."""
        return self._folder / hashlib.sha256(page.evaluate(_SHAPE).encode()).hexdigest()
