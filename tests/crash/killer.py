"""Kills workers at random moments and keeps count of what they were doing."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.crash.processes import Child, Line, ready

# Before and after these a worker is not in the middle of anything.
AT_REST = (":started", ":committed", ":nothing-to-do", ":held-elsewhere", ":released", ":finished", ":issued")
LONGEST_LIFE = 12  # steps
STAGES = ("closing:", "freezing:", "opening:", "finishing:")


@dataclass
class Killer:
    """Keeps workers running, and kills each after a random number of steps and a random delay.

    Some stages have few steps and would often be missed: at a step of a stage that no kill has hit yet, a
    coin is tossed as well. The choice of steps and delays follows from `seed`; what the machine makes of it
    does not.
    """

    start: Callable[[], Child]
    workers: int
    seed: int
    kills: int = 0
    interrupted: Counter[str] = field(default_factory=Counter)

    def run(self, least: int, over: Callable[[], bool], seconds: float) -> list[Child]:
        """Kill until it was done `least` times and in every stage, or everything is `over`; the workers then
        running."""
        chance = random.Random(self.seed)
        running = {self._new(): self._life(chance) for _ in range(self.workers)}
        end = time.monotonic() + seconds
        while (self.kills < least or self._missed()) and time.monotonic() < end:
            speaking = ready(list(running), 0.2)
            if not speaking and over():
                break
            for child in speaking:
                line = child.read(0)
                if line is None:
                    raise AssertionError(f"a worker ended by itself: {child.lines[-5:]}")
                if not _in_the_middle(line):
                    continue
                running[child] -= 1
                due = running[child] <= 0 and self.kills < least
                if due or (_stage(line) in self._missed() and chance.random() < 0.5):
                    del running[child]
                    self._kill(child, chance)
                    running[self._new()] = self._life(chance)
        return list(running)

    def _missed(self) -> list[str]:
        """The stages in which nothing was interrupted yet."""
        return [stage for stage in STAGES if not any(step.startswith(stage) for step in self.interrupted)]

    def _new(self) -> Child:
        return self.start()

    def _life(self, chance: random.Random) -> int:
        return chance.randint(1, LONGEST_LIFE)

    def _kill(self, child: Child, chance: random.Random) -> None:
        time.sleep(chance.random() / 1000)
        child.kill()
        self.kills += 1
        self.interrupted.update(_under_way(child.lines))


def _under_way(lines: list[Line]) -> list[str]:
    """The last step of each subject that was not at rest."""
    last = {line["subject"]: line["step"] for line in lines if line["event"] == "step"}
    return [step for step in last.values() if not step.endswith(AT_REST)]


def _stage(line: Line) -> str:
    return str(line["step"]).partition(":")[0] + ":"


def _in_the_middle(line: Line) -> bool:
    return line["event"] == "step" and not line["step"].endswith(AT_REST)
