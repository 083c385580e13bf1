"""Tenders in stages for tests: courses, and stage statements that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bids_factory import World
from tests.package_factory import Case

TWO = ("qualification", "price")
THREE = ("qualification", "technical", "price")


def staged(seed: int, segments: tuple[str, ...] = TWO, **facts: Any) -> Case:
    return Case(World(seed=seed), segments=segments, **facts)


def opened(case: Case) -> Case:
    """The first segment opened, nothing judged."""
    case.close()
    case.release()
    case.open()
    return case


def finish(case: Case) -> Case:
    """The last segment opened, evaluated, awarded."""
    case.release()
    case.open()
    case.evaluate()
    case.award()
    return case


STRANGER = "f" * 32
LIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "stage-other-closing": lambda members: members.update(closing="0" * 64),
    "stage-other-segment": lambda members: members.update(segment="technical"),
    "stage-other-opening": lambda members: members.update(opening="0" * 64),
    "stage-bid-unknown": lambda members: members["admitted"].append(STRANGER),
    "stage-bid-missing": lambda members: members["admitted"].pop(),
    "stage-bid-twice": lambda members: members["rejections"].append(
        {"bid": members["admitted"][0], "reason": "两可"}
    ),
}
