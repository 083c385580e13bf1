"""The first page of who is signed in."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from trading.sign_in.forms import ROLE_WORDS
from trading.web.security import actor_of


def desk(context: Any, request: Request) -> dict[str, Any]:
    """What is due today."""
    return {"role_word": ROLE_WORDS[actor_of(request).role]}
