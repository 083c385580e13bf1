"""What custodians need and hand in: keys, closing, ledger, trust; releases and erasures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.scan("trading.custody.views")
    config.add_page(
        "custody.tender",
        "/custody/{tender}",
        ".pages.tender",
        "tender.jinja2",
        ".contexts.AnyTender",
        Permission.CUSTODY_ACT,
    )
