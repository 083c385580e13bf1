"""The log's files at its prefix `/log/`, as C2SP tlog-tiles has them: checkpoint, tiles, entry bundles."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from pyramid.request import Request
from pyramid.response import Response

from signing.tiles import Tile
from trading.audit.tiles import Tiles
from trading.audit.witnesses import Witnesses
from trading.web.permissions import Permission

if TYPE_CHECKING:
    from pyramid.config import Configurator

_FOR_EVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=1"
_SMALL = 512  # bytes, below which compressing gains nothing


def checkpoint(context: Any, request: Request) -> Response:
    """The newest checkpoint with its cosignatures."""
    note = Witnesses(request.platform).newest(request.dbsession)
    return _public(Response(body=note, content_type="text/plain", charset="utf-8"), _SHORT)


def tile(context: Any, request: Request) -> Response:
    """A tile or an entry bundle; 404 in plain text where the log has none yet."""
    asked = Tile.parse(f"tile/{request.matchdict['place']}")
    tiles = Tiles(request.platform)
    data = None
    if asked is not None:
        data = tiles.stored(asked) or tiles.made(request.dbsession, asked)
    if asked is None or data is None:
        return _public(Response(body=b"not found\n", content_type="text/plain", status=404), "no-cache")
    response = Response(content_type="application/octet-stream")
    if asked.level is None and len(data) > _SMALL:
        response.vary = "Accept-Encoding"
        asks = "Accept-Encoding" in request.headers
        if asks and request.accept_encoding.acceptable_offers(["gzip"]):
            data = gzip.compress(data, 6, mtime=0)
            response.content_encoding = "gzip"
    response.body = data
    return _public(response, _FOR_EVER)


def _public(response: Response, caching: str) -> Response:
    # Anybody's page may read the log: it is the same for all, and no cookie is looked at.
    response.headers["Cache-Control"] = caching
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def includeme(config: Configurator) -> None:
    """Two addresses below the prefix."""
    for name, pattern, view in (
        ("log.file", "/log/checkpoint", checkpoint),
        ("log.tile", "/log/tile/{place:.+}", tile),
    ):
        config.add_route(name, pattern)
        config.add_view(view, route_name=name, request_method="GET", permission=Permission.PUBLIC_READ)
