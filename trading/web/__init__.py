"""What all addresses share: transaction, identity, problems, OpenAPI checks, safe headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Order matters: a transaction around everything, refusals recorded outside of it."""
    config.include("pyramid_tm")
    config.include("trading.web.sessions")
    config.include("trading.web.security")
    config.include("trading.web.problems")
    config.include("trading.web.csrf")
    config.include("trading.web.openapi")
    config.include("trading.web.pages")
    config.include("trading.web.tweens")
