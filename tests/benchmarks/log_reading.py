"""A page that reads a log of a million entries from its beginning, in Chromium: time, stalls, memory.

The log is served from this process; entries are as long as a platform's are on average, one in sixteen with a
signed statement in it. Wanted: the page never stalls longer than `STALL`, and takes no more than `MEMORY`.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bids.entries import build_entry
from signing import canonical
from signing.encoding import b64encode
from signing.notes import Checkpoint, NoteSigner, format_checkpoint, generate_note_key
from signing.tiles import WIDTH, Tile, write_bundle
from tests.benchmarks.ratios import say
from tests.bids_factory import NOW
from tests.browser.chromium import Reader, chromium
from tests.browser.memory import Memories
from tests.typescript.node import ASSETS, EXECUTABLE
from trading.client.log_follower import Frontier

NAME = "log_reading"
SIZE = 1_000_000
STALL = 500.0  # milliseconds
MEMORY = 512  # MiB
TENDER = "ab" * 16
_PAGE = b'<!doctype html><script type="module" src="/bench.js"></script>'
_SOURCE = Path(__file__).parents[1] / "typescript" / "log_reading.ts"
_STATEMENT = canonical.dumps({"signature": "A" * 5000, "statement": {"note": "x" * 1500}})


@dataclass(frozen=True)
class Reading:
    """Seconds, the longest stall (ms), memory (MiB), and how much was read (MB)."""

    seconds: float
    stall: float
    growth: int
    megabytes: float
    size: int
    name: str = NAME

    @property
    def reached(self) -> bool:
        return self.stall <= STALL and self.growth <= MEMORY

    def as_json(self) -> dict[str, float]:
        """As it stands in var/bench.json."""
        told = {"seconds": self.seconds, "stall_ms": self.stall, "memory_mib": float(self.growth)}
        return {name: round(value, 1) for name, value in told.items()}

    def line(self) -> str:
        """As it is printed."""
        return (
            f"{self.name:<22} {self.size} entries, {self.megabytes:.0f} MB: {self.seconds:.1f} s, longest "
            f"stall {self.stall:.0f} ms, memory + {self.growth} MiB  wanted at most {STALL:.0f} ms, "
            f"{MEMORY} MiB: {'reached' if self.reached else 'MISSED'}"
        )


def entry(position: int) -> bytes:
    """The log's entry at a position; every 50,000th is about the tender that is read for."""
    digest = hashlib.sha256(str(position).encode()).hexdigest()
    tender = TENDER if position % 50_000 == 0 else digest[:32]
    who = {"person": digest[:32], "organisation": digest[32:], "role": "agency"}
    return build_entry(
        at=NOW, act="tender.published", tender=tender, who=who, address=digest, digests={"notice": digest},
        statement=_STATEMENT if position % 16 == 0 else None,
    )  # fmt: skip


class Log:
    """A log made once: its checkpoint, and bundles as they are asked for."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.signer = NoteSigner("log.example/x", generate_note_key())
        self.bundles: list[bytes] = []
        frontier, pending = Frontier(), []
        for position in range(size):
            pending.append(entry(position))
            frontier.append(pending[-1])
            if len(pending) == WIDTH:
                self.bundles.append(write_bundle(pending))
                pending = []
        self.rest = pending
        self.note = format_checkpoint(Checkpoint(self.signer.name, size, frontier.root()), self.signer)

    @property
    def megabytes(self) -> float:
        return sum(map(len, self.bundles)) / 1e6


@contextmanager
def serving(log: Log, script: bytes) -> Iterator[str]:
    """The log, and a page that reads it, at a loopback address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            tile = Tile.parse(url.path.removeprefix("/log/"))
            if tile is not None and tile.level is None and tile.number < len(log.bundles):
                return self._answer(log.bundles[tile.number])
            if url.path == "/api/v1/log/checkpoint":
                return self._answer(log.note)
            if url.path == "/api/v1/log/entries":
                start = int(parse_qs(url.query)["start"][0]) - len(log.bundles) * WIDTH
                rest = [b64encode(one) for one in log.rest[start:]]
                return self._answer(canonical.dumps({"entries": rest}))
            if url.path == "/bench.js":
                return self._answer(script, "text/javascript")
            return self._answer(_PAGE, "text/html")

        def _answer(self, body: bytes, kind: str = "application/octet-stream") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def run(size: int = SIZE) -> Reading:
    """Measure once."""
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as name, chromium() as browser:
        bundle = Path(name) / "bench.js"
        esbuild = ASSETS / "node_modules" / "esbuild" / "bin" / "esbuild"
        options = ["--bundle", "--format=esm", "--minify", "--log-level=warning"]
        subprocess.run([EXECUTABLE, esbuild, _SOURCE, *options, f"--outfile={bundle}"], check=True)
        log = Log(size)
        say(f"  {NAME}: a log of {size} entries is made")
        with serving(log, bundle.read_bytes()) as address:
            reader = Reader(browser, address, "en")
            page = reader.page
            page.goto(address)
            page.wait_for_function("'readLog' in globalThis")
            memory = Memories(reader)
            told = page.evaluate("([key, tender]) => readLog(key, tender)", [log.signer.vkey, TENDER])
            growth = memory.growth() >> 20
            reader.context.close()
    assert told["found"] == -(-size // 50_000), told
    return Reading(told["seconds"], told["stall"], growth, log.megabytes, size)
