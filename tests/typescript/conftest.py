"""The portal's TypeScript, as the tests in this folder ask it."""

from __future__ import annotations

import pytest

from tests.typescript.agreement import running
from tests.typescript.node import Node


@pytest.fixture(scope="session")
def node() -> Node:
    """The worker's Node, which other folders ask too; it keeps nothing between questions unless asked to."""
    return running()[0]
