"""The application: settings in, WSGI application out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyramid.router import Router


def main(global_config: dict[str, Any] | None = None, **ini: Any) -> Router:
    """The WSGI application, from `sunseal.*` settings and the environment.

    The platform's modules load here and not at the top, so that the base install (the
    supplier's tool, the verifier) can import this package without them.
    """
    from trading.config import read_settings
    from trading.platform import build_platform
    from trading.web.app import make_app

    return make_app(build_platform(read_settings(ini, os.environ)))
