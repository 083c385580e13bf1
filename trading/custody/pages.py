"""A custodian's page of one tender: what it holds a key for, and what is asked of it."""

from __future__ import annotations

import hashlib
from typing import Any

from pyramid.request import Request
from sqlalchemy import select

from trading.custody.contexts import AnyTender
from trading.custody.models import Erasure, Release
from trading.errors import NotFound
from trading.portal import words
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, Tender, TenderCustodian
from trading.tenders.reading import custodians_of
from trading.web.security import actor_of

_RELEASING = (State.CLOSED.value, State.OPENING.value)
_OPENED = (State.OPENED.value, State.EVALUATED.value, State.AWARDED.value)
_ENDED = (State.FAILED.value, State.CANCELLED.value)


def tender(context: AnyTender, request: Request) -> dict[str, Any]:
    """One tender in this custodian's hands.

    Raises:
        NotFound: it is not in theirs.
    """
    session, one = request.dbsession, context.tender
    mine = actor_of(request).organisation
    own = session.scalar(
        select(TenderCustodian).where(
            TenderCustodian.tender_id == one.id, TenderCustodian.organisation_id == mine
        )
    )
    if own is None:
        raise NotFound("not-found")
    released = session.scalar(
        select(Release.received_at).where(
            Release.tender_id == one.id, Release.segment == one.segment, Release.custodian_id == mine
        )
    )
    erased = session.get(Erasure, (one.id, mine))
    return {
        "tender": one,
        "project": session.get_one(Project, one.project_id),
        "custodians": custodians_of(session, one.id),
        "step": _step(one, own, released is not None, erased is not None),
        "opened": one.state in _OPENED,
        "fingerprint": hashlib.sha256(own.sealing_key).hexdigest() if own.sealing_key else None,
        "released": released,
        "erased": erased.at if erased is not None else None,
        "words": words,
        "now": request.platform.clock.now(session),
    }


def _step(one: Tender, own: TenderCustodian, released: bool, erased: bool) -> str:
    """What is asked of the custodian now: key, held, release, erase, or done."""
    if own.sealing_key is None:
        return "key" if one.state == State.DRAFT.value else "done"
    if one.state in _RELEASING and not released:
        return "release"
    if one.state in (*_OPENED, *_ENDED) and not erased:
        return "erase"
    return "held" if one.state == State.PUBLISHED.value else "done"
