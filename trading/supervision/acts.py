"""Acts that the public log has not, for supervisors: which of them are shown, and a page of those asked for.

Until a tender's deadline only acts that are silent about bids and downloads are (Tendering Law art. 22, Order
20 art. 21). Acts of no tender never are: who signs in on a last day would tell who bids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from trading.accounts.models import Organisation, Person
from trading.audit.models import PrivateAct
from trading.db import UtcTime
from trading.supervision.filters import Days
from trading.supervision.turns import OVER
from trading.supervision.words import PRIVATE_ACTS
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.web.pages import EPOCH, milliseconds
from trading.web.permissions import Role

# No other act is silent about bids and downloads.
EARLY = (
    "tender.drafted", "tender.changed", "document.stored", "sealing-key.handed-in", "amendment.prepared",
    "amendment.dropped",
)  # fmt: skip
REFUSED = "refused"  # stands for all refused attempts
KINDS = (*PRIVATE_ACTS, REFUSED)
_PAGE = 50

# Of a tender past its deadline every act is shown, of one that is open for bids those that are silent.
_SHOWN = or_(
    Tender.state.not_in((State.DRAFT.value, State.PUBLISHED.value)),
    and_(Tender.state == State.PUBLISHED.value, PrivateAct.act.in_(EARLY)),
)
_OVER = Tender.state.in_(OVER)
# Evaluators are confidential until the award (Order 20 art. 33): of what they do nothing tells whose it is,
# by name, by organisation, by network address or by what they did it to.
_NAMED = or_(PrivateAct.role.is_(None), PrivateAct.role != Role.EVALUATOR.value, _OVER)
# Others' acts whose details name an evaluator.
NAMING = ("evaluator.appointed", "evaluator.dismissed", "files.handed-over")
_TOLD = and_(_NAMED, or_(PrivateAct.act.not_in(NAMING), _OVER))


@dataclass(frozen=True)
class Act:
    """An act for people; what would tell of an evaluator too early is empty, and then `named` is false."""

    at: datetime
    act: str
    tender: str
    title: str
    organisation: str
    person: str
    address: str
    details: str
    named: bool


@dataclass(frozen=True)
class Filters:
    """What a supervisor looks for; empty text is no filter, all else are ids."""

    kind: str = ""
    tender: str = ""
    organisation: str = ""
    person: str = ""
    days: Days = Days("", "", None, None)


def by_organisation() -> ColumnElement[bool]:
    """Whether an organisation has an act that is shown with its name."""
    return _some(PrivateAct.organisation_id == Organisation.id, _SHOWN, _NAMED)


def by_person() -> ColumnElement[bool]:
    """Whether a person has an act that is shown with their name."""
    return _some(PrivateAct.person_id == Person.id, _SHOWN, _NAMED)


def page_of(session: Session, wanted: Filters, before: str) -> tuple[list[Act], str]:
    """A page of acts, newest first, and the key of its last one if more follow.

    Args:
        before: the key of the last act on the page before; what is none begins at the newest.
    """
    found = _found().where(*_conditions(wanted))
    key = _key(before)
    if key is not None:
        at, last = key
        found = found.where(
            tuple_(PrivateAct.at, PrivateAct.id) < tuple_(literal(at, UtcTime()), literal(last))
        )
    rows = session.execute(found.limit(_PAGE + 1)).all()
    following = ""
    if len(rows) > _PAGE:
        row = rows[_PAGE - 1]
        following = f"{milliseconds(row.at)}-{row.id}"
    return [_act(row) for row in rows[:_PAGE]], following


def of_tender(session: Session, tender_id: str, limit: int) -> list[Act]:
    """The acts of one tender that are shown, newest first."""
    return [
        _act(row) for row in session.execute(_found().where(PrivateAct.tender_id == tender_id).limit(limit))
    ]


def _found() -> Select[Any]:
    columns: tuple[Any, ...] = (
        PrivateAct.id, PrivateAct.at, PrivateAct.act, PrivateAct.tender_id, PrivateAct.address,
        PrivateAct.details, Tender.title, Organisation.name.label("place"), Person.name.label("who"),
        _NAMED.label("named"), _TOLD.label("told"),
    )  # fmt: skip
    found = select(*columns).join(Tender, Tender.id == PrivateAct.tender_id)
    found = found.outerjoin(Organisation, Organisation.id == PrivateAct.organisation_id)
    found = found.outerjoin(Person, Person.id == PrivateAct.person_id).where(_SHOWN)
    return found.order_by(PrivateAct.at.desc(), PrivateAct.id.desc())


def _some(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    acts = select(PrivateAct.id).join(Tender, Tender.id == PrivateAct.tender_id).where(*conditions)
    return acts.exists()


def _conditions(wanted: Filters) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind == REFUSED:
        # A range of texts goes along the index; "/" follows ".".
        conditions += [PrivateAct.act >= "refused.", PrivateAct.act < "refused/"]
    elif wanted.kind:
        conditions.append(PrivateAct.act == wanted.kind)
    if wanted.tender:
        conditions.append(PrivateAct.tender_id == wanted.tender)
    if wanted.organisation:
        conditions += [PrivateAct.organisation_id == wanted.organisation, _NAMED]
    if wanted.person:
        conditions += [PrivateAct.person_id == wanted.person, _NAMED]
    if wanted.days.begin is not None:
        conditions.append(PrivateAct.at >= wanted.days.begin)
    if wanted.days.end is not None:
        conditions.append(PrivateAct.at < wanted.days.end)
    return conditions


def _act(row: Any) -> Act:
    place, who, address = (row.place or "", row.who or "", row.address) if row.named else ("", "", "")
    details = row.details if row.told else ""
    named = bool(row.named)
    return Act(row.at, row.act, row.tender_id, row.title, place, who, address, details, named)


def _key(text: str) -> tuple[datetime, str] | None:
    at, _, last = text.partition("-")
    if not (at.isascii() and at.isdigit() and len(at) < 15 and len(last) == 32):
        return None
    return EPOCH + timedelta(milliseconds=int(at)), last
