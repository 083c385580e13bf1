"""Fail unless each package named has enough coverage: `python tools/coverage_gate.py 95 signing bids`.

Reads the data that the test run left, and judges every package for itself, by its branches and by its lines,
so that a well-tested one cannot cover for another.
"""

from __future__ import annotations

import json
import sys
from io import StringIO
from tempfile import TemporaryDirectory

from coverage import Coverage


def totals(coverage: Coverage, package: str, folder: str) -> tuple[float, float]:
    """Percent of branches and percent of statements of `package` that ran."""
    target = f"{folder}/{package}.json"
    coverage.json_report(outfile=target, include=[f"{package}/*"])
    with open(target, encoding="utf-8") as source:
        found = json.load(source)["totals"]
    branches = 100.0 * found["covered_branches"] / max(found["num_branches"], 1)
    return branches, 100.0 * found["covered_lines"] / max(found["num_statements"], 1)


def main(arguments: list[str]) -> int:
    """0 if every package reaches the floor, else 1 after listing what was missed."""
    floor, packages = float(arguments[0]), arguments[1:]
    coverage = Coverage()
    coverage.load()
    status = 0
    with TemporaryDirectory() as folder:
        for package in packages:
            branches, lines = totals(coverage, package, folder)
            enough = branches >= floor and lines >= floor
            verdict = "enough" if enough else f"too little: {floor:g} % wanted"
            print(f"coverage of {package}/: branches {branches:.1f} %, lines {lines:.1f} %, {verdict}")
            if not enough:
                status = 1
                missed = StringIO()
                coverage.report(include=[f"{package}/*"], show_missing=True, skip_covered=True, file=missed)
                print(missed.getvalue())
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
