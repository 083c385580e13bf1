"""The OpenAPI 3.1 document: one fragment a feature, merged at the start; requests are checked against it.

Routes come from the document (`x-pyramid-route-name`, `x-pyramid-root-factory`), so an
address that is not documented does not exist.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml
from jsonschema import FormatChecker
from jsonschema_path import SchemaPath
from openapi_core import V31RequestUnmarshaller, V31ResponseValidator
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.schemas.datatypes import FormatValidatorsDict
from openapi_core.validation.schemas.factories import DialectSchemaValidatorsFactory
from openapi_core.validation.schemas.validators import SchemaValidator
from openapi_schema_validator import OAS31_BASE_DIALECT_ID, OAS30ReadValidator, OAS31Validator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid_openapi3.exceptions import RequestValidationError, ResponseValidationError

from trading.errors import TradingError
from trading.web.problems import answer_invalid, request_invalid
from trading.web.security import Root

if TYPE_CHECKING:
    from pyramid.config import Configurator

PREFIX = "/api/v1"
METHODS = ("get", "put", "post", "delete", "patch")
_ROOT = Path(__file__).resolve().parent.parent
_ROUTE = "x-pyramid-route-name"
_FACTORY = "x-pyramid-root-factory"
_OWN_ROUTE = "openapi"
_TOKEN: dict[str, list[str]] = {"token": []}
# The portal's own scripts call with the cookie that signing in gave, and a form token beside it.
_SESSIONS: tuple[dict[str, list[str]], ...] = ({"session": []}, {"local-session": []})
_JSON_TYPES = ("application/json", "application/problem+json")
# Places of the document whose references are followed once and remembered; more than it has.
_MAX_PLACES = 100_000
_MAX_OPERATIONS = 1_000  # likewise
# Each value costs memory, however few bytes it is written in; a large bill of quantities has a fifth of it.
_MAX_VALUES = 400_000


@cache
def document() -> dict[str, Any]:
    """The whole document, from `web/openapi.yaml` and each feature's `openapi.yaml`; for reading only.

    Raises:
        ValueError: two fragments describe the same thing.
    """
    merged: dict[str, Any] = _read(_ROOT / "web" / "openapi.yaml")
    for path in sorted(_ROOT.glob("*/openapi.yaml")):
        if path.parent.name == "web":
            continue
        part = _read(path)
        _merge(merged["paths"], part.get("paths", {}), path)
        for kind, entries in part.get("components", {}).items():
            _merge(merged["components"].setdefault(kind, {}), entries, path)
    for item in merged["paths"].values():
        for method in METHODS:
            if method in item:
                responses = item[method]["responses"]
                responses.setdefault("default", {"$ref": "#/components/responses/Problem"})
                security = item[method].get("security", [])
                if _TOKEN in security:
                    security[1:1] = _SESSIONS
    return merged


def _read(path: Path) -> dict[str, Any]:
    # The loader in C, where the wheel has it: that in Python adds half a second to every start.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: dict[str, Any] = yaml.load(path.read_text("utf-8"), loader) or {}  # noqa: S506 (both are safe)
    return content


def _merge(into: dict[str, Any], entries: dict[str, Any], path: Path) -> None:
    for name, entry in entries.items():
        if into.get(name, entry) != entry:
            raise ValueError(f"{path}: {name} is described differently elsewhere")
        into[name] = entry


def public_document(merged: dict[str, Any]) -> dict[str, Any]:
    """The document without the names of routes and factories, for readers."""
    paths = {
        address: {key: value for key, value in item.items() if key not in (_ROUTE, _FACTORY)}
        for address, item in merged["paths"].items()
    }
    return {**merged, "paths": paths}


# Not a backslash that is itself escaped, as in a text about "\\u0000".
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def strict_json(data: bytes) -> Any:
    """JSON bodies: UTF-8, no NaN, no infinity, no member twice, no NUL (which PostgreSQL can't hold), and no
    more commas and brackets than an honest body has.

    Whole numbers written with a point or an exponent become integers, as JSON Schema counts them.

    Raises:
        ValueError: it is not such JSON.
    """

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise ValueError("a member twice")
        return result

    def constant(name: str) -> Any:
        raise ValueError(name)

    def number(literal: str) -> int | float:
        value = float(literal)
        if abs(value) > 2**53:
            raise ValueError("a number that is not exact")
        return int(value) if value.is_integer() else value

    if sum(map(data.count, (b",", b"[", b"{"))) > _MAX_VALUES:
        raise ValueError("too many values")
    text = data.decode("utf-8")
    if "\0" in text:
        raise ValueError("NUL")
    try:
        value = json.loads(text, object_pairs_hook=members, parse_constant=constant, parse_float=number)
        # Lone surrogates and NUL can be spelled in ASCII.
        again = json.dumps(value, ensure_ascii=False) if "\\u" in text else ""
    except RecursionError:
        raise ValueError("nested too deeply") from None
    again.encode("utf-8")
    if _ESCAPED_NUL.search(again):
        raise ValueError("NUL")
    return value


class RequestChecker(V31RequestUnmarshaller):
    """Checks requests against the document, once, and leaves their values as JSON has them.

    The library would go on to make each value anew by its schema, which nothing here needs and
    which takes a millisecond for every small object.
    """

    def _unmarshal_schema(self, schema: SchemaPath, value: Any) -> Any:
        return value


class _Finder(APICallPathFinder):
    """Remembers which operation an address has: the library would try every address for every request."""

    def __init__(self, spec: SchemaPath, base_url: str | None = None) -> None:
        super().__init__(spec, base_url)
        self._known = lru_cache(maxsize=_MAX_OPERATIONS)(super().find)

    def find(self, method: str, name: str) -> PathOperationServer:
        # By the path alone, which is a route's pattern; what host it was asked for does not matter here.
        return self._known(method, urlsplit(name).path)


class _Validators(DialectSchemaValidatorsFactory):
    """The library's own for OpenAPI 3.1, which would copy all its formats for each value it checks, and make
    a validator anew for each."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._made: dict[tuple[Any, ...], SchemaValidator] = {}

    def create(self, spec: SchemaPath, schema: SchemaPath, *means: Any, **named: Any) -> SchemaValidator:
        place = schema.parts
        if place not in self._made:
            self._made[place] = super().create(spec, schema, *means, **named)
        return self._made[place]

    def get_format_checker(
        self,
        format_validators: FormatValidatorsDict | None = None,
        extra_format_validators: FormatValidatorsDict | None = None,
    ) -> FormatChecker:
        if format_validators is None and extra_format_validators is None:
            return self.format_checker
        return super().get_format_checker(format_validators, extra_format_validators)


def _guarded(factory: Callable[[Request], Any], item: dict[str, Any]) -> Callable[[Request], Any]:
    """The factory of an address; who needs a token and has none does not learn what is there, nor who
    uses a method that the address has not."""
    taken = {method.upper() for method in METHODS if method in item}
    private = {method for method in taken if {} not in item[method.lower()].get("security", [{}])}

    def context(request: Request) -> Any:
        if request.method not in taken:
            raise HTTPNotFound
        if request.method in private and request.identity is None:
            raise TradingError("token-missing", status=401)
        return factory(request)

    return context


def includeme(config: Configurator) -> None:
    """Routes, checks of requests (and of answers, where the settings ask for it), the document itself."""
    merged = document()
    config.registry["openapi_document"] = merged
    for address, item in merged["paths"].items():
        if item[_ROUTE] != _OWN_ROUTE:
            factory = config.maybe_dotted(item.get(_FACTORY, Root))
            config.add_route(item[_ROUTE], PREFIX + address, factory=_guarded(factory, item))
    answer = json.dumps(public_document(merged), ensure_ascii=False).encode()
    # pyramid_openapi3 reads a file, at the start and never again.
    with tempfile.NamedTemporaryFile("wb", suffix=".json", prefix="sunseal-openapi-") as file:
        file.write(answer)
        file.flush()
        config.include("pyramid_openapi3")
        config.pyramid_openapi3_spec(file.name, route=f"{PREFIX}/openapi.json", route_name=_OWN_ROUTE)
        config.commit()
    # After the commit, so that they replace the library's own.
    settings = config.registry.settings["pyramid_openapi3"]
    spec = SchemaPath.from_dict(json.loads(answer), resolved_cache_maxsize=_MAX_PLACES)
    means: dict[str, Any] = {
        "extra_media_type_deserializers": dict.fromkeys(_JSON_TYPES, strict_json),
        "schema_validators_factory": _Validators(
            OAS31Validator, OAS31_BASE_DIALECT_ID, format_checker=OAS30ReadValidator.FORMAT_CHECKER
        ),
        "path_finder_cls": _Finder,
    }
    settings["request_validator"] = RequestChecker(spec, **means)
    settings["response_validator"] = V31ResponseValidator(spec, **means)
    config.add_exception_view(request_invalid, context=RequestValidationError)
    config.add_exception_view(answer_invalid, context=ResponseValidationError)

    def serve(request: Request) -> Response:
        if request.method != "GET":
            raise HTTPNotFound
        return Response(body=answer, content_type="application/json")

    # In place of a view that would read the file, and with that one's predicates: none.
    config.add_view(serve, route_name=_OWN_ROUTE, permission=NO_PERMISSION_REQUIRED)
