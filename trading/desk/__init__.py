"""Each role's first page: what is due, and the way to everything that the role does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.desk import pages
from trading.desk.links import links
from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The page, and the links that the layout shows to who is signed in."""
    config.registry["desk"] = links
    config.add_page("desk", "/desk", pages.desk, "desk.jinja2", permission=P.OWN_ACCOUNT)
