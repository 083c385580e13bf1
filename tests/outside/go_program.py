"""Go programs of the tests, built off-line from Debian's sources of golang.org/x/mod."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Where Debian's golang-golang-x-mod-dev puts its source; with GO111MODULE=off nothing is downloaded.
GOPATH = Path(os.environ.get("SUNSEAL_GOPATH") or "/usr/share/gocode")

MARKS = [
    pytest.mark.outside,
    pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed"),
    pytest.mark.skipif(
        not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
        reason="the source of golang.org/x/mod is not installed (golang-golang-x-mod-dev)",
    ),
]


def build(folder: Path, *sources: str) -> Path:
    """The program made of these files here."""
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    command = ["go", "build", "-o", str(folder / "referee"), *(str(HERE / name) for name in sources)]
    built = subprocess.run(command, env=environment, capture_output=True, timeout=240)
    assert built.returncode == 0, built.stderr
    return folder / "referee"
