"""The portal's TypeScript, as the tests in this folder ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.typescript.node import Node


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One Node for a worker's whole run; it keeps nothing between questions unless asked to."""
    with Node(tmp_path_factory.mktemp("typescript")) as running:
        yield running
