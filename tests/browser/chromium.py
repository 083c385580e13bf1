"""Debian's Chromium as a reader's browser: what it opens is watched, and judged at the end of a test."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.browser.looked import Looked

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "trading" / "web" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "var" / "screenshots"
PICTURES = os.environ.get("SUNSEAL_TEST_PICTURES", "") not in ("", "0")
# The shell has the engine without windows and menus: a fifth of the time for each new profile.
PROGRAM = shutil.which("chromium-headless-shell") or shutil.which("chromium")

# Of machines that run two suites at once; what is there is not waited for.
PATIENCE = 30_000  # milliseconds
expect.set_options(timeout=PATIENCE)

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LOCALES = {"zh": "zh-CN", "en": "en-US"}

PHONE, DESK, WIDE = WIDTHS = 360, 1280, 1920
WEIGHT = 300_000  # bytes of a page and all it loads, compressed

# No name but the platform's own address is ever looked up, whatever a page or the browser itself asks for.
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)  # fmt: skip
# Nothing is told of what passes, and no element's address is worked out: a third of the time on a long page.
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "selectors": False,
}
_OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SEALING_CODE = re.compile(r"/static/built/bid-\w+\.js$")
_WEAK = re.compile("unsafe-inline|unsafe-eval|\\*")
_bundles: dict[str, int] = {}  # what was weighed once: its name has its digest


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window; each reader gets a profile of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(_FLAGS))
        yield browser
        browser.close()


class Reader:
    """Somebody before the portal, in a fresh profile: language by the browser, as with any newcomer.

        reader.open("/tenders")         # loads; looks at contrast, names, roles …; weighs
        reader.page.click(…)            # playwright's page
        reader.look()                   # once more, after something has changed
        reader.judge()                  # the fixture does this at the end

    Args:
        origin: the platform's address. width: of the window, in CSS pixels. looked: pages in which nothing
            was found, at which nobody looks again.
    """

    def __init__(
        self, browser: Browser, origin: str, lang: Language, width: int = DESK, looked: Looked | None = None
    ) -> None:
        self.origin = origin
        self.lang = lang
        self._looked = looked
        self.context = browser.new_context(
            base_url=origin, locale=LOCALES[lang], timezone_id="America/Los_Angeles",
            viewport={"width": width, "height": 900}, reduced_motion="reduce",
        )  # fmt: skip
        self.context.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.weights: dict[str, int] = {}
        self._loaded: list[Response] = []
        self._expected: set[str] = set()
        self._answered_by_test: list[str] = []
        self._forgiven: list[re.Pattern[str]] = []
        self._said: list[tuple[str, str, str]] = []
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.faults.append(f"error on a page: {error.error}"))
        self.page: Page = self.context.new_page()

    def open(self, address: str, status: int = 200, *, look: bool = True, weigh: bool = True) -> Page:
        """Load a page, by its path; `status` is what it must answer with.

        Args:
            look: see `look`. weigh: False for pages that bring the sealing bundle.
        """
        self._loaded.clear()
        if status >= 400:
            self.expect(address)
        response = self.page.goto(address, wait_until="load")
        assert response is not None and response.status == status, response and response.status
        if weigh:
            self.weights[address] = weight = sum(map(_weight, self._loaded))
            assert weight <= WEIGHT, f"{address} with all it loads weighs {weight} bytes"
        assert self.page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[self.lang]
        if look:
            self.look()
        return self.page

    def expect(self, address: str) -> None:
        """The platform will refuse what a script asks of this address."""
        self._expected.add(self.origin + address)

    def skip_policy(self, part: str) -> None:
        """The test itself answers at addresses with this in them, without a policy."""
        self._answered_by_test.append(part)

    def forgive(self, addresses: re.Pattern[str]) -> None:
        """The test itself cuts connections to these."""
        self._forgiven.append(addresses)

    def look(self) -> None:
        """What axe-core says of the page as it is now, and whether it fits this window and a phone's."""
        page = self.page
        place = self._looked.place(page) if self._looked else None
        if place is None or not place.exists():
            found = self._violations()
            self.faults += found
            if place is not None and not found:
                place.touch()
        own = page.viewport_size
        assert own is not None
        self._measure(own["width"])
        if own["width"] != PHONE:
            page.set_viewport_size({**own, "width": PHONE})
            self._measure(PHONE)
            page.set_viewport_size(own)

    def _violations(self) -> list[str]:
        page = self.page
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(_axe())  # by the debugger, which no policy binds
        found: dict[str, Any] = page.evaluate("(rules) => axe.run(document, rules)", _RULES)
        faults = []
        for each in found["violations"]:
            places = "; ".join(node["html"][:160] for node in each["nodes"][:4])
            faults.append(f"axe-core at {page.url}: {each['id']}, {each['help']}: {places}")
        return faults

    def _measure(self, width: int) -> None:
        over = self.page.evaluate(_OVER)
        if over > 1:  # one is of rounding: the whole's width up, the window's down
            self.faults.append(f"{self.page.url} is {over} px wider than a window of {width} px")

    def pictures(self, name: str) -> None:
        """The page as it is now, whole, in var/screenshots: at each width, in English at a desk's alone.

        Only where SUNSEAL_TEST_PICTURES is set: they are for people, and take their time.
        """
        if not PICTURES:
            return
        own = self.page.viewport_size
        assert own is not None
        self.page.mouse.move(0, 0)
        self.page.evaluate("window.scrollTo(0, 0)")
        for width in WIDTHS if self.lang == "zh" else (DESK,):
            self.page.set_viewport_size({"width": width, "height": 900})
            path = SCREENSHOTS / f"{name}-{self.lang}-{width}.png"
            self.page.screenshot(path=path, full_page=True)
            assert path.is_file()
        self.page.set_viewport_size(own)

    def judge(self) -> None:
        """Fail if anything was heard, seen or asked for that must not be."""
        heard = [
            f"console at {where}: {kind}: {text}"
            for kind, text, where in self._said
            if where not in self._expected and not any(each.search(where) for each in self._forgiven)
        ]
        assert not self.faults + heard, "\n".join(self.faults + heard)

    # --- what the browser tells

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob") and not self._own(request.url):
            self.faults.append(f"asked for {request.url}")

    def _own(self, url: str) -> bool:
        return url.startswith(self.origin + "/")

    def _answered(self, response: Response) -> None:
        if not self._own(response.url) or any(part in response.url for part in self._answered_by_test):
            return
        self._loaded.append(response)
        policy = response.headers.get("content-security-policy", "")
        if _SEALING_CODE.search(response.url):  # binds workers alone, which compile their SHA-256
            policy = policy.replace("'wasm-unsafe-eval'", "")
        if "default-src 'none'" not in policy or _WEAK.search(policy):
            self.faults.append(f"policy of {response.url}: {policy or 'none'}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said.append((message.type, message.text, message.location["url"]))


def _weight(response: Response) -> int:
    headers = sum(len(name) + len(value) + 4 for name, value in response.headers.items())
    try:
        path = urlsplit(response.url).path
        if not path.startswith("/static/built/"):
            return headers + _compressed(response)
        if path not in _bundles:
            _bundles[path] = _compressed(response)
        return headers + _bundles[path]
    except Error:
        # The page before asked for it while it was being left, as one that is live does.
        if response.request.resource_type != "fetch":
            raise
        return 0


def _compressed(response: Response) -> int:
    return len(gzip.compress(response.body(), 6))
