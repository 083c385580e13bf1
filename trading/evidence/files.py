"""Published files: kept once under a tender and a kind, streamed out part by part."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.orm import Session

from trading.errors import NotFound
from trading.evidence.models import PublishedFile, SealedDocument
from trading.queue import insert_if_missing
from trading.storage import Stored


class KeptFile(Protocol):
    """A row that says where a file's bytes are."""

    sha256: Any
    size: Any
    storage_key: Any
    parts: Any


def published_file(session: Session, tender_id: str, kind: str) -> PublishedFile | None:
    """The row of a published file; kinds are opening-record, award-report, award-notice, evidence and
    `record_kind`."""
    return session.get(PublishedFile, (tender_id, kind))


def record_kind(segment: str) -> str:
    """The kind of the opening record's PDF of a segment before the last."""
    return f"record-{segment}"


def publish_file(session: Session, tender_id: str, kind: str, stored: Stored, at: datetime) -> bool:
    """Publish a stored object as the tender's file of that kind; False if there is one already."""
    return insert_if_missing(
        session, PublishedFile, tender_id=tender_id, kind=kind, sha256=stored.sha256, size=stored.size,
        storage_key=stored.key, parts=stored.parts, at=at,
    )


def published_response(request: Request, kind: str, content_type: str, missing: str) -> Response:
    """The file, streamed; 404 with the code `missing` until it is published."""
    tender_id = request.context.tender.id
    row = published_file(request.dbsession, tender_id, kind)
    if row is None:
        raise NotFound(missing)
    return file_response(request, row, content_type, f"{kind}-{tender_id}.{content_type.partition('/')[2]}")


def file_response(request: Request, row: KeptFile, content_type: str, name: str) -> Response:
    """A kept file, streamed; a signed document with the time-stamps that were added to it since."""
    kept = request.dbsession.get(SealedDocument, row.sha256) or row
    response = Response(
        app_iter=request.platform.storage.chunks(kept.storage_key, kept.parts),
        content_type=content_type, content_length=kept.size,
    )
    response.content_disposition = f'attachment; filename="{name}"'
    response.etag = f"{row.sha256}-{kept.size}"
    return response
