"""Supplying again, to the byte, what storage lost of a bid: only its own bidder, only within the window."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from signing.encoding import format_time
from trading.submission.models import SpoiledObject, Upload


def waiting(now: datetime) -> ColumnElement[bool]:
    """Whether a spoiled object still waits for its bidder."""
    return SpoiledObject.upload_id.is_(None) & (SpoiledObject.until > now)


def wanted_again(
    session: Session, tender_id: str, organisation: str, sha256: str, size: int, now: datetime
) -> SpoiledObject | None:
    """The spoiled object of a bidder's own that these bytes would be."""
    return session.scalar(
        select(SpoiledObject)
        .where(
            SpoiledObject.tender_id == tender_id,
            SpoiledObject.supplier_id == organisation,
            SpoiledObject.sha256 == sha256,
            SpoiledObject.size == size,
            waiting(now),
        )
        .order_by(SpoiledObject.found_at, SpoiledObject.bid_id)
        .limit(1)
    )


def all_wanted(
    session: Session, tender_id: str, organisation: str, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """What a bidder is asked to supply again, by bid, as the API says it."""
    rows = session.scalars(
        select(SpoiledObject)
        .where(SpoiledObject.tender_id == tender_id, SpoiledObject.supplier_id == organisation, waiting(now))
        .order_by(SpoiledObject.bid_id, SpoiledObject.part, SpoiledObject.number)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.bid_id, []).append(
            {
                "part": row.part,
                "number": row.number,
                "sha256": row.sha256,
                "size": row.size,
                "until": format_time(row.until),
            }
        )
    return found


def supply(session: Session, upload: Upload, now: datetime) -> list[SpoiledObject]:
    """Put a complete upload in the place of what was lost; the objects that it stands for now."""
    rows = session.scalars(
        select(SpoiledObject)
        .where(
            SpoiledObject.tender_id == upload.tender_id,
            SpoiledObject.supplier_id == upload.organisation_id,
            SpoiledObject.sha256 == upload.sha256,
            SpoiledObject.size == upload.size,
            SpoiledObject.found_at <= upload.created_at,
            waiting(now),
        )
        .with_for_update()
    ).all()
    for row in rows:
        row.upload_id = upload.id
    session.flush()
    return list(rows)
