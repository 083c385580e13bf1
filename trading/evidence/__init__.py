"""Reports rendered, evidence packed, both published once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.scan("trading.evidence.views")
    # Declares its jobs and how they are found due.
    config.scan("trading.evidence.jobs")
