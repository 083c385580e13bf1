"""A bidder's own lock at the opening: the window to unlock in, who did, and what becomes of who did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The addresses, pages and jobs of this feature."""
    config.scan("trading.unlocking.views")
    config.scan("trading.unlocking.jobs")
    config.add_page(
        "supplier.unlock", "/tenders/{tender}/bids/{bid}/unlock", ".pages.unlock", "unlock.jinja2",
        "trading.submission.contexts.OwnBidContext", P.BID_READ_OWN,
    )  # fmt: skip
