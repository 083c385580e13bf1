"""How far an opening is, for everybody to see; how many bids there are only after the freeze."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.opening_record import OpeningRecord
from bids.stages import Stage as StageStatement
from signing.encoding import b64encode, format_time
from trading.custody.standings import standings
from trading.opening.lost import waiting_until
from trading.opening.models import Closing, OpenedBid, PublishedOpeningRecord, ReleaseSet, Stage
from trading.opening.record import current_on_record, leaves_on_record
from trading.opening.stages import stage_before, stages_of
from trading.tenders.models import Tender
from trading.unlocking.models import UnlockWindow
from trading.unlocking.record import count_unlocked


def progress(session: Session, tender: Tender, now: datetime) -> dict[str, Any]:
    """State; of the segment that is open or opens next the number of bids, how many were opened so far, until
    when it waits for ciphertexts that are to be supplied again, and once the tender is closed how each
    custodian stands; how far bidders have unlocked; the last segment's record when it is there, and those of
    the segments before it with their stage statements."""
    answer: dict[str, Any] = {
        "state": tender.state, "total": None, "opened": None, "waiting_until": None, "record": None,
        "unlocking": None, "threshold": tender.threshold, "custodians": None,
    }  # fmt: skip
    if session.get(Closing, tender.id) is not None:
        answer["custodians"] = [one.as_json() for one in standings(session, tender, tender.segment)]
    stages = stages_of(session, tender.id)
    answer |= {"segment": tender.segment, "stages": [_stage(row) for row in stages.values()]}
    last = session.get(PublishedOpeningRecord, tender.id)
    record = last or stages.get(tender.segment)
    if record is not None:
        rows = OpeningRecord.parse(record.raw).bids
        opened = sum(row.opened for row in rows)
        file = None if last is None else b64encode(last.raw)
        return {**answer, "total": len(rows), "opened": opened, "record": file}
    if session.get(ReleaseSet, (tender.id, tender.segment)) is None:
        return answer
    before = stage_before(session, tender, tender.segment)
    if before is not None and before.statement is not None:
        total = len(StageStatement.parse(before.statement).admitted)
    else:
        leaves = leaves_on_record(session, tender.id)
        total = len(current_on_record(session, tender.id, str(tender.policy_digest), leaves))
    count = session.scalar(
        select(func.count())
        .select_from(OpenedBid)
        .where(OpenedBid.tender_id == tender.id, OpenedBid.segment == tender.segment, OpenedBid.opened)
    )
    until = waiting_until(session, tender.id, now)
    window = session.get(UnlockWindow, tender.id)
    return {
        **answer, "total": total, "opened": count,
        "waiting_until": None if until is None else format_time(until),
        "unlocking": None if window is None or window.ended_at is not None else {
            "until": format_time(window.until), "unlocked": count_unlocked(session, tender.id),
        },
    }  # fmt: skip


def _stage(row: Stage) -> dict[str, Any]:
    """A segment before the last: its opening record, and the stage statement that opens the next one."""
    return {
        "segment": row.segment,
        "record": b64encode(row.raw),
        "opens": row.opens,
        "statement": None if row.statement is None else b64encode(row.statement),
    }
