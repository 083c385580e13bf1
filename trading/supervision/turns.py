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
from trading.opening.lost import waiting_until
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.unlocking.record import undecided, waits
from trading.web.forms import Both

# Jobs and custodians take seconds. People take days; the statutes' terms for them are not in the packs yet,
# so a long wait is shown as one, and no article is cited.
_MACHINE = timedelta(minutes=2)
_PEOPLE = timedelta(days=3)

PLATFORM = Both("平台", "The platform")
BIDDERS = Both("投标人", "Bidders")
_WAITING = tuple(
    state.value
    for state in (State.CLOSED, State.OPENING, State.JUDGING, State.OPENED, State.EVALUATED)
)
OVER = (State.AWARDED.value, State.FAILED.value, State.CANCELLED.value)


@dataclass(frozen=True)
class Turn:
    """What a tender waits for: by whom, since when; `late` by how much, if longer than it usually takes."""

    tender: Tender
    agency: str
    who: Both
    what: Both
    since: datetime
    late: timedelta | None

    @property
    def public(self) -> bool:
        """Whether the tender has a page; a draft has none for anybody but its own."""
        return State(self.tender.state).public


def waiting(session: Session, now: datetime, limit: int) -> list[Turn]:
    """Tenders that somebody has to do something for, the late ones first, then the longest wait: those past
    their deadline, and drafts whose own deadline comes nearer."""
    past = Tender.state.in_(_WAITING) | ((Tender.state == State.PUBLISHED.value) & (Tender.deadline <= now))
    draft = (Tender.state == State.DRAFT.value) & (Tender.deadline > now)
    rows = session.execute(
        select(Tender, Organisation.name)
        .join(Organisation, Organisation.id == Tender.organisation_id)
        .where(past | draft)
        .order_by(Tender.deadline)
        .limit(limit)
    ).all()
    ids = [tender.id for tender, _ in rows]
    since = _last_acts(session, ids)
    releases, keys = _missing_releases(session, ids), _missing_keys(session, ids)
    turns = []
    for tender, name in rows:
        missing = (keys if tender.state == State.DRAFT.value else releases).get(tender.id, [])
        turns.append(_turn(session, tender, name, since.get(tender.id), missing, now))
    return sorted(turns, key=lambda turn: (turn.late is None, turn.since))


def _turn(
    session: Session, tender: Tender, name: str, acted: datetime | None, missing: Sequence[str], now: datetime
) -> Turn:
    state, agency, began = State(tender.state), Both(name, name), acted or tender.deadline
    others = Both("、".join(missing), ", ".join(missing))
    usual = _MACHINE
    if state is State.DRAFT:
        # It is late when it would not be published in good time; how long it was drafted says nothing.
        who, what, began = agency, Both("签名发布", "to sign and publish it"), tender.created_at
        if missing:
            who, what = others, Both("交来密封密钥", "to hand in their sealing keys")
        return Turn(tender, name, who, what, began, None)
    if state is State.PUBLISHED:
        who, what, began = PLATFORM, Both("截标", "to close it"), tender.deadline
    elif state is State.CLOSED and missing:
        who, what = others, Both("交出解密份额", "to release their shares")
    elif state in (State.CLOSED, State.OPENING):
        if tender.lock and waits(session, tender.id):
            return Turn(tender, name, BIDDERS, Both("自行解锁投标", "to unlock their bids"), began, None)
        until = waiting_until(session, tender.id, now)
        if until is not None:
            what = Both("补交平台丢失的密文", "to supply again what storage lost")
            return Turn(tender, name, BIDDERS, what, began, None)
        who, what = PLATFORM, Both("开标", "to open the bids")
    elif state is State.JUDGING:
        who, what, usual = agency, Both("阶段评审，签署阶段评审书", "to judge the open segment"), _PEOPLE
    elif state is State.OPENED:
        who, what, usual = agency, Both("评审", "to evaluate"), _PEOPLE
    else:
        who, what, usual = agency, Both("定标", "to decide the award"), _PEOPLE
    left = len(undecided(session, tender.id)) if tender.lock else 0
    if left and state in (State.JUDGING, State.OPENED, State.EVALUATED):
        zh, en = f"认定 {left} 份未解锁投标的原因", f"to decide why {left} bids were not unlocked"
        what = Both(f"{zh}，并{what[0]}", f"{en}, and {what[1]}")
    waited = now - began
    return Turn(tender, name, who, what, began, waited if waited > usual else None)


def by_stage(session: Session) -> list[tuple[str, int]]:
    """How many tenders are in each state, drafts included, in the order of a tender's life."""
    found = select(Tender.state, func.count().label("number")).group_by(Tender.state)
    counts = {row.state: row.number for row in session.execute(found)}
    return [(state.value, counts[state.value]) for state in State if counts.get(state.value)]


def finished(session: Session, after: Tender | None, limit: int) -> list[tuple[Tender, str]]:
    """Tenders that are over, the last deadline first; those after one of them."""
    found = (
        select(Tender, Organisation.name)
        .join(Organisation, Organisation.id == Tender.organisation_id)
        .where(Tender.state.in_(OVER), Tender.listed.is_not(None))
    )
    if after is not None and after.listed is not None:
        found = found.where(Tender.listed < after.listed)
    found = found.order_by(Tender.listed.desc()).limit(limit)
    return [(row.Tender, row.name) for row in session.execute(found)]


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
        .join(Tender, Tender.id == TenderCustodian.tender_id)
        .outerjoin(
            Release,
            (Release.tender_id == TenderCustodian.tender_id)
            & (Release.segment == Tender.segment)
            & (Release.custodian_id == TenderCustodian.organisation_id),
        )
        .where(TenderCustodian.tender_id.in_(ids), Release.digest.is_(None))
        .order_by(TenderCustodian.tender_id, TenderCustodian.position)
    )
    names: dict[str, list[str]] = {}
    for row in session.execute(found):
        names.setdefault(row.tender_id, []).append(row.name)
    return names


def _missing_keys(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    found = (
        select(TenderCustodian.tender_id, Organisation.name)
        .join(Organisation, Organisation.id == TenderCustodian.organisation_id)
        .where(TenderCustodian.tender_id.in_(ids), TenderCustodian.sealing_key.is_(None))
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
        (who, len(group), sum(turn.late is not None for turn in group), min(turn.since for turn in group))
        for who, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row[2], -row[1], row[0]))
