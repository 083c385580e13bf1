"""2 GiB from the supplier's disk to the agency's: the most memory that each process ever had."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.ratios import say
from tests.functional.big_attachment import LIMIT, carry

NAME = "attachment_memory"
SIZE = 2 * 1024**3


@dataclass(frozen=True)
class Peaks:
    """Resident memory by process, in KiB."""

    peaks: dict[str, int]
    name: str = NAME

    @property
    def reached(self) -> bool:
        return max(self.peaks.values()) <= LIMIT

    def as_json(self) -> dict[str, float]:
        """As it stands in var/bench.json: MiB."""
        return {process: round(peak / 1024, 1) for process, peak in self.peaks.items()}

    def line(self) -> str:
        """As it is printed."""
        found = ", ".join(f"{process} {peak / 1024:.0f}" for process, peak in self.peaks.items())
        verdict = "reached" if self.reached else "MISSED"
        return f"{self.name:<22} {found} MiB  wanted at most {LIMIT / 1024:.0f} each: {verdict}"


def run() -> Peaks:
    """Carry it once."""
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as folder:
        peaks = Peaks(carry(Path(folder), SIZE))
    say(f"  {peaks.line()}")
    return peaks
