"""The cookies of signing in: the session's, the half-open one's, and that of a browser known before."""

from __future__ import annotations

from pyramid.csrf import new_csrf_token
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from trading.sign_in.sessions import Browser, Opened
from trading.web.addresses import address_of
from trading.web.security import session_cookie

_YEAR = 365 * 24 * 3600


def browser_of(request: Request) -> Browser:
    """Where the request comes from."""
    agent = request.headers.get("User-Agent", "")[:300]
    return Browser(address_of(request), agent, request.cookies.get(_device(request)))


def half_of(request: Request) -> str:
    """The secret of a session whose second factor is awaited, "" if there is none."""
    return str(request.cookies.get(_half(request), ""))


def entered(request: Request, opened: Opened, to: str) -> Response:
    """Go on to `to` with the session's cookie; whole ones get a new form token as well."""
    response = HTTPSeeOther(to)
    if opened.row.stage != "whole":
        _set(request, response, _half(request), opened.secret, 600)
        return response
    _set(request, response, session_cookie(request), opened.secret, None)
    _set(request, response, _half(request), "", 0)
    if opened.device is not None:
        _set(request, response, _device(request), opened.device, _YEAR)
    new_csrf_token(request)
    return response


def left(request: Request, to: str) -> Response:
    """Go on to `to` without a session; the browser stays known."""
    response = HTTPSeeOther(to)
    _set(request, response, session_cookie(request), "", 0)
    new_csrf_token(request)
    return response


def _set(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    secure = request.platform.settings.secure
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="Lax", secure=secure
    )


def _half(request: Request) -> str:
    return str(request.platform.settings.cookie("sunseal-half"))


def _device(request: Request) -> str:
    return str(request.platform.settings.cookie("sunseal-device"))
