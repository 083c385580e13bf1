"""RFC 9457 problems: every error answer has a stable code and a sentence in the reader's language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import structlog
from pyramid.httpexceptions import HTTPException, HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid_openapi3.exceptions import RequestValidationError, ResponseValidationError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from bids.errors import BidError, from_signing
from signing.errors import SigningError
from trading.errors import Conflict, TradingError
from trading.web.messages import sentence

if TYPE_CHECKING:
    from pyramid.config import Configurator

log = structlog.get_logger("sunseal.web")

TITLES = {
    400: ("请求有误", "Bad request"),
    401: ("需要令牌", "Token needed"),
    403: ("无权操作", "Not allowed"),
    404: ("未找到", "Not found"),
    405: ("方法不支持", "Method not allowed"),
    409: ("状态已变", "State has changed"),
    411: ("缺少长度", "Length needed"),
    413: ("内容过大", "Too large"),
    422: ("未被受理", "Refused"),
    429: ("请求过多", "Too many requests"),
    500: ("平台出错", "Platform error"),
    503: ("暂时不可用", "Not available now"),
}


def language_asked(request: Request) -> str:
    """`zh` or `en`: what the reader's program asks for first, else the platform's default."""
    default: str = request.registry["platform"].settings.default_language
    header = request.headers.get("Accept-Language")
    if not header:
        return default
    found = request.accept_language.lookup(["zh-CN", "zh", "en"], default=default)
    return "zh" if str(found).startswith("zh") else "en"


def title_of(status: int, language: str) -> str:
    """The title of a refusal."""
    return TITLES.get(status, TITLES[422])[0 if language == "zh" else 1]


def _wants_page(request: Request) -> bool:
    """Whether a person's browser asks for what is no part of the API."""
    path = request.environ.get("PATH_INFO", "")
    return not path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


def _page(request: Request, error: TradingError | BidError, status: int) -> Response | None:
    """The refusal as a page; None where not even that can be made."""
    from trading.web.pages import problem_page  # which needs the titles from here

    try:
        text = sentence(error.code, dict(error.params), request.writer.lang)
        return problem_page(request, status, text, error.rule, error.article)
    except Exception:
        log.exception("no page for a refusal", code=error.code)
        return None


def problem_response(
    request: Request, error: TradingError | BidError, errors: list[dict[str, str]] | None = None
) -> Response:
    """The problem as `application/problem+json`, or as a page for a browser outside the API."""
    status = error.status if isinstance(error, TradingError) else 422
    if _wants_page(request) and (page := _page(request, error, status)) is not None:
        request.environ["sunseal.problem"] = error.code
        return page
    language = language_asked(request)
    body: dict[str, Any] = {
        "type": f"urn:sunseal:problem:{error.code}",
        "title": title_of(status, language),
        "status": status,
        "code": error.code,
        "detail": sentence(error.code, dict(error.params), language),
    }
    if error.rule:
        body["rule"] = error.rule
        body["article"] = error.article
    if error.params:
        body["params"] = dict(error.params)
    if errors:
        body["errors"] = errors
    request.environ["sunseal.problem"] = error.code
    response = Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        status=status,
        content_type="application/problem+json",
    )
    response.headers["Content-Language"] = "zh-CN" if language == "zh" else "en"
    response.headers["Vary"] = "Accept-Language"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        response.headers["Retry-After"] = error.params.get("seconds", "1")
    return response


def refused(error: TradingError | BidError, request: Request) -> Response:
    """Refusals of our own."""
    return problem_response(request, error)


def signing_refused(error: SigningError, request: Request) -> Response:
    """Signatures, certificates and canonical bytes that do not hold."""
    return problem_response(request, from_signing(error))


def request_invalid(error: RequestValidationError, request: Request) -> Response:
    """What the OpenAPI document does not allow; each place is named."""
    found = [_place(each) for each in error.errors]
    if any(place["code"] == "body" for place in found):
        return problem_response(request, TradingError("body-malformed", status=400))
    return problem_response(
        request,
        TradingError("request-invalid", status=400, count=len(found)),
        [{"field": place["field"], "message": place["message"]} for place in found],
    )


def _place(error: Any) -> dict[str, str]:
    cause = error.__cause__
    name = type(cause or error).__name__
    if name in ("MediaTypeDeserializeError", "DeserializeError"):
        return {"code": "body", "field": "", "message": ""}
    schema_errors = list(getattr(cause, "schema_errors", ()))
    if schema_errors:
        first = schema_errors[0]
        path = ".".join(str(part) for part in first.absolute_path)
        return {"code": "field", "field": path or name_of(error), "message": first.message[:300]}
    return {"code": "field", "field": name_of(error), "message": str(error)[:300]}


