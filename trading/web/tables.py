"""Tables that readers sort by their headings, and whose pages go by the key of the last row before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pyramid.request import Request


class Table:
    """A table as its address asks for it, and the addresses of its other orders and pages.

    `order` is a column's key, after "-" if it descends. The template has tables.jinja2 for it.

    Args:
        orders: keys of the columns that sort, in the direction that comes first. default: an order.
        filters: what else the address says; kept from page to page, and left out where empty.
    """

    def __init__(self, request: Request, orders: Collection[str], default: str, **filters: str) -> None:
        self._request = request
        self._first = {order.removeprefix("-"): order for order in orders}
        self._filters = filters
        self.default = default
        asked = request.GET.get("sort", "")
        self.order: str = asked if asked.removeprefix("-") in self._first else default
        self.after: str = request.GET.get("after", "")[:64]

    def _address(self, order: str, after: str = "") -> str:
        given = {**self._filters, "sort": "" if order == self.default else order, "after": after}
        query = {name: value for name, value in given.items() if value}
        return str(self._request.current_route_path(_query=query))

    def direction(self, key: str) -> Literal["", "ascending", "descending"]:
        """For aria-sort: which way the table is sorted by this column, if it is."""
        if self.order.removeprefix("-") != key:
            return ""
        return "descending" if self.order.startswith("-") else "ascending"

    def by(self, key: str) -> str:
        """The first page sorted by this column; the other way round if it is already."""
        if self.order.removeprefix("-") != key:
            return self._address(self._first[key])
        return self._address(key if self.order.startswith("-") else f"-{key}")

    def following(self, after: str) -> str:
        """The page after the row with this key."""
        return self._address(self.order, after)

    @property
    def first(self) -> str:
        """The first page in this order."""
        return self._address(self.order)
