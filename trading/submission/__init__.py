"""Suppliers' uploads, bids and withdrawals, and the tender's private ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The addresses of this feature."""
    config.scan("trading.submission.views")
    place, own = "/tenders/{tender}/bid", "/tenders/{tender}/bids/{bid}"
    tender, mine = "trading.tenders.contexts.TenderContext", ".contexts.OwnBidContext"
    config.add_page("supplier.bid", place, ".pages.bid", "bid.jinja2", tender, P.BID_SUBMIT)
    config.add_page("supplier.receipt", own, ".pages.receipt", "receipt.jinja2", mine, P.BID_READ_OWN)
    config.add_route("supplier.receipt-file", own + "/{kind:(withdrawal-)?receipt}.json", factory=mine)
    config.add_route("supplier.bundle", own + "/bundle.zip", factory=mine)
    config.add_view(
        ".bundle.bundle_response",
        route_name="supplier.bundle",
        request_method="GET",
        permission=P.BID_READ_OWN,
    )
    config.add_view(
        ".pages.receipt_file",
        route_name="supplier.receipt-file",
        request_method="GET",
        permission=P.BID_READ_OWN,
    )
