"""`sunseal demo --distributed`: five processes, one killed, one with a swapped key, and the tender opens."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.functional.test_demo import ROOT, SECRET, alive


@pytest.mark.slow
def test_it_opens_in_time_with_one_agent_killed_and_one_corrupted(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [
            sys.executable, "-m", "trading.cli", "demo", "--distributed", "--exit", "--lang", "en", "--out",
            str(out),
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert "Traceback" not in done.stderr
    assert said.count(" ✓ ") == 6 and " ✗ " not in said
    assert "kill -9: the agent of Notary Office" in said
    assert "This is not the sealing key that the policy has for the custodian" in said
    assert re.search(r"Of the 1 witnesses in your policy 1 have cosigned", said)
    assert "The package holds" in said

    pids = re.findall(r"\b(\d+)(?: → (\d+))?\s+(?:platform|witness|custodian-\d)/", said)
    assert len(pids) == 5, "five processes"
    lives = [pid for pair in pids for pid in pair if pid]
    assert len(lives) == len(set(lives)) == 7, "two of them were started again"
    assert not any(alive(pid) for pid in lives)

    evidence = next(out.rglob("evidence.zip"))
    names = zipfile.ZipFile(evidence).namelist()
    assert sum(name.startswith("shares/") for name in names) == 2, "the frozen set"
    for path in out.rglob("*"):
        assert path.is_dir() or not SECRET.search(path.read_bytes()), path
