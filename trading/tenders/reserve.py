"""Ids kept ready for drafts, with custodians' keys signed in advance, so that publishing waits for nobody.

A custodian's signature over a sealing key names the tender's id (bids/sealing_keys.py), so ids are drawn
before there are drafts. Each UTC day has the same number of them; they are shown to custodians for two days
whether or not a draft took them, and nothing replaces one that was taken: what custodians see tells them
nothing about drafts. When a day's ids are used up, drafts get ids of their own and ask for keys one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from bids.errors import BidError
from bids.sealing_keys import verify_sealing_key
from signing.encoding import new_id
from signing.keys import spki
from trading.accounts.models import PartyCertificate
from trading.errors import Conflict, TradingError
from trading.platform import Platform
from trading.tenders.lifecycle import State
from trading.tenders.models import ReserveDay, ReservedTender, StockKey, Tender, TenderCustodian
from trading.tenders.reading import lock_tender

_CANDIDATES = 8


@dataclass(frozen=True)
class FreshKey:
    """A custodian's sealing key for a reserved id; `certificate` (SHA-256) is that of the key that signed."""

    tender: str
    sealing_key: bytes
    signature: bytes
    certificate: str


def day_due(session: Session, now: datetime) -> str | None:
    """Today, if no ids were drawn for it yet."""
    today = _day(now)
    return today if session.get(ReserveDay, today) is None else None


class Reserve:
    """Draws ids, keeps custodians' keys for them, and gives both to drafts."""

    def __init__(self, platform: Platform) -> None:
        self._size = platform.settings.reserve_size

    def draw(self, session: Session, now: datetime) -> bool:
        """Draw today's ids, and forget those that are shown no more; whether this call did."""
        today = day_due(session, now)
        if today is None:
            return False
        session.add(ReserveDay(day=today))
        session.flush()
        session.add_all(ReservedTender(id=new_id(), day=today) for _ in range(self._size))
        old = select(ReservedTender.id).where(ReservedTender.day.not_in(_shown(now)))
        session.execute(delete(StockKey).where(StockKey.tender_id.in_(old)))
        session.execute(delete(ReservedTender).where(ReservedTender.day.not_in(_shown(now))))
        session.execute(delete(ReserveDay).where(ReserveDay.day.not_in(_shown(now))))
        return True

    def shown(self, session: Session, organisation: str, now: datetime) -> list[tuple[str, bool]]:
        """The ids shown now, and whether this custodian gave a key for each, under a valid certificate."""
        given = (
            select(StockKey.tender_id)
            .join(PartyCertificate, PartyCertificate.fingerprint == StockKey.certificate)
            .where(StockKey.organisation_id == organisation, *_valid(now))
            .subquery()
        )
        rows = session.execute(
            select(ReservedTender.id, given.c.tender_id)
            .outerjoin(given, given.c.tender_id == ReservedTender.id)
            .where(ReservedTender.day.in_(_shown(now)))
            .order_by(ReservedTender.id)
        )
        return [(row.id, row.tender_id is not None) for row in rows]

    def keep(self, session: Session, organisation: str, keys: Sequence[FreshKey], now: datetime) -> int:
        """Keep a custodian's keys for ids that are shown now; how many were.

        Raises:
            TradingError: no valid certificate. BidError: "sealing-key-signature".
        """
        kept = 0
        for key in sorted(keys, key=lambda each: each.tender):
            signed = certificate_of_key(
                session, organisation, now, key.certificate, key.tender, key.sealing_key, key.signature
            )
            reserved = _locked(session, key.tender)
            if reserved is None or reserved.day not in _shown(now):
                continue
            row = session.get(StockKey, (key.tender, organisation))
            if row is None:
                row = StockKey(tender_id=key.tender, organisation_id=organisation)
                session.add(row)
            row.certificate, row.signing_key = signed
            row.sealing_key, row.sealing_key_signature, row.at = key.sealing_key, key.signature, now
            session.flush()
            kept += 1
        return kept

    def take(self, session: Session, custodians: Sequence[str], now: datetime) -> str | None:
        """An id for a draft, the one with the most of these custodians' keys; None if none has any."""
        keys = func.count(StockKey.organisation_id)
        best = session.execute(
            select(StockKey.tender_id, keys)
            .join(ReservedTender, ReservedTender.id == StockKey.tender_id)
            .join(PartyCertificate, PartyCertificate.fingerprint == StockKey.certificate)
            .where(ReservedTender.day.in_(_shown(now)), ReservedTender.taken.is_(False))
            .where(StockKey.organisation_id.in_(custodians), *_valid(now))
            .group_by(StockKey.tender_id)
            .order_by(keys.desc(), StockKey.tender_id)
            .limit(_CANDIDATES)
        ).all()
        for row in best:
            reserved = _locked(session, row.tender_id, skip=True)
            if reserved is not None and not reserved.taken:
                reserved.taken = True
                session.flush()
                return reserved.id
        return None

    def fill_in(self, session: Session, tender_id: str, now: datetime) -> None:
        """Give a draft the keys that its custodians signed for its id, where it has none of theirs."""
        if _locked(session, tender_id) is None:
            return
        rows = session.execute(
            select(TenderCustodian, StockKey)
            .join(
                StockKey,
                (StockKey.tender_id == TenderCustodian.tender_id)
                & (StockKey.organisation_id == TenderCustodian.organisation_id),
            )
            .join(PartyCertificate, PartyCertificate.fingerprint == StockKey.certificate)
            .where(TenderCustodian.tender_id == tender_id, TenderCustodian.sealing_key.is_(None))
            .where(*_valid(now))
        ).all()
        for row, key in rows:
            row.signing_key, row.sealing_key = key.signing_key, key.sealing_key
            row.sealing_key_signature, row.at = key.sealing_key_signature, key.at
        session.flush()

    def give_up(self, session: Session, organisation: str, tender_id: str) -> None:
        """Forget a custodian's key for an id that is not published.

        Raises:
            Conflict: "custodian-key-needed": it is published with this key, or a draft takes it just now.
        """
        known = session.get(Tender, tender_id) is not None
        # The order of locks is the tender's row, then the reserved id.
        row = None
        if known:
            tender = lock_tender(session, tender_id)
            row = session.scalar(
                select(TenderCustodian).where(
                    TenderCustodian.tender_id == tender_id, TenderCustodian.organisation_id == organisation
                )
            )
            if row is not None and row.sealing_key is not None and tender.state != State.DRAFT.value:
                raise Conflict("custodian-key-needed")
        reserved = _locked(session, tender_id)
        if reserved is not None and reserved.taken and not known:
            raise Conflict("custodian-key-needed")
        if row is not None:
            row.signing_key = row.sealing_key = row.sealing_key_signature = row.at = None
        session.execute(
            delete(StockKey).where(StockKey.tender_id == tender_id, StockKey.organisation_id == organisation)
        )
        session.flush()


