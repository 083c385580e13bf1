"""Suppliers' uploads, bids and withdrawals, and the tender's private ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The addresses of this feature."""
    config.scan("trading.submission.views")
