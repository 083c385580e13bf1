"""The time-stamp authority over HTTP (RFC 3161 section 3.4), for everybody."""

from __future__ import annotations

import math

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from trading.errors import TradingError
from trading.web.addresses import Attempts, address_of
from trading.web.permissions import Permission

_MINUTE = 60.0
_MOST = 600  # stamps for one address in a minute, in each process
_asked = Attempts(_MOST, _MINUTE)


@view_config(route_name="tsa", request_method="POST", permission=Permission.PUBLIC_READ, require_csrf=False)
def stamp(request: Request) -> Response:
    """A token, or the refusal that RFC 3161 has a word for; nothing is kept of either."""
    wait = _asked.count(address_of(request))
    if wait is not None:
        raise TradingError("tsa-too-many", status=429, seconds=math.ceil(wait))
    if request.content_type != "application/timestamp-query":
        raise TradingError("tsa-media-type", status=415)
    # The request's own session would take SQLite's one write lock: whoever bids would wait for strangers.
    with request.platform.database.reading() as session:
        now = request.platform.clock.now(session)
    reply = request.platform.timestamps.own.reply(request.body, now)
    return Response(body=reply, content_type="application/timestamp-reply", cache_control="no-store")
