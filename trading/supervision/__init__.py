"""What supervisors see: where each tender stands and whose turn it is, its acts, its integrity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The pages of this feature; the public log is for everybody."""
    config.add_page("log", "/log", ".log_pages.public_log", "log.jinja2")
    config.add_page(
        "supervision.acts",
        "/supervision/acts",
        ".log_pages.private_acts",
        "acts.jinja2",
        permission=P.PRIVATE_ACTS_READ,
    )
    check = ".log_pages.check_day"
    config.add_act("supervision.acts-check", "/supervision/acts/check", check, None, P.PRIVATE_ACTS_READ)
    config.add_page("supervision", "/supervision", ".pages.course", "course.jinja2", None, P.SUPERVISE)
    config.add_page("supervision.over", "/supervision/over", ".pages.over", "over.jinja2", None, P.SUPERVISE)
    place, context = "/supervision/tenders/{tender}", "trading.tenders.contexts.TenderContext"
    config.add_page("supervision.tender", place, ".pages.tender", "tender.jinja2", context, P.SUPERVISE)
    config.add_act("supervision.check", place + "/check", ".pages.check", context, P.SUPERVISE)