def certificate_of_key(
    session: Session,
    organisation: str,
    now: datetime,
    certificate: str | None,
    tender_id: str,
    sealing_key: bytes,
    signature: bytes,
) -> tuple[str, bytes]:
    """The organisation's valid certificate whose key signed this sealing key: its SHA-256, and its SPKI.

    `certificate` names one by its SHA-256; by default the newest that fits.

    Raises:
        TradingError: no valid certificate. BidError: "sealing-key-signature".
    """
    query = (
        select(PartyCertificate)
        .where(PartyCertificate.organisation_id == organisation, PartyCertificate.role == "custodian")
        .where(*_valid(now))
        .order_by(PartyCertificate.issued_at.desc())
        .limit(20)
    )
    if certificate is not None:
        query = query.where(PartyCertificate.fingerprint == certificate)
    refusal: Exception = TradingError("custodian-no-certificate")
    for row in session.scalars(query):
        key = spki(x509.load_der_x509_certificate(row.der).public_key())  # type: ignore[arg-type]
        try:
            verify_sealing_key(key, tender_id, organisation, sealing_key, signature)
        except BidError as error:
            refusal = error
        else:
            return row.fingerprint, key
    raise refusal


def _valid(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PartyCertificate.revoked_at.is_(None), PartyCertificate.expires_at > now


def _locked(session: Session, tender_id: str, skip: bool = False) -> ReservedTender | None:
    return session.scalar(
        select(ReservedTender)
        .where(ReservedTender.id == tender_id)
        .with_for_update(skip_locked=skip)
        .execution_options(populate_existing=True)
    )


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"


def _shown(now: datetime) -> tuple[str, str]:
    return _day(now), _day(now - timedelta(days=1))
