"""Acts that the public log has not, for supervisors: which of them are shown, and a page of those asked for.

Until a tender's deadline only acts that are silent about bids and downloads are (Tendering Law art. 22, Order
20 art. 21). Acts of no tender never are: who signs in on a last day would tell who bids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from trading.web.permissions import Role

# No other act is silent about bids and downloads.
EARLY = (
    "tender.drafted", "tender.changed", "document.stored", "sealing-key.handed-in", "amendment.prepared",
    "amendment.dropped",
)  # fmt: skip
REFUSED = "refused"  # stands for all refused attempts
KINDS = (*PRIVATE_ACTS, REFUSED)
_PAGE = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Of a tender past its deadline every act is shown, of one that is open for bids those that are silent.
_SHOWN = or_(
    Tender.state.not_in((State.DRAFT.value, State.PUBLISHED.value)),
    and_(Tender.state == State.PUBLISHED.value, PrivateAct.act.in_(EARLY)),
)
# Evaluators are confidential until the award (Order 20 art. 33).
_NAMED = or_(
    PrivateAct.role.is_(None), PrivateAct.role != Role.EVALUATOR.value, Tender.state.in_(OVER)
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """An act for people; `person` is empty where it is confidential or nobody's."""

    act: PrivateAct
    title: str
    organisation: str
    person: str


@dataclass(frozen=True)
class Filters:
    """What a supervisor looks for; empty text is no filter, all else are ids."""

    kind: str = ""
    tender: str = ""
    organisation: str = ""
    person: str = ""
    days: Days = Days("", "", None, None)


def by_organisation() -> ColumnElement[bool]:
    """Whether an organisation has an act that is shown."""
    return _some(PrivateAct.organisation_id == Organisation.id, _SHOWN)


def by_person() -> ColumnElement[bool]:
    """Whether a person has an act that is shown with their name."""
    return _some(PrivateAct.person_id == Person.id, _SHOWN, _NAMED)


def page_of(session: Session, wanted: Filters, before: str) -> tuple[list[Act], str]:
    """A page of acts, newest first, and the key of its last one if more follow.

    Args:
        before: the key of the last act on the page before; what is none begins at the newest.
    """
    found = _joined(Tender.title, Organisation.name.label("place"), Person.name.label("who"), _NAMED)
    found = found.outerjoin(Organisation, Organisation.id == PrivateAct.organisation_id)
    found = found.outerjoin(Person, Person.id == PrivateAct.person_id).where(_SHOWN)
    for condition in _conditions(wanted):
        found = found.where(condition)
    key = _key(before)
    if key is not None:
        at, last = key
        found = found.where(
            tuple_(PrivateAct.at, PrivateAct.id) < tuple_(literal(at, UtcTime()), literal(last))
        )
    found = found.order_by(PrivateAct.at.desc(), PrivateAct.id.desc()).limit(_PAGE + 1)
    rows = session.execute(found).all()
    acts = [_act(row) for row in rows[:_PAGE]]
    following = ""
    if len(rows) > _PAGE:
        act = acts[-1].act
        following = f"{(act.at - _EPOCH) // timedelta(milliseconds=1)}-{act.id}"
    return acts, following


def _joined(*columns: Any) -> Select[Any]:
    return select(PrivateAct, *columns).join(Tender, Tender.id == PrivateAct.tender_id)


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
        conditions.append(PrivateAct.organisation_id == wanted.organisation)
    if wanted.person:
        conditions += [PrivateAct.person_id == wanted.person, _NAMED]
    if wanted.days.begin is not None:
        conditions.append(PrivateAct.at >= wanted.days.begin)
    if wanted.days.end is not None:
        conditions.append(PrivateAct.at < wanted.days.end)
    return conditions


def _act(row: Any) -> Act:
    act, title, place, who, named = row
    return Act(act, title, place or "", (who or "") if named else "")


def _key(text: str) -> tuple[datetime, str] | None:
    at, _, last = text.partition("-")
    if not (at.isascii() and at.isdigit() and len(at) < 15 and len(last) == 32):
        return None
    return _EPOCH + timedelta(milliseconds=int(at)), last
