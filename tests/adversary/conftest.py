"""One world for all attacks of a process."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.adversary.world import World


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """A platform that breaks at every second attack says so at length, which would take most of the time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    structlog.configure(**before)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """The adversary's world; each attack begins with `world.at(moment)`."""
    with tempfile.TemporaryDirectory(prefix="sunseal-adversary-") as folder:
        made = World(Path(folder))
        yield made
        made.end()
