"""What all pages share: the reader's language, assets, how values are written, and pages for refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from pyramid.csrf import get_csrf_token
from pyramid.events import BeforeRender, NewResponse
from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response

from bids.errors import BidError, from_signing
from reports import wording
from signing.errors import SigningError
from trading.errors import ConfigurationError, TradingError
from trading.web.forms import Both, Form
from trading.web.messages import both
from trading.web.permissions import Permission
from trading.web.problems import language_asked, title_of
from trading.web.sessions import set_aside

if TYPE_CHECKING:
    from pyramid.config import Configurator

STATIC = Path(__file__).resolve().parent / "static"
LANGUAGE_COOKIE = "lang"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR = 365 * 24 * 3600  # seconds

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A script's own policy binds the workers that run it. The one that hashes what is sealed is compiled from
# WebAssembly; pages may not do so, and no worker may load or ask for anything.
SEALING_CODE = "bid.js"
_WORKER_POLICY = (
    "default-src 'none'; script-src 'wasm-unsafe-eval'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)


@cache
def assets() -> dict[str, str]:
    """Built files by their bare names.

    Raises:
        ConfigurationError: they were never built.
    """
    try:
        names: dict[str, str] = json.loads((STATIC / "built" / "manifest.json").read_text("utf-8"))
    except OSError:
        raise ConfigurationError(
            "网页所需的样式与脚本尚未生成。请运行 make setup。",
            "What pages load was never built. Run make setup.",
        ) from None
    return names


@cache
def asset_digest(name: str) -> str:
    """SHA-256 (hex) of a built file, by its bare name."""
    return hashlib.sha256((STATIC / "built" / assets()[name]).read_bytes()).hexdigest()


def _chosen(request: Request) -> str | None:
    """The language that the address asks for; None if it asks for none, or is no text."""
    try:
        asked = request.GET.get("lang")
    except UnicodeDecodeError:
        return None
    return str(asked) if asked in ("zh", "en") else None


def reader_language(request: Request) -> str:
    """`zh` or `en`: as the address asks, else as chosen before, else as the browser asks."""
    before = request.cookies.get(LANGUAGE_COOKIE)
    return _chosen(request) or (str(before) if before in ("zh", "en") else language_asked(request))


class Writer:
    """Writes values in the reader's language; `t` chooses between two texts."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def t(self, zh: str, en: str) -> str:
        """The text in the reader's language."""
        return zh if self.lang == "zh" else en

    def word(self, table: dict[str, tuple[str, str]], key: str) -> str:
        """A word of the field; what the table has not stands for itself."""
        return self.t(*wording.words(table, key)) or key

    def money(self, amount: Decimal | None, currency: str = "") -> str:
        """`1,234,567.50 CNY`; a dash for None."""
        return wording.money(amount) + (f"\u00a0{currency}" if currency and amount is not None else "")

    def when(self, moment: datetime, seconds: bool = False) -> Markup:
        """A time in UTC+8, with the exact one for machines."""
        local = wording.paper_time(moment)
        day = self.t(wording.day_zh(moment), f"{local:%Y-%m-%d}")
        return Markup('<time datetime="{}">{} {}</time>').format(
            local.isoformat(timespec="milliseconds"), day, local.strftime("%H:%M:%S" if seconds else "%H:%M")
        )


