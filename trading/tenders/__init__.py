"""Projects, tenders, bidding documents, notices: from the draft to the cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.tenders.rules import pack_named, pack_names

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The addresses of this feature. Every rule pack is read now, so that a malformed one stops the start."""
    for name in pack_names():
        pack_named(name)
    config.scan("trading.tenders.views")
