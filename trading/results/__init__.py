"""Notices of the result (中标结果通知书): each for one bidder that did not win, its agency, supervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The addresses and jobs of this feature; pages of other features show what is here."""
    config.scan("trading.results.views")
    config.scan("trading.results.jobs")
