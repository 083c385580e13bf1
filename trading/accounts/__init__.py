"""Organisations, the persons who act for them, their tokens and certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Views and jobs of this feature."""
    config.scan("trading.accounts.views")
    config.scan("trading.accounts.jobs")
