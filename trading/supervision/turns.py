"""Whose turn it is: which department each unfinished tender waits for, since when, and whether it is late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trading.accounts.models import Organisation
from trading.audit.models import LogEntry
from trading.custody.models import Release
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.web.forms import Both

# Jobs and custodians take seconds. People take days; the statutes' terms for them are not in the packs yet,
# so a long wait is shown as one, and no article is cited.
_MACHINE = timedelta(minutes=2)
_PEOPLE = timedelta(days=3)

PLATFORM = Both("平台", "The platform")
_WAITING = (State.CLOSED.value, State.OPENING.value, State.OPENED.value, State.EVALUATED.value)


@dataclass(frozen=True)
class Turn:
    """What a tender waits for: by whom, since when, for how long; `late` if longer than it usually takes."""

    tender: Tender
    agency: str
    who: Both
    what: Both
    since: datetime
    late: bool


def waiting(session: Session, now: datetime, limit: int) -> list[Turn]:
    """Tenders past their deadline that somebody has to do something for, the longest wait first."""
    rows = session.execute(
        select(Tender, Organisation.name)
        .join(Organisation, Organisation.id == Tender.organisation_id)
        .where(
            Tender.state.in_(_WAITING) | ((Tender.state == State.PUBLISHED.value) & (Tender.deadline <= now))
        )
        .order_by(Tender.deadline)
        .limit(limit)
    ).all()
    ids = [tender.id for tender, _ in rows]
    since = _last_acts(session, ids)
    missing = _missing_releases(session, ids)
    turns = [
        _turn(tender, name, since.get(tender.id), missing.get(tender.id, []), now) for tender, name in rows
    ]
    return sorted(turns, key=lambda turn: (not turn.late, turn.since))


def _turn(tender: Tender, agency: str, since: datetime | None, missing: Sequence[str], now: datetime) -> Turn:
    began = since or tender.deadline
    if tender.state == State.PUBLISHED.value:
        began = tender.deadline
        who, what, usual = PLATFORM, Both("截标", "to close it"), _MACHINE
    elif tender.state == State.CLOSED.value and missing:
        who, usual = Both("、".join(missing), ", ".join(missing)), _MACHINE
        what = Both("交出解密份额", "to release their shares")
    elif tender.state in (State.CLOSED.value, State.OPENING.value):
        who, what, usual = PLATFORM, Both("开标", "to open the bids"), _MACHINE
    elif tender.state == State.OPENED.value:
        who, what, usual = Both(agency, agency), Both("评审", "to evaluate"), _PEOPLE
    else:
        who, what, usual = Both(agency, agency), Both("定标", "to decide the award"), _PEOPLE
    return Turn(tender, agency, who, what, began, now - began > usual)


def _last_acts(session: Session, ids: Sequence[str]) -> dict[str, datetime]:
    """When the public log last heard of each tender."""
    found = (
        select(LogEntry.tender_id, func.max(LogEntry.at).label("at"))
        .where(LogEntry.tender_id.in_(ids), LogEntry.act.startswith("tender."))
        .group_by(LogEntry.tender_id)
    )
    return {row.tender_id: row.at for row in session.execute(found)}


def _missing_releases(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    found = (
        select(TenderCustodian.tender_id, Organisation.name)
        .join(Organisation, Organisation.id == TenderCustodian.organisation_id)
        .outerjoin(
            Release,
            (Release.tender_id == TenderCustodian.tender_id)
            & (Release.custodian_id == TenderCustodian.organisation_id),
        )
        .where(TenderCustodian.tender_id.in_(ids), Release.digest.is_(None))
        .order_by(TenderCustodian.tender_id, TenderCustodian.position)
    )
    names: dict[str, list[str]] = {}
    for row in session.execute(found):
        names.setdefault(row.tender_id, []).append(row.name)
    return names


def by_department(turns: Sequence[Turn]) -> list[tuple[Both, int, int, datetime]]:
    """For each department: how many tenders wait for it, how many for long, the longest since when."""
    groups: dict[Both, list[Turn]] = {}
    for turn in turns:
        groups.setdefault(turn.who, []).append(turn)
    rows = [
        (who, len(group), sum(turn.late for turn in group), min(turn.since for turn in group))
        for who, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row[2], -row[1], row[0]))
