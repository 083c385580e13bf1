"""Signed bodies, checked against the API document's own schema without the general machinery.

Receiving a bid must stay cheap when many come in the last minute, and the general check of a request costs
as much as all the cryptography of a bid.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from pyramid.request import Request

from bids.errors import refusing
from signing.encoding import b64decode
from trading.errors import TradingError
from trading.web.openapi import strict_json

_SCHEMA = "Signed"
_KEPT = "sunseal.signed-body-validator"


def signed_body(request: Request) -> tuple[bytes, bytes]:
    """Document and signature of a body of the schema `Signed`, decoded.

    Raises:
        TradingError: "body-malformed" or "request-invalid", as the general check says it.
        BidError: "encoding-invalid".
    """
    if request.content_type != "application/json":
        raise TradingError("request-invalid", status=400, count=1)
    try:
        body: Any = strict_json(request.body)
    except ValueError:
        raise TradingError("body-malformed", status=400) from None
    faults = sum(1 for _ in _validator(request).iter_errors(body))
    if faults:
        raise TradingError("request-invalid", status=400, count=faults)
    with refusing("request"):
        return b64decode(body["document"]), b64decode(body["signature"])


def _validator(request: Request) -> Draft202012Validator:
    kept: Draft202012Validator | None = request.registry.get(_KEPT)
    if kept is None:
        schema = request.registry["openapi_document"]["components"]["schemas"][_SCHEMA]
        kept = request.registry[_KEPT] = Draft202012Validator(schema)
    return kept
