"""All that receiving a bid reads under the tender's lock, by one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BindParameter, Select, Table, and_, bindparam, exists, literal, or_, select
from sqlalchemy.orm import Session

from bids.manifest import Manifest
from trading.accounts.models import PartyCertificate
from trading.accounts.signatures import Standing
from trading.clock import Clock, clock_column
from trading.submission.models import Bid, Upload
from trading.submission.writing import StoredObject, last_received, next_position
from trading.tenders.rules import RulePack

_BIDS, _UPLOADS, _CERTIFICATES = (cast(Table, model.__table__).c for model in (Bid, Upload, PartyCertificate))


@dataclass(frozen=True)
class Found:
    """What is here, and the instant at which whatever comes now is received.

    Attributes:
        uploads: id and size of the complete uploads, by digest.
        position: of the ledger's next leaf.
        history: whether the supplier has bids here, or the bid's id is taken by anybody.
        standing: what the database says of the signer's certificate; None if it is none of ours.
    """

    now: datetime
    uploads: Mapping[str, tuple[str, int]]
    position: int
    history: bool
    standing: Standing | None


def find(
    session: Session,
    clock: Clock,
    tender_id: str,
    organisation: str,
    fingerprint: str,
    bid: str = "",
    digests: Sequence[str] = (),
) -> Found:
    """Look for what a supplier's bid or withdrawal needs; the tender's row is locked by the caller."""
    connection = session.connection()
    given = {
        "tender": tender_id,
        "organisation": organisation,
        "bid": bid,
        "digests": digests,
        "fingerprint": fingerprint,
    }
    rows = connection.execute(_FIND[connection.dialect.name], given).all()
    first = rows[0]
    standing = None
    if first.owner is not None:
        standing = Standing(first.owner, first.role, first.revoked_at)
    uploads = {row.sha256: (row.id, row.size) for row in rows if row.sha256 is not None}
    now = clock.moment(first.reading)
    if first.last_received is not None:
        # A clock that was set back must not make an honest ledger look back-dated.
        now = max(now, first.last_received)
    return Found(now, uploads, first.position, bool(first.history), standing)


def stored_objects(pack: RulePack, manifest: Manifest, found: Found) -> list[StoredObject]:
    """Each object of the manifest with the upload that holds it.

    Raises:
        TradingError: "bid-object-missing" or "bid-object-size".
    """
    objects = []
    for part in manifest.parts:
        for number, entry in enumerate(part.objects):
            upload, size = found.uploads.get(entry.sha256, ("", 0))
            if not upload:
                raise pack.refuse("incomplete-bid", "bid-object-missing", sha256=entry.sha256)
            if size != entry.size:
                raise pack.refuse(
                    "incomplete-bid", "bid-object-size", sha256=entry.sha256, found=size, stated=entry.size
                )
            objects.append(StoredObject(part.segment, part.part, number, upload))
    return objects


def _statement(dialect: str) -> Select[Any]:
    """Made once: making a statement costs as much as running it. It gives one row at least."""
    tender: BindParameter[str] = bindparam("tender")
    organisation: BindParameter[str] = bindparam("organisation")
    mine = and_(_BIDS.tender_id == tender, _BIDS.supplier_id == organisation)
    upload = and_(
        _UPLOADS.tender_id == tender,
        _UPLOADS.organisation_id == organisation,
        _UPLOADS.sha256.in_(bindparam("digests", expanding=True)),
        _UPLOADS.completed_at.is_not(None),
    )
    always = select(literal(1).label("one")).subquery()
    source = always.outerjoin(Upload.__table__, upload).outerjoin(
        PartyCertificate.__table__, _CERTIFICATES.fingerprint == bindparam("fingerprint")
    )
    columns: list[Any] = [
        _UPLOADS.sha256,
        _UPLOADS.id,
        _UPLOADS.size,
        next_position(tender).label("position"),
        last_received(tender).label("last_received"),
        exists().where(or_(mine, _BIDS.id == bindparam("bid"))).label("history"),
        _CERTIFICATES.organisation_id.label("owner"),
        _CERTIFICATES.role,
        _CERTIFICATES.revoked_at,
        clock_column(dialect).label("reading"),
    ]
    return select(*columns).select_from(source)


_FIND = {dialect: _statement(dialect) for dialect in ("sqlite", "postgresql")}
