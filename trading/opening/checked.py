"""A closed tender in the form that `bids` checks releases against, from our own rows.

A custodian makes the same object by checking every signature; here they were checked when each
object was received, so only what follows from them is put together.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.closing import Closing
from bids.custody import CheckedClosing, CurrentBid
from bids.ledger import parse_leaf
from bids.manifest import Manifest
from signing.notes import parse_checkpoint
from trading.accounts.models import PartyCertificate
from trading.audit.services import AuditLog
from trading.opening.models import Closing as ClosingRow
from trading.opening.record import current_on_record, leaves_on_record
from trading.platform import Platform
from trading.submission.models import Bid
from trading.tenders.models import Tender
from trading.tenders.reading import notice_in_force

_AT_ONCE = 500

# What a closing digest names can't change any more, so it is put together once a process and closing:
# all custodians of a tender release at the same moment, and then the bids are opened.
_KEPT: OrderedDict[str, CheckedClosing] = OrderedDict()
_KEPT_LOCK = Lock()
_MOST_KEPT = 4
_MOST_BIDS_KEPT = 2_000


def closing_on_record(platform: Platform, session: Session, tender: Tender) -> CheckedClosing:
    """The closed tender as recorded; about 10 kB a bid."""
    row = session.get_one(ClosingRow, tender.id)
    with _KEPT_LOCK:
        known = _KEPT.get(row.digest)
    if known is not None:
        return known
    checked = _put_together(platform, session, tender, row)
    if len(checked.current) <= _MOST_BIDS_KEPT:
        with _KEPT_LOCK:
            _KEPT[row.digest] = checked
            while len(_KEPT) > _MOST_KEPT:
                _KEPT.popitem(last=False)
    return checked


def forget(closing_digest: str) -> None:
    """Let go of a closing that nothing will ask for again soon."""
    with _KEPT_LOCK:
        _KEPT.pop(closing_digest, None)


def _put_together(
    platform: Platform, session: Session, tender: Tender, row: ClosingRow
) -> CheckedClosing:
    notice = notice_in_force(session, tender)
    raw_leaves = leaves_on_record(session, tender.id)
    ids = [leaf.bid for leaf in current_on_record(session, tender.id, notice.policy.digest, raw_leaves)]
    current = load_current(session, ids)
    head = AuditLog(platform).checkpoint(session)
    suppliers = len({bid.supplier for bid in current})
    return CheckedClosing(
        notice=notice,
        policy=notice.policy,
        closing=Closing.parse(row.raw),
        closing_digest=row.digest,
        current=tuple(current),
        suppliers=suppliers,
        minimum_reached=suppliers >= notice.policy.minimum_bidders,
        leaves=tuple(map(parse_leaf, raw_leaves)),
        accepted={bid.bid: bid for bid in current},
        checkpoint=parse_checkpoint(head, platform.keys.log_verifier, platform.keys.log_origin),
    )


def load_current(session: Session, ids: list[str]) -> list[CurrentBid]:
    """These bids with their manifests, in this order."""
    found: dict[str, CurrentBid] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = session.execute(
            select(Bid.id, Bid.supplier_id, Bid.manifest, Bid.received_at, PartyCertificate.der)
            .join(PartyCertificate, PartyCertificate.fingerprint == Bid.certificate)
            .where(Bid.id.in_(ids[start : start + _AT_ONCE]))
        )
        for row in rows:
            found[row.id] = CurrentBid(
                bid=row.id, supplier=row.supplier_id, manifest=Manifest.parse(row.manifest),
                received_at=row.received_at, certificate=x509.load_der_x509_certificate(row.der),
            )
    return [found[bid] for bid in ids]
