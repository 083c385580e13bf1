"""What custodians need and hand in: keys, closing, ledger, trust; releases and erasures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.scan("trading.custody.views")