def name_of(error: Any) -> str:
    """The parameter that an error is about, or nothing."""
    return str(getattr(error, "name", ""))


def not_utf8(error: UnicodeDecodeError, request: Request) -> Response:
    """A body or address that is no UTF-8."""
    return problem_response(request, TradingError("body-malformed", status=400))


def taken(error: IntegrityError, request: Request) -> Response:
    """A unique key was taken by a request running beside this one."""
    log.info("unique key taken", route=route_of(request))
    return problem_response(request, Conflict("busy"))


def not_found(error: HTTPNotFound, request: Request) -> Response:
    """No such address, or the address does not take this method."""
    allowed = _methods_of(request)
    if request.matched_route is not None and allowed and request.method not in allowed:
        error = TradingError("method-not-allowed", status=405, method=request.method)
        response = problem_response(request, error)
        response.headers["Allow"] = ", ".join(sorted(allowed))
        return response
    return problem_response(request, TradingError("not-found", status=404))


def _methods_of(request: Request) -> set[str]:
    if request.matched_route is None:
        return set()
    methods = {key.upper() for key in _described(request) if not key.startswith("x-")}
    return methods & {"GET", "PUT", "POST", "DELETE", "PATCH"} | ({"HEAD"} if "GET" in methods else set())


def _described(request: Request) -> dict[str, Any]:
    """What the API document says of the matched address."""
    pattern = request.matched_route.pattern.removeprefix("/api/v1")
    found: dict[str, Any] = request.registry["openapi_document"]["paths"].get(pattern, {})
    return found


def forbidden(error: HTTPForbidden, request: Request) -> Response:
    """No token or session, or one that may not; a reader of pages is led to the sign-in first."""
    if request.identity is None:
        if _wants_page(request):
            back = {"next": request.path_qs} if request.method == "GET" else {}
            return HTTPSeeOther(request.route_path("sign-in", _query=back))
        return problem_response(request, TradingError("token-missing", status=401))
    return problem_response(request, TradingError("forbidden", status=403))


def http_error(error: HTTPException, request: Request) -> Response:
    """Anything else of Pyramid's own."""
    if error.status_int < 400:
        return error
    return problem_response(request, TradingError("http-error", status=error.status_int))


def unforeseen(error: Exception, request: Request) -> Response:
    """Logged whole for the operator; the reader gets a sentence and no stack trace."""
    log.exception("unforeseen error", route=route_of(request), method=request.method)
    return problem_response(request, TradingError("internal", status=500))


def answer_invalid(error: ResponseValidationError, request: Request) -> Response:
    """An answer of ours that the API document does not describe: our fault; the answer is not shown."""
    places = [_place(each)["message"] for each in error.errors]
    log.error("answer does not fit the API document", route=route_of(request), places=places)
    return problem_response(request, TradingError("internal", status=500))


def unavailable(error: OperationalError | NoConnection, request: Request) -> Response:
    """The database is away, gave up on transactions that waited for each other, or has no connection left."""
    log.exception("database refuses", route=route_of(request))
    return problem_response(request, TradingError("unavailable", status=503))


def without_view(error: Exception, request: Request) -> Response:
    """The answer to what was raised outside the views, at the commit for one."""
    if isinstance(error, (OperationalError, NoConnection)):
        return unavailable(error, request)
    return unforeseen(error, request)


def route_of(request: Request) -> str:
    """The route's name for logs; an address would name tenders and bids.

    Of bidding not even that: a line would tell its reader that somebody bids.
    """
    route = getattr(request, "matched_route", None)
    if route is None or _is_biddings(request):
        return ""
    return str(route.name)


def _is_biddings(request: Request) -> bool:
    operations = _described(request).values()
    return any("submission" in each.get("tags", ()) for each in operations if isinstance(each, dict))


def includeme(config: Configurator) -> None:
    """One view for each kind of refusal; the most particular is taken."""
    for context, view in (
        (TradingError, refused),
        (BidError, refused),
        (SigningError, signing_refused),
        (UnicodeDecodeError, not_utf8),
        (IntegrityError, taken),
        (OperationalError, unavailable),
        (NoConnection, unavailable),
        (HTTPException, http_error),
        (Exception, unforeseen),
    ):
        config.add_exception_view(view, context=context)
    config.add_notfound_view(not_found)
    config.add_forbidden_view(forbidden)
