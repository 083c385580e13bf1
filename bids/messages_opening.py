"""The sentences of custody, opening, ranking and verification: code -> (Chinese, English)."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {}
