"""Time-stamps (RFC 3161): our own authority at /tsa, and tokens on receipts from it or from outside ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The authority's address, beside the API: clients of RFC 3161 know no other."""
    config.add_route("tsa", "/tsa")
    config.scan("trading.timestamps.views")
    config.scan("trading.timestamps.jobs")
