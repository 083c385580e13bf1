"""The public log of all acts, and the private list of those that would tell who bids."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Views and files of the public log, and the daily root of the private list."""
    config.scan("trading.audit.views")
    config.scan("trading.audit.jobs")
    config.include("trading.audit.files")
