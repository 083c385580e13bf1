"""How far an opening is, for everybody to see; how many bids there are only after the freeze."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.opening_record import OpeningRecord
from signing.encoding import b64encode, format_time
from trading.custody.standings import standings
from trading.opening.lost import waiting_until
from trading.opening.models import Closing, OpenedBid, PublishedOpeningRecord, ReleaseSet
from trading.opening.record import SEGMENT, current_on_record, leaves_on_record
from trading.tenders.models import Tender
from trading.unlocking.models import UnlockWindow
from trading.unlocking.record import count_unlocked


def progress(session: Session, tender: Tender, now: datetime) -> dict[str, Any]:
    """State, number of bids, how many were opened so far, until when it waits for ciphertexts that are to be
    supplied again, how far bidders have unlocked their bids, how each custodian stands once the tender is
    closed, and the record when it is there."""
    answer: dict[str, Any] = {
        "state": tender.state, "total": None, "opened": None, "waiting_until": None, "record": None,
        "unlocking": None, "threshold": tender.threshold, "custodians": None,
    }  # fmt: skip
    if session.get(Closing, tender.id) is not None:
        answer["custodians"] = [one.as_json() for one in standings(session, tender, SEGMENT)]
    record = session.get(PublishedOpeningRecord, tender.id)
    if record is not None:
        rows = OpeningRecord.parse(record.raw).bids
        opened = sum(row.opened for row in rows)
        return {**answer, "total": len(rows), "opened": opened, "record": b64encode(record.raw)}
    if session.get(ReleaseSet, (tender.id, SEGMENT)) is None:
        return answer
    leaves = leaves_on_record(session, tender.id)
    current = current_on_record(session, tender.id, str(tender.policy_digest), leaves)
    count = session.scalar(
        select(func.count())
        .select_from(OpenedBid)
        .where(OpenedBid.tender_id == tender.id, OpenedBid.opened)
    )
    until = waiting_until(session, tender.id, now)
    window = session.get(UnlockWindow, tender.id)
    return {
        **answer, "total": len(current), "opened": count,
        "waiting_until": None if until is None else format_time(until),
        "unlocking": None if window is None or window.ended_at is not None else {
            "until": format_time(window.until), "unlocked": count_unlocked(session, tender.id),
        },
    }  # fmt: skip
