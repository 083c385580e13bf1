"""A supervisor's desk: what is late and what opens next."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy import select

from trading.desk.sections import MOST, Line, Section
from trading.supervision.turns import waiting
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.unlocking.record import silent_lately
from trading.web.forms import Both

_READ = 300


def sections(request: Request) -> list[Section]:
    """Bids that were not unlocked, late tenders, then those that open next."""
    session = request.dbsession
    now = request.platform.clock.now(session)
    turns = [turn for turn in waiting(session, now, _READ) if turn.late is not None]
    late = [
        Line(
            f"/supervision/tenders/{turn.tender.id}",
            turn.tender.title,
            Both(f"等待{turn.who[0]}：{turn.what[0]}", f"{turn.who[1]}: {turn.what[1]}"),
            turn.since,
            urgent=True,
        )
        for turn in turns[:MOST]
    ]
    silent = [
        Line(
            f"/supervision/tenders/{one.id}", one.title,
            Both(f"{count} 份投标未解锁", f"{count} bids were not unlocked"), at, urgent=True,
        )
        for one, count, at in silent_lately(session, MOST)
    ]  # fmt: skip
    found = select(Tender).where(Tender.state == State.PUBLISHED.value, Tender.deadline > now)
    note = Both("到时自动开标", "Opens by itself")
    coming = [
        Line(f"/supervision/tenders/{one.id}", one.title, note, one.deadline, True)
        for one in session.scalars(found.order_by(Tender.deadline, Tender.id).limit(MOST))
    ]
    unopened = Section(
        "silent", Both("未解锁的投标", "Bids not unlocked"), silent, Both("没有。", "None."), "/supervision"
    )
    return [
        *([unopened] if silent else []),
        Section(
            "late", Both("久等的标段", "Waiting for long"), late,
            Both("没有久等的标段。", "No tender waits for long."), "/supervision",
        ),
        Section(
            "coming", Both("即将开标", "Opening next"), coming,
            Both("没有待开标的标段。", "No tender is about to open."), "/supervision",
        ),
    ]  # fmt: skip