def milliseconds(moment: datetime) -> int:
    """Since 1970, for the page's own clock."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _globals(event: BeforeRender) -> None:
    request: Request | None = event.get("request")
    if request is None or not hasattr(request, "writer"):
        return
    writer: Writer = request.writer
    event.update(
        t=writer.t,
        word=writer.word,
        money=writer.money,
        when=writer.when,
        lang=writer.lang,
        asset=lambda name: request.static_path(f"trading.web:static/built/{assets()[name]}"),
        other=lambda: _in_other_language(request),
        milliseconds=milliseconds,
        wording=wording,
        actor=request.environ.get("sunseal.actor"),
        get_csrf_token=lambda: get_csrf_token(request),
        desk_links=lambda actor: request.registry["desk"](actor),
    )


def _worker_policy(event: NewResponse) -> None:
    if event.request.environ.get("PATH_INFO") == f"/static/built/{assets()[SEALING_CODE]}":
        event.response.headers["Content-Security-Policy"] = _WORKER_POLICY


def _in_other_language(request: Request) -> str:
    lang = "en" if request.writer.lang == "zh" else "zh"
    route = getattr(request, "matched_route", None)
    if route is None or route.name not in request.registry["pages"]:
        return f"/?lang={lang}"
    return str(request.current_route_path(_query={**request.GET, "lang": lang}))


def as_page(response: Response, request: Request) -> None:
    """Headers of a page: its policy, its language, and that language remembered if it was asked for."""
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["Content-Language"] = "zh-CN" if request.writer.lang == "zh" else "en"
    response.headers["Referrer-Policy"] = "same-origin"
    response.vary = ("Accept-Language", "Cookie")
    if _chosen(request) is not None:
        response.set_cookie(
            LANGUAGE_COOKIE,
            request.writer.lang,
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=request.scheme == "https",
        )


def problem_page(request: Request, status: int, detail: str, rule: str, article: str) -> Response:
    """A refusal as a page: what is wrong, what to do, where to go on."""
    title = title_of(status, request.writer.lang)
    facts = {"title": title, "detail": detail, "rule": rule, "article": article}
    response = Response(render("problem.jinja2", facts, request), status=status)
    as_page(response, request)
    return response


def shown_page(request: Request, template: str, facts: dict[str, Any]) -> Response:
    """A page as the answer to an act, where nothing leads on."""
    response = Response(render(template, facts, request))
    as_page(response, request)
    return response


def add_page(
    config: Configurator,
    name: str,
    pattern: str,
    view: Callable[..., Any] | str,
    template: str,
    factory: Any = None,
    permission: str = Permission.PUBLIC_READ,
) -> None:
    """A page: GET `pattern`, by `view`'s facts and the template of the caller's package.

    Callables may be dotted names (".pages.home"): a feature that is only imported then loads no pages.
    """
    page = config.maybe_dotted(view)

    def shown(context: Any, request: Request) -> Any:
        facts = page(context, request)
        as_page(request.response, request)
        return facts

    config.add_route(name, pattern, factory=factory)
    config.registry["pages"].add(name)
    config.add_view(
        shown,
        route_name=name,
        request_method="GET",
        permission=permission,
        renderer=f"{config.package_name}:templates/{template}",
    )


def add_form(
    config: Configurator,
    name: str,
    pattern: str,
    form: Callable[..., Form] | str,
    page: Callable[..., Any] | str,
    act: Callable[..., Response | None] | str,
    template: str,
    factory: Any = None,
    permission: str = Permission.PUBLIC_READ,
) -> None:
    """A page with a form: GET shows it, POST acts and leads on, or shows it again with what is wrong.

    Args:
        form: (request) -> Form, or a Form. page: (context, request, form) -> facts for the template.
        act: (context, request, form) -> where to go on, or None to show the form again; what it refuses is
            shown above the form.
    """

    make, read, done = (config.maybe_dotted(each) for each in (form, page, act))

    def shown(context: Any, request: Request) -> Any:
        made = make(request)
        if request.method == "POST":
            request.response.status_int = 422
            if made.validate():
                try:
                    onward = done(context, request, made)
                    if onward is not None:
                        return onward
                    request.response.status_int = 200
                except (TradingError, BidError, SigningError) as error:
                    _refused(request, made, error)
        facts = read(context, request, made)
        if isinstance(facts, Response):
            return facts
        as_page(request.response, request)
        return {**facts, "form": made}

    config.add_route(name, pattern, factory=factory)
    config.registry["pages"].add(name)
    config.add_view(
        shown,
        route_name=name,
        request_method=("GET", "POST"),
        permission=permission,
        renderer=f"{config.package_name}:templates/{template}",
    )


def add_act(
    config: Configurator,
    name: str,
    pattern: str,
    act: Callable[..., Response] | str,
    factory: Any = None,
    permission: str = Permission.PUBLIC_READ,
) -> None:
    """A button's act: POST `pattern`, and on to a page."""
    config.add_route(name, pattern, factory=factory)
    config.add_view(act, route_name=name, request_method="POST", permission=permission)


def _refused(request: Request, form: Form, error: TradingError | BidError | SigningError) -> None:
    """Nothing of the refused act stays; the page is made in a new transaction."""
    if isinstance(error, SigningError):
        error = from_signing(error)
    with set_aside(request.dbsession, request.tm):
        pass
    request.environ["sunseal.problem"] = error.code
    request.response.status_int = error.status if isinstance(error, TradingError) else 422
    said = both(error.code, dict(error.params))
    if error.rule:
        cited = f"{error.rule}，{error.article}", f"{error.rule}, {error.article}"
        said = Both(f"{said.zh}（{cited[0]}）", f"{said.en} ({cited[1]})")
    place = form.beside.get(error.code)
    if place is None:
        form.problems.append(said)
    else:
        form[place].errors = [*form[place].errors, said]


def includeme(config: Configurator) -> None:
    """Templates, the directive `add_page`, and built files, which never change under their names."""
    assets()
    config.registry["pages"] = set()  # names of routes that a reader can go to
    config.include("pyramid_jinja2")
    config.add_settings(
        {"jinja2.undefined": "strict", "jinja2.trim_blocks": "true", "jinja2.lstrip_blocks": "true"}
    )
    config.add_jinja2_search_path("trading.web:templates")
    config.add_subscriber(_globals, BeforeRender)
    config.add_request_method(lambda request: Writer(reader_language(request)), "writer", reify=True)
    config.add_static_view("static/built", "trading.web:static/built", cache_max_age=_YEAR)
    config.add_subscriber(_worker_policy, NewResponse)
    config.add_directive("add_page", add_page)
    config.add_directive("add_form", add_form)
    config.add_directive("add_act", add_act)
