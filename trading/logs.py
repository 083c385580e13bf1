"""What the platform says of itself, to standard error: never a secret, a token or a body.

There is no access log: its lines would tell who bids, and how many.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import IO, Any

import structlog
from structlog.typing import EventDict, Processor

from trading.config import Settings

_TOKEN = re.compile(r"sst_[A-Za-z0-9_-]{20,}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[^\s'\",}]+")
_URL_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.S)
_NAMES = re.compile(
    r"(?i)(^|_)(token|secret|password|passphrase|authorization|cookie|body|share|seed|private_key)s?$"
)
_MOST = 32_000
HIDDEN = "[hidden]"


def clean(text: str) -> str:
    """A text without anything that looks like a credential."""
    text = _PRIVATE_KEY.sub(HIDDEN, text)
    text = _TOKEN.sub(f"sst_{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)


def hide_secrets(logger: Any, method: str, event: EventDict) -> EventDict:
    """A structlog processor: members named like secrets are hidden, texts cleaned, bytes only counted."""
    return {name: HIDDEN if _NAMES.search(name) else _safe(value) for name, value in event.items()}


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        cleaned = clean(value)
        return cleaned if len(cleaned) <= _MOST else cleaned[: _MOST] + "…"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if _NAMES.search(str(name)) else _safe(member) for name, member in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_safe(member) for member in value]
    return value


def set_up_logs(settings: Settings, stream: IO[str] | None = None) -> None:
    """Send structlog's and the libraries' lines to `stream` (standard error): coloured lines on a
    terminal, JSON elsewhere, from the level of the settings on."""
    target = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if target.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets, renderer],
        )
    )
    # Each of a broker's workers adds its own middleware, and Dramatiq warns of all but the first.
    handler.addFilter(lambda record: "middleware of the same type twice" not in str(record.msg))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    # They name every request or message at "info".
    for noisy in ("waitress", "dramatiq", "alembic", "urllib3", "pyramid_openapi3"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
