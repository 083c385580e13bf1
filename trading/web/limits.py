"""How large a body may be, by its address, and taking it in before anything else is done for it."""

from __future__ import annotations

import re
import shutil
import tempfile
from typing import IO, cast

from pyramid.request import Request

from trading.config import Settings
from trading.storage import PART_BYTES

KIB, MIB = 1024, 1024 * 1024

SMALL = 64 * KIB
STAMP = 4 * KIB  # a time-stamp request is about 60 bytes
SIGNED = 6 * MIB  # a manifest or notice of 4 MiB with its signature in base64; a bill of quantities
DECISION = 25 * MIB  # a signed statement about each of many bids, 16 MiB in base64, and shares beside it

_IN_MEMORY = MIB
_PIECE = 64 * KIB

# The first that fits the path under /api/v1; everything else is SMALL.
_TABLE: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"uploads/[^/]*/parts/[^/]*"), PART_BYTES),
    (re.compile(r"tenders(/[^/]*)?"), SIGNED),
    (re.compile(r"tenders/[^/]*/(amendment|publication|bids|withdrawals)"), SIGNED),
    (re.compile(r"tenders/[^/]*/(stage|evaluation|award|unlock-decisions)"), DECISION),
    (re.compile(r"tenders/[^/]*/handover/[^/]*"), SIGNED),
    (re.compile(r"custody/tenders/[^/]*/release"), DECISION),
)
# Pages: forms that carry a bill of quantities, or a file from the reader's machine.
_FORMS = re.compile(r"/agency/(tenders/[^/]+(/draft|/amendment(/findings)?)?|findings)")
_UPLOAD = re.compile(r"/agency/tenders/[^/]+/documents")
_DOCUMENT = re.compile(r"tenders/[^/]*/documents/[^/]*")
_PREFIX = "/api/v1/"
# What anybody may send, who needs no token.
OPEN = frozenset({"/api/v1/log/cosignatures"})


def limit_of(path: str, settings: Settings) -> int:
    """The most bytes that the body of a request to this path may have."""
    if path == "/tsa":
        return STAMP
    if _FORMS.fullmatch(path):
        return 2 * SIGNED
    if _UPLOAD.fullmatch(path):
        return settings.max_document_bytes + SMALL
    address = path.removeprefix(_PREFIX)
    if _DOCUMENT.fullmatch(address):
        return settings.max_document_bytes
    return next((limit for pattern, limit in _TABLE if pattern.fullmatch(address)), SMALL)


def largest(settings: Settings) -> int:
    """The most that any body may have."""
    return max(settings.max_document_bytes + SMALL, 2 * SIGNED, *(limit for _, limit in _TABLE))


def take_in(request: Request) -> None:
    """Read the body to its announced end; a large one waits in a file.

    A server may call the application while the body is still on its way. Whoever sends slowly must hold
    no transaction meanwhile: on SQLite it would be everybody's.

    Raises:
        OSError: the body ends too soon.
    """
    if not request.content_length:
        return
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed with the request)
    request.add_finished_callback(lambda _: kept.close())
    shutil.copyfileobj(cast("IO[bytes]", request.body_file), kept, _PIECE)
    kept.seek(0)
    request.body_file_raw = kept
    request.is_body_seekable = True
