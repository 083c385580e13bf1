"""The jobs of reports and evidence, and how the scanner finds what waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import Session

from trading.awards.models import PublishedAward
from trading.evidence.files import record_kind
from trading.evidence.models import PublishedFile
from trading.evidence.sealing import Sealing
from trading.evidence.services import EvidencePackages, Reports
from trading.opening.models import Closing, PublishedOpeningRecord, Stage
from trading.platform import Platform
from trading.queue import due, due_here, job
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender


@job("render_opening_record", slow=True)
def render_opening_record(platform: Platform, tender_id: str) -> None:
    """Render the opening record as PDF."""
    Reports(platform).render(tender_id, "opening-record")


@due("render_opening_record")
def records_unrendered(session: Session, now: datetime) -> Iterable[str]:
    """Opening records without their PDF."""
    row = PublishedOpeningRecord.tender_id
    return session.scalars(select(row).where(~_published(row, "opening-record"))).all()


@job("render_stage_records", slow=True)
def render_stage_records(platform: Platform, tender_id: str) -> None:
    """Render the opening records of segments before the last as PDF."""
    Reports(platform).render_stages(tender_id)


@due("render_stage_records")
def stage_records_unrendered(session: Session, now: datetime) -> Iterable[str]:
    """Tenders with such records without their PDF."""
    return session.scalars(select(Stage.tender_id).where(~_stage_published()).distinct()).all()


@job("render_award_report", slow=True)
def render_award_report(platform: Platform, tender_id: str) -> None:
    """Render the award report as PDF."""
    Reports(platform).render(tender_id, "award-report")


@due("render_award_report")
def awards_unrendered(session: Session, now: datetime) -> Iterable[str]:
    """Awards without their PDF."""
    row = PublishedAward.tender_id
    return session.scalars(select(row).where(~_published(row, "award-report"))).all()


@job("render_award_notice", slow=True)
def render_award_notice(platform: Platform, tender_id: str) -> None:
    """Render the award notice to the winner as PDF."""
    Reports(platform).render(tender_id, "award-notice")


@due("render_award_notice")
def awards_unnoticed(session: Session, now: datetime) -> Iterable[str]:
    """Awards without their notice."""
    row = PublishedAward.tender_id
    return session.scalars(select(row).where(~_published(row, "award-notice"))).all()


@job("stamp_document", bulk=True)
def stamp_document(platform: Platform, sha256: str) -> None:
    """Append a time-stamp to a signed document whose last one ends soon."""
    Sealing(platform).renew(sha256)


@due_here("stamp_document")
def stamps_ending(platform: Platform, session: Session, now: datetime) -> Iterable[str]:
    """Documents whose last time-stamp ends within a year, once there is a certificate that lasts longer."""
    return Sealing(platform).ending(session, now)


@job("build_evidence", slow=True)
def build_evidence(platform: Platform, tender_id: str) -> None:
    """State, log and pack the evidence of a tender that has ended."""
    EvidencePackages(platform).build(tender_id)


@due("build_evidence")
def evidence_unbuilt(session: Session, now: datetime) -> Iterable[str]:
    """Tenders that ended after their closing, all reports rendered, without a package."""
    recorded = exists().where(PublishedOpeningRecord.tender_id == Tender.id)
    return session.scalars(
        select(Tender.id)
        .join(Closing, Closing.tender_id == Tender.id)
        .where(
            Tender.state.in_((State.AWARDED, State.FAILED, State.CANCELLED)),
            ~_published(Tender.id, "evidence"),
            or_(~recorded, _published(Tender.id, "opening-record")),
            ~exists().where(Stage.tender_id == Tender.id, ~_stage_published()),
            or_(
                Tender.state != State.AWARDED,
                and_(_published(Tender.id, "award-report"), _published(Tender.id, "award-notice")),
            ),
        )
    ).all()


def _stage_published() -> ColumnElement[bool]:
    """Whether a stage's record has its PDF."""
    kind = literal(record_kind("")) + Stage.segment
    return exists().where(PublishedFile.tender_id == Stage.tender_id, PublishedFile.kind == kind)


def _published(tender_id: object, kind: str) -> ColumnElement[bool]:
    return exists().where(PublishedFile.tender_id == tender_id, PublishedFile.kind == kind)
