"""Forms and cookies: what a browser sends with a session's cookie must come from a page of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.exceptions import BadCSRFToken
from pyramid.request import Request
from pyramid.response import Response

from trading.errors import TradingError
from trading.web.problems import problem_response
from trading.web.security import session_cookie

if TYPE_CHECKING:
    from pyramid.config import Configurator


def _from_browser(request: Request) -> bool:
    """Whether a request that acts is to prove which page it comes from.

    A token in the Authorization header is never sent by a browser on its own. On the API, who sends neither
    token nor session is nobody, and refused as such.
    """
    if "Authorization" in request.headers:
        return False
    return not request.path_info.startswith("/api/") or session_cookie(request) in request.cookies


def _stale(error: BadCSRFToken, request: Request) -> Response:
    return problem_response(request, TradingError("form-stale", status=400))


def includeme(config: Configurator) -> None:
    """A random value in a cookie of this host alone, which every form and script repeats."""
    settings = config.registry["platform"].settings
    config.set_csrf_storage_policy(
        CookieCSRFStoragePolicy(
            cookie_name=settings.cookie("sunseal-form"),
            secure=settings.secure,
            httponly=True,
            samesite="Strict",
        )  # fmt: skip
    )
    config.set_default_csrf_options(
        require_csrf=True, token="csrf_token", header="X-CSRF-Token", check_origin=settings.secure,  # noqa: S106
        callback=_from_browser,
    )  # fmt: skip
    config.add_exception_view(_stale, context=BadCSRFToken)
