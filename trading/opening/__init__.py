"""The opening: closing, freezing, opening each bid, the record; each once, whatever crashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.scan("trading.opening.views")
    # Declares its jobs and how they are found due.
    config.scan("trading.opening.jobs")
