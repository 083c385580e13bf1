"""Puts the Pyramid application together from a platform."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.router import Router

from trading.config import INCLUDES
from trading.platform import Platform
from trading.web.memory import return_large_blocks
from trading.web.sessions import explicit_manager


def make_app(platform: Platform) -> Router:
    """The WSGI application on this platform."""
    return_large_blocks()
    config = Configurator(
        settings={
            "tm.manager_hook": explicit_manager,
            "tm.annotate_user": "false",
            "tm.commit_veto": "pyramid_tm.default_commit_veto",
            "pyramid_openapi3.enable_response_validation": str(platform.settings.validate_responses),
        }
    )
    config.registry["platform"] = platform
    for name in INCLUDES:
        config.include(name)
    return config.make_wsgi_app()
