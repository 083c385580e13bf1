"""Challenges: random, kept by digest, good once and for a few minutes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from trading.errors import TradingError
from trading.sign_in.models import Challenge
from trading.web.security import token_digest

LASTING = timedelta(minutes=5)


def give(
    session: Session, purpose: str, state: Mapping[str, Any], now: datetime, nonce: str | None = None
) -> str:
    """Keep a challenge; a purpose of one person's has one at a time and is its own key. Returns the nonce."""
    single = ":" in purpose
    nonce = nonce or secrets.token_urlsafe(32)
    key = token_digest(purpose if single else f"{purpose}:{nonce}")
    row = session.get(Challenge, key)
    if row is None:
        row = Challenge(digest=key)
        session.add(row)
    row.purpose, row.state, row.expires_at = purpose[:20], json.dumps(dict(state)), now + LASTING
    session.flush()
    return nonce


def take(session: Session, purpose: str, now: datetime, nonce: str | None = None) -> dict[str, Any]:
    """What was kept with a challenge, which is used up by this.

    Raises:
        TradingError: "sign-in-again": never given, used, or too old.
    """
    key = token_digest(purpose if nonce is None else f"{purpose}:{nonce}")
    row = session.get(Challenge, key, with_for_update=True)
    if row is None or now >= row.expires_at:
        raise TradingError("sign-in-again", status=403)
    state: dict[str, Any] = json.loads(row.state)
    session.delete(row)
    session.flush()
    return state
