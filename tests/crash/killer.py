"""Workers that kill themselves with SIGKILL at random moments, and the count of what they were doing.

The signal comes from inside, so that it falls where it should: whoever kills from outside learns of a step
when it may be over. What it does is the same: no statement runs after it, nothing is cleaned up.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.crash.processes import Child, Line, ready

# Before and after these a worker is not in the middle of anything.
AT_REST = (":started", ":committed", ":nothing-to-do", ":held-elsewhere", ":released", ":finished", ":issued")
LONGEST_LIFE = 12  # steps
LONGEST_DELAY = 0.001  # seconds from a step to the signal
LONGEST_TIME = 0.5  # seconds, of those who die by the clock, wherever they are
STAGES = ("closing:", "freezing:", "opening:", "finishing:")


@dataclass(frozen=True)
class Fate:
    """When a worker dies: a while after so many steps, or sooner, by a coin tossed at steps of `stages`, or
    `seconds` after it began, between whatever steps that is."""

    steps: int
    delay: float
    seconds: float | None
    stages: tuple[str, ...]
    seed: int


class Doom:
    """Carries a fate out from within, told of each step before the next statement runs."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._left = fate.steps
        self._chance = random.Random(fate.seed)
        if fate.seconds is not None:
            threading.Thread(target=self._die_after, args=(fate.seconds,), daemon=True).start()

    def __call__(self, line: Mapping[str, Any]) -> None:
        if not in_the_middle(line):
            return
        self._left -= 1
        if str(line["step"]).startswith(self._fate.stages) and self._chance.random() < 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._left == 0:
            threading.Thread(target=self._die_after, args=(self._fate.delay,), daemon=True).start()

    def _die_after(self, seconds: float) -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Killer:
    """Keeps doomed workers running until enough of them have died, some in each of `stages`.

    Some stages have few steps and would often be missed: workers born before a stage was hit look out for it.
    The fates follow from `seed`; what the machine makes of them does not.
    """

    start: Callable[[Fate | None], Child]
    workers: int
    seed: int
    stages: tuple[str, ...] = STAGES
    kills: int = 0
    interrupted: Counter[str] = field(default_factory=Counter)

    def run(self, least: int, over: Callable[[], bool], seconds: float) -> list[Child]:
        """Let workers die until it was done `least` times and in each of `stages`, or everything is `over`;
        then as many that live on, at work."""
        chance = random.Random(self.seed)
        running = [self.start(self._fate(chance)) for _ in range(self.workers)]
        end = time.monotonic() + seconds
        while (self.kills < least or self._missed()) and time.monotonic() < end:
            speaking = ready(running, 0.2)
            if not speaking and over():
                break
            for child in speaking:
                child.read(0)
                if child.over:
                    self._bury(child)
                    running.remove(child)
                    running.append(self.start(self._fate(chance)))
        for child in running:
            child.kill()
        return [self.start(None) for _ in range(self.workers)]

    def _fate(self, chance: random.Random) -> Fate:
        steps, delay = chance.randint(1, LONGEST_LIFE), chance.random() * LONGEST_DELAY
        seconds = chance.random() * LONGEST_TIME if chance.random() < 0.15 else None
        return Fate(steps, delay, seconds, tuple(self._missed()), chance.getrandbits(32))

    def _missed(self) -> list[str]:
        """The stages in which nothing was interrupted yet."""
        hit = tuple(self.interrupted)
        return [stage for stage in self.stages if not any(step.startswith(stage) for step in hit)]

    def _bury(self, child: Child) -> None:
        child.process.join(20)
        assert child.process.exitcode == -signal.SIGKILL, (child.process.exitcode, child.lines[-5:])
        self.kills += 1
        self.interrupted.update(_under_way(child.lines))


def _under_way(lines: list[Line]) -> list[str]:
    """The last step of each subject that was not at rest."""
    last = {line["subject"]: line["step"] for line in lines if line["event"] == "step"}
    return [step for step in last.values() if not step.endswith(AT_REST)]


def in_the_middle(line: Mapping[str, Any]) -> bool:
    """Whether it tells of a step after which something is left to do."""
    return line.get("event") == "step" and not str(line["step"]).endswith(AT_REST)
