"""Around every request: safe headers, recorded refusals, idempotency keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import EXCVIEW, INGRESS, MAIN
from sqlalchemy.exc import IntegrityError

from trading.audit.private import record_refusal
from trading.errors import Conflict, TradingError
from trading.web.idempotency import recall, remember
from trading.web.problems import problem_response

if TYPE_CHECKING:
    from pyramid.config import Configurator

log = structlog.get_logger("sunseal.web")
Handler = Callable[[Request], Response]

SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}


def headers_tween(handler: Handler, registry: Any) -> Handler:
    """The last word on each response: safe headers, and a plain problem for what nobody foresaw."""

    def tween(request: Request) -> Response:
        try:
            response = handler(request)
        except Exception:
            log.exception("unforeseen error", path=request.path, method=request.method)
            response = problem_response(request, TradingError("internal", status=500))
        for name, value in SAFE_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store" if request.headers.get("Authorization") else "no-cache")
        return response

    return tween


def refusals_tween(handler: Handler, registry: Any) -> Handler:
    """Refused acts are kept apart, in a transaction of their own after the refused one is gone."""

    def tween(request: Request) -> Response:
        response = handler(request)
        if request.method not in ("GET", "HEAD", "OPTIONS") and 400 <= response.status_code < 500:
            code = request.environ.get("sunseal.problem", "")
            record_refusal(request.registry["platform"], request, code, response.status_code)
        return response

    return tween


def idempotency_tween(handler: Handler, registry: Any) -> Handler:
    """`Idempotency-Key`: the same request again gets the first one's answer; another one is refused."""

    def tween(request: Request) -> Response:
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None:
            return handler(request)
        try:
            actor = request.identity
            if actor is None:
                return handler(request)
            digest = hashlib.sha256(
                b"\0".join((request.method.encode(), request.path_qs.encode(), request.body))
            ).hexdigest()
            stored = recall(request.dbsession, actor.person, key, digest)
        except TradingError as error:
            return problem_response(request, error)
        if stored is not None:
            return stored
        response = handler(request)
        if response.status_code < 300:
            try:
                remember(request, actor.person, key, digest, response)
            except IntegrityError:
                return problem_response(request, Conflict("busy"))
        return response

    return tween


def includeme(config: Configurator) -> None:
    config.add_tween("trading.web.tweens.headers_tween", under=INGRESS)
    config.add_tween(
        "trading.web.tweens.refusals_tween", under="trading.web.tweens.headers_tween", over="pyramid_tm.tm_tween_factory"
    )
    config.add_tween(
        "trading.web.tweens.idempotency_tween", under="pyramid_tm.tm_tween_factory", over=(EXCVIEW, MAIN)
    )

