"""The job that issues notices of the result, and how the scanner finds awards that wait for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from trading.awards.models import PublishedAward
from trading.platform import Platform
from trading.queue import due, job
from trading.results.models import NotifiedAward
from trading.results.services import ResultNotices


@job("issue_result_notices", bulk=True)
def issue_result_notices(platform: Platform, tender_id: str) -> None:
    """Issue the next few notices of a tender's result."""
    ResultNotices(platform).issue(tender_id)


@due("issue_result_notices")
def awards_unnotified(session: Session, now: datetime) -> Iterable[str]:
    """Awards whose notices are not all out."""
    done = exists().where(NotifiedAward.tender_id == PublishedAward.tender_id)
    return session.scalars(select(PublishedAward.tender_id).where(~done).order_by(PublishedAward.at)).all()
