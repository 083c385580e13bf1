"""The OpenAPI 3.1 document: one fragment a feature, merged at the start; requests are checked against it.

Routes come from the document (`x-pyramid-route-name`, `x-pyramid-root-factory`), so an
address that is not documented does not exist.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pyramid.request import Request
from pyramid.response import Response
from pyramid_openapi3.exceptions import RequestValidationError

from trading.web.problems import request_invalid

if TYPE_CHECKING:
    from pyramid.config import Configurator

PREFIX = "/api/v1"
_ROOT = Path(__file__).resolve().parent.parent


def document() -> dict[str, Any]:
    """The whole document, from `web/openapi.yaml` and each feature's `openapi.yaml`."""
    merged: dict[str, Any] = yaml.safe_load((_ROOT / "web" / "openapi.yaml").read_text("utf-8"))
    for path in sorted(_ROOT.glob("*/openapi.yaml")):
        if path.parent.name == "web":
            continue
        part = yaml.safe_load(path.read_text("utf-8"))
        for address, item in part.get("paths", {}).items():
            if address in merged["paths"]:
                raise ValueError(f"{address} is documented twice")
            merged["paths"][address] = item
        for kind, entries in part.get("components", {}).items():
            merged["components"].setdefault(kind, {}).update(entries)
    for item in merged["paths"].values():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "patch"):
                operation["responses"].setdefault("default", {"$ref": "#/components/responses/Problem"})
    return merged


def public_document(merged: dict[str, Any]) -> dict[str, Any]:
    """The document without the names of routes and factories, for readers."""
    paths = {
        address: {key: value for key, value in item.items() if not key.startswith("x-pyramid-")}
        for address, item in merged["paths"].items()
    }
    return {**merged, "paths": paths}


def strict_json(data: bytes) -> Any:
    """JSON bodies: UTF-8, no NaN, no infinity, no member twice, no NUL (which PostgreSQL can't hold)."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise ValueError("a member twice")
        return result

    def constant(name: str) -> Any:
        raise ValueError(name)

    text = data.decode("utf-8")
    if "\\u0000" in text or "\0" in text:
        raise ValueError("NUL")
    value = json.loads(text, object_pairs_hook=members, parse_constant=constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # lone surrogates
    return value


def includeme(config: Configurator) -> None:
    merged = document()
    config.registry["openapi_document"] = merged
    # pyramid_openapi3 reads a file; this one lives as long as the application.
    file = tempfile.NamedTemporaryFile("w", suffix=".json", prefix="sunseal-openapi-", encoding="utf-8")
    json.dump(merged, file, ensure_ascii=False)
    file.flush()
    config.registry["openapi_file"] = file
    config.include("pyramid_openapi3")
    config.pyramid_openapi3_add_deserializer("application/json", strict_json)
    config.pyramid_openapi3_spec(file.name, route="/api/v1/openapi-file")
    config.pyramid_openapi3_register_routes(route_prefix=PREFIX)
    config.commit()
    config.add_exception_view(
        request_invalid, context=RequestValidationError, permission="__no_permission_required__"
    )
    answer = json.dumps(public_document(merged), ensure_ascii=False).encode()

    def serve(request: Request) -> Response:
        return Response(body=answer, content_type="application/json")

    config.add_route("openapi", "/api/v1/openapi.json")
    config.add_view(serve, route_name="openapi", request_method="GET", permission="__no_permission_required__")
