"""Organisations, the persons who act for them, their tokens and certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Views and jobs of this feature."""
    # RFC 6960 has its own protocol, and base64 in addresses has slashes.
    config.add_route("ocsp", "/ocsp")
    config.add_route("ocsp.request", "/ocsp/{request:.*}")
    config.scan("trading.accounts.views")
    config.scan("trading.accounts.jobs")
