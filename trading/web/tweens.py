"""Around every request: safe headers, limits, recorded refusals, idempotency keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import EXCVIEW, INGRESS
from sqlalchemy.exc import IntegrityError

from trading.audit.private import record_refusal
from trading.errors import Conflict, TradingError
from trading.web.idempotency import recall, remember
from trading.web.limits import OPEN, limit_of, take_in
from trading.web.problems import problem_response, without_view
from trading.web.security import note_seen, session_cookie

if TYPE_CHECKING:
    from pyramid.config import Configurator

Handler = Callable[[Request], Response]

SAFE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}
READING = ("GET", "HEAD", "OPTIONS")


def headers_tween(handler: Handler, registry: Any) -> Handler:
    """The last word on each response: safe headers, and a plain problem for what nobody foresaw.

    HEAD is answered as GET is; the server leaves the body out.
    """

    def tween(request: Request) -> Response:
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        try:
            response = handler(request)
        except Exception as error:
            response = without_view(error, request)
        if head:
            request.method = "HEAD"
        for name, value in SAFE_HEADERS.items():
            response.headers.setdefault(name, value)
        private = bool(request.headers.get("Authorization")) or "sunseal.actor" in request.environ
        response.headers.setdefault("Cache-Control", "no-store" if private else "no-cache")
        return response

    return tween


def limits_tween(handler: Handler, registry: Any) -> Handler:
    """Refuse what is too large by its announced length, before it is read, and addresses that are no text.

    What is left is read to its end before any transaction begins. Who calls the API with neither token nor
    session is turned away unread, but for what is open to anybody.
    """
    settings = registry["platform"].settings

    def tween(request: Request) -> Response:
        try:
            path = request.path_info
            text = path + request.environ.get("QUERY_STRING", "").replace("%00", "\0")
            request.GET  # noqa: B018 (decodes the query)
        except UnicodeDecodeError:
            return problem_response(request, TradingError("address-malformed", status=400))
        if "\0" in text:
            return problem_response(request, TradingError("address-malformed", status=400))
        if request.content_length is None and request.environ.get("HTTP_TRANSFER_ENCODING"):
            return problem_response(request, TradingError("length-required", status=411))
        limit = limit_of(path, settings)
        if (request.content_length or 0) > limit:
            return problem_response(request, TradingError("body-too-large", status=413, limit=limit))
        if request.headers.get("Authorization") is not None or _from_page(request, path) or path in OPEN:
            try:
                take_in(request)
            except OSError:
                return problem_response(request, TradingError("body-cut-off", status=400))
        return handler(request)

    return tween


def _from_page(request: Request, path: str) -> bool:
    return not path.startswith("/api/") or session_cookie(request) in request.cookies


def refusals_tween(handler: Handler, registry: Any) -> Handler:
    """Refused acts are kept apart, in a transaction of their own after the refused one is gone.

    Whoever has neither token nor session attempts nothing, and too many wrong tokens are only turned away.
    """

    def tween(request: Request) -> Response:
        response = handler(request)
        known = request.headers.get("Authorization") is not None or "sunseal.actor" in request.environ
        named = known and response.status_code != 429
        if "sunseal.session-seen" in request.environ:
            note_seen(registry["platform"], request.environ["sunseal.session-seen"])
        if named and request.method not in READING and 400 <= response.status_code < 500:
            code = request.environ.get("sunseal.problem", "")
            record_refusal(registry["platform"], request, code, response.status_code)
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
            digest = _digest(request)
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


def _digest(request: Request) -> str:
    """Of all that makes two requests the same one: address, role, body."""
    environ = request.environ
    address = f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"
    head = b"\0".join((address.encode("latin-1", "replace"), request.identity.token.encode()))
    return hashlib.sha256(head + b"\0" + request.body).hexdigest()


def includeme(config: Configurator) -> None:
    """From the outside in: headers, limits, refusals, the transaction, idempotency, answers checked."""
    here = "trading.web.tweens."
    config.add_tween(here + "headers_tween", under=INGRESS, over=here + "limits_tween")
    config.add_tween(here + "limits_tween", under=here + "headers_tween", over=here + "refusals_tween")
    config.add_tween(here + "refusals_tween", under=here + "limits_tween", over="pyramid_tm.tm_tween_factory")
    config.add_tween(
        here + "idempotency_tween",
        under="pyramid_tm.tm_tween_factory",
        over=("pyramid_openapi3.tween.response_tween_factory", EXCVIEW),
    )
