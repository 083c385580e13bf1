"""The jobs of closing and opening, and how the scanner finds what waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from trading.custody.models import Release
from trading.db import UtcTime
from trading.opening.lost import PUBLIC
from trading.opening.models import Closing, Stage
from trading.opening.services import Openings
from trading.platform import Platform
from trading.queue import due, job
from trading.submission.models import SpoiledObject
from trading.submission.resupply import waiting
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.unlocking.models import UnlockWindow


@job("close_tender")
def close_tender(platform: Platform, tender_id: str) -> None:
    """Close a tender at its deadline."""
    Openings(platform).close(tender_id)


@due("close_tender")
def deadlines_passed(session: Session, now: datetime) -> Iterable[str]:
    """Published tenders whose deadline is behind the database's clock."""
    return session.scalars(
        select(Tender.id).where(Tender.state == State.PUBLISHED, Tender.deadline <= now)
    ).all()


@job("freeze_releases")
def freeze_releases(platform: Platform, tender_id: str) -> None:
    """Freeze which releases count."""
    Openings(platform).freeze(tender_id)


@due("freeze_releases")
def releases_in(session: Session, now: datetime) -> Iterable[str]:
    """Closed tenders with all releases of the segment in turn, or enough of them when the grace is over."""
    custodians = (
        select(func.count())
        .where(TenderCustodian.tender_id == Tender.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Tender.id, Tender.threshold, Tender.grace_seconds,
            func.coalesce(Stage.stated_at, Closing.at, type_=UtcTime).label("at"),
            func.count(Release.custodian_id).label("releases"), custodians.label("custodians"),
        )
        .join(Closing, Closing.tender_id == Tender.id)
        .join(Release, (Release.tender_id == Tender.id) & (Release.segment == Tender.segment))
        .outerjoin(Stage, (Stage.tender_id == Tender.id) & (Stage.opens == Tender.segment))
        .where(Tender.state == State.CLOSED)
        .group_by(Tender.id, Tender.threshold, Tender.grace_seconds, Closing.at, Stage.stated_at)
    )
    return [
        row.id
        for row in rows
        if row.releases >= row.custodians
        or (row.releases >= row.threshold and now >= row.at + timedelta(seconds=row.grace_seconds))
    ]


@job("open_bids")
def open_bids(platform: Platform, tender_id: str) -> None:
    """Open the bids of a tender whose releases are frozen, and make the record."""
    Openings(platform).open(tender_id)


@due("open_bids")
def openings_unfinished(session: Session, now: datetime) -> Iterable[str]:
    """Tenders being opened, but for those whose bidders unlock, or that only wait for what storage lost."""
    waits = exists().where(
        SpoiledObject.tender_id == Tender.id, SpoiledObject.part == PUBLIC, SpoiledObject.awaited,
        waiting(now),
    )
    unlocking = exists().where(UnlockWindow.tender_id == Tender.id, UnlockWindow.ended_at.is_(None))
    return session.scalars(select(Tender.id).where(Tender.state == State.OPENING, ~waits, ~unlocking)).all()
