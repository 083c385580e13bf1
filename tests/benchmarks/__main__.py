"""`python -m tests.benchmarks [--bids N] [--megabytes N] [NAME…]`: all benchmarks, or those named.

Ratios go to the terminal with their spread, peaks of memory beside them, and, when all were run at full size,
to var/bench.json. Ends with status 1 if what was wanted was missed.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from tests import postgres
from tests.benchmarks import (
    attachment_memory,
    browser_sealing,
    log_growth,
    log_reading,
    opening_vs_crypto,
    sealing_vs_loop,
    search_at_100k,
    stamping_vs_signing,
    submission_vs_insert,
    verifying_vs_crypto,
)
from tests.benchmarks.attachment_memory import Peaks
from tests.benchmarks.browser_sealing import BrowserSealing
from tests.benchmarks.log_growth import Growth
from tests.benchmarks.log_reading import Reading
from tests.benchmarks.ratios import Ratio, say
from tests.benchmarks.search_at_100k import Costs

RESULT = Path("var/bench.json")

Result = Ratio | Peaks | Costs | Growth | Reading | BrowserSealing


def main(arguments: list[str]) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--bids", type=int, default=opening_vs_crypto.BIDS, help="bids to open and verify")
    parser.add_argument("--megabytes", type=int, default=sealing_vs_loop.SIZE >> 20, help="size of the file")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones; all of them by default")
    given = parser.parse_args(arguments)
    benchmarks: dict[str, Callable[[], Result]] = {
        sealing_vs_loop.NAME: lambda: sealing_vs_loop.run(given.megabytes << 20),
        browser_sealing.NAME: browser_sealing.run,
        submission_vs_insert.NAME: submission_vs_insert.run,
        stamping_vs_signing.NAME: stamping_vs_signing.run,
        log_growth.NAME: log_growth.run,
        log_reading.NAME: log_reading.run,
        search_at_100k.NAME: search_at_100k.run,
        opening_vs_crypto.NAME: lambda: opening_vs_crypto.run(given.bids),
        verifying_vs_crypto.NAME: lambda: verifying_vs_crypto.run(given.bids),
        attachment_memory.NAME: attachment_memory.run,
    }
    unknown = set(given.names) - benchmarks.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(benchmarks)}")
    chosen = given.names or list(benchmarks)
    results = _run([(name, benchmarks[name]) for name in chosen])
    print("\n".join(result.line() for result in results))
    full = given.bids == opening_vs_crypto.BIDS and given.megabytes << 20 == sealing_vs_loop.SIZE
    if full and set(chosen) == benchmarks.keys():
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps({each.name: each.as_json() for each in results}, indent=2) + "\n")
        print(f"written to {RESULT}")
    return 0 if all(result.reached for result in results) else 1


def _run(chosen: list[tuple[str, Callable[[], Result]]]) -> list[Result]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    server = postgres.Run()
    try:
        results = []
        for name, benchmark in chosen:
            say(name)
            results.append(benchmark())
        return results
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
