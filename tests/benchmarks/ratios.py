"""Two ways of doing the same work, measured in turn in one process, and the ratio of their times."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """The median of several ratios, the smallest and the greatest; `wanted` says what it has to be."""

    name: str
    ratios: tuple[float, ...]
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def reached(self) -> bool:
        low = self.at_least is None or self.ratio >= self.at_least
        return low and (self.at_most is None or self.ratio <= self.at_most)

    def as_json(self) -> dict[str, float]:
        """As it stands in var/bench.json."""
        return {
            "ratio": round(self.ratio, 3),
            "min": round(min(self.ratios), 3),
            "max": round(max(self.ratios), 3),
        }

    def line(self) -> str:
        """As it is printed."""
        wanted = f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"
        verdict = "reached" if self.reached else "MISSED"
        spread = f"min {min(self.ratios):.3f}, max {max(self.ratios):.3f}, {len(self.ratios)} repetitions"
        return f"{self.name:<22} {self.ratio:6.3f}  ({spread})  wanted {wanted}: {verdict}"


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes by the wall clock, with the collector's pauses kept out of it."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    finally:
        gc.enable()


def say(text: str) -> None:
    """Progress, to people; the results alone go to the standard output."""
    print(text, file=sys.stderr, flush=True)


def alternate(
    first: Callable[[], object], second: Callable[[], object], turns: Iterable[int], label: str
) -> list[tuple[float, float]]:
    """Times of both, measured side by side: which one goes first changes every time, so that neither is
    always the one that finds the machine warm or the disk busy."""
    times = []
    for turn in turns:
        if turn % 2:
            b = seconds(second)
            a = seconds(first)
        else:
            a = seconds(first)
            b = seconds(second)
        say(f"  {label} {turn + 1}: {a:.3f} s, {b:.3f} s")
        times.append((a, b))
    return times
