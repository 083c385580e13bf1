"""The portal's public pages: what is open, every tender's story, its opening as it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.portal import pages
from trading.tenders.contexts import TenderContext

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The pages of this feature."""
    config.add_page("portal.home", "/", pages.home, "home.jinja2")
    config.add_page("portal.tenders", "/tenders", pages.tenders, "tenders.jinja2")
    config.add_page("portal.api", "/api", pages.api, "api.jinja2")
    config.add_page("portal.check", "/check", pages.check, "check.jinja2")
    config.add_page("portal.tender", "/tenders/{tender}", pages.tender, "tender.jinja2", TenderContext)
    config.add_page(
        "portal.opening", "/tenders/{tender}/opening", pages.opening, "opening.jinja2", TenderContext
    )
