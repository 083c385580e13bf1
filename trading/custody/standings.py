"""How each custodian of a closed tender stands: who has released, who is awaited, and what was refused."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.custody import Release as ParsedRelease
from trading.custody.models import RefusedRelease, Release
from trading.custody.standing import AWAITED, LATE, MISSING, RELEASED, Standing
from trading.opening.models import ReleaseSet
from trading.tenders.models import Tender
from trading.tenders.reading import custodians_of


def standings(session: Session, tender: Tender, segment: str) -> list[Standing]:
    """The custodians of a tender whose ledger is closed, in the policy's order."""
    frozen = session.get(ReleaseSet, (tender.id, segment)) is not None
    rows = session.execute(
        select(Release.custodian_id, Release.frozen, Release.raw).where(
            Release.tender_id == tender.id, Release.segment == segment
        )
    ).all()
    releases = {row.custodian_id: row for row in rows}
    refused = dict(
        session.execute(
            select(RefusedRelease.custodian_id, RefusedRelease.code).where(
                RefusedRelease.tender_id == tender.id
            )
        ).all()
    )
    found = []
    for row, organisation in custodians_of(session, tender.id):
        one = releases.get(organisation.id)
        if one is None:
            state = MISSING if frozen else AWAITED
        else:
            state = RELEASED if one.frozen or not frozen else LATE
        kept_back = len(ParsedRelease.parse(one.raw).refusals) if one is not None and one.frozen else None
        found.append(
            Standing(
                organisation.id, organisation.name, row.role, state, refused.get(organisation.id), kept_back
            )
        )
    return found
