"""House rules that no linter knows, over the files under version control: `python tools/check_tree.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 440  # lines; a file much over 400 wants to be two


def tracked() -> list[Path]:
    """Files that git knows, and new ones that it does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def findings(files: list[Path]) -> Iterator[str]:
    """One sentence for each breach."""
    for path in files:
        name = path.relative_to(ROOT)
        if name.parts[0] == "alembic" and path.name == "__init__.py":
            yield f"{name}: alembic/ must not be a package, it would hide the library of that name"
        if path.suffix == ".py" and (count := len(path.read_text("utf-8").splitlines())) > LONGEST:
            yield f"{name}: {count} lines; split it"
        if path.name == "package-lock.json":
            for package, entry in json.loads(path.read_text("utf-8")).get("packages", {}).items():
                if "resolved" in entry:
                    yield f"{name}: says where {package} came from; set omit-lockfile-registry-resolved"


def main() -> int:
    """0 if nothing was found, else 1."""
    found = list(findings(tracked()))
    for line in found:
        print(line)
    print(f"tree: {len(found)} breaches of house rules" if found else "tree: house rules kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
