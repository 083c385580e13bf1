"""Reading tenders: the row's lock, the notice in force, and what the API says of a tender."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bids.money import format_amount, minor_digits
from bids.notice import Notice
from signing.canonical import digest, dumps
from signing.encoding import b64encode, format_time
from trading.accounts.models import Organisation
from trading.errors import NotFound
from trading.tenders.lifecycle import State
from trading.tenders.models import (
    Project,
    PublishedNotice,
    Tender,
    TenderCustodian,
    TenderDocument,
    TenderItem,
)
from trading.tenders.rules import pack_named, waivers

SUITE = "sunseal-1"

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The results that were asked for last, by their key, for all threads."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._results: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The result of that key, made if it is not there; what `make` raises is not kept."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        result = make()
        with self._lock:
            self._results[key] = result
            while len(self._results) > self._kept:
                self._results.popitem(last=False)
        return result


# By digest: parsing checks every custodian's key signature, and each bid needs a parsed notice.
_NOTICES: Recent[str, Notice] = Recent(64)


_LOCK = (
    select(Tender)
    .where(Tender.id == bindparam("tender"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_tender(session: Session, tender_id: str) -> Tender:
    """The tender, its row locked until the transaction ends; read the clock after this, never before.

    Raises:
        NotFound: "tender-not-found".
    """
    tender = session.scalar(_LOCK, {"tender": tender_id})
    if tender is None:
        raise NotFound("tender-not-found")
    return tender


def notice_in_force(session: Session, tender: Tender) -> Notice:
    """The notice that the tender stands under.

    Raises:
        NotFound: nothing is published yet.
    """
    if tender.notice_digest is None:
        raise NotFound("notice-not-found")
    return _parsed(session, tender.notice_digest)


@dataclass(frozen=True)
class NoticeOfTender:
    """A notice of a tender, when it was published and where the public log has it."""

    notice: Notice
    published_at: datetime
    log_position: int


def notices_of(session: Session, tender: Tender) -> list[NoticeOfTender]:
    """All notices of a tender, the first one first."""
    found = (
        select(PublishedNotice.sha256, PublishedNotice.published_at, PublishedNotice.log_position)
        .where(PublishedNotice.tender_id == tender.id)
        .order_by(PublishedNotice.sequence)
    )
    return [
        NoticeOfTender(_parsed(session, row.sha256), row.published_at, row.log_position)
        for row in session.execute(found)
    ]


def _parsed(session: Session, digest: str) -> Notice:
    found = select(PublishedNotice.raw).where(PublishedNotice.sha256 == digest)
    return _NOTICES.get(digest, lambda: Notice.parse(session.scalars(found).one()))


def published_notice(session: Session, tender: Tender, sha256: str | None = None) -> PublishedNotice:
    """A notice of this tender, by default the one in force.

    Raises:
        NotFound: "notice-not-found".
    """
    digest = sha256 or tender.notice_digest
    row = session.get(PublishedNotice, digest) if digest else None
    if row is None or row.tender_id != tender.id:
        raise NotFound("notice-not-found")
    return row


def items_of(session: Session, tender_id: str) -> list[dict[str, str]]:
    """The bill of quantities as notices carry it."""
    rows = session.scalars(
        select(TenderItem).where(TenderItem.tender_id == tender_id).order_by(TenderItem.position)
    )
    return [
        {
            "number": row.number,
            "code": row.code,
            "description": row.description,
            "unit": row.unit,
            "quantity": row.quantity,
        }
        for row in rows
    ]


def documents_of(session: Session, tender: Tender, all_of_them: bool) -> list[dict[str, Any]]:
    """The documents of the notice in force; for the agency those stored for the next one too."""
    rows = session.scalars(
        select(TenderDocument).where(TenderDocument.tender_id == tender.id).order_by(TenderDocument.name)
    ).all()
    if not all_of_them:
        public = {(each.name, each.sha256) for each in notice_in_force(session, tender).documents}
        rows = [row for row in rows if (row.name, row.sha256) in public]
    return [{"name": row.name, "sha256": row.sha256, "size": row.size} for row in rows]


def custodians_of(session: Session, tender_id: str) -> list[tuple[TenderCustodian, Organisation]]:
    """The custodians in the policy's order, with their organisations."""
    rows = session.execute(
        select(TenderCustodian, Organisation)
        .join(Organisation, TenderCustodian.organisation_id == Organisation.id)
        .where(TenderCustodian.tender_id == tender_id)
        .order_by(TenderCustodian.position)
    )
    return [(row, organisation) for row, organisation in rows]


def summary(tender: Tender) -> dict[str, Any]:
    """A line of the list of tenders."""
    return {
        "id": tender.id,
        "project": tender.project_id,
        "state": tender.state,
        "category": tender.category,
        "title": tender.title,
        "currency": tender.currency,
        "deadline": format_time(tender.deadline),
        "sandbox": tender.sandbox,
    }


def describe(session: Session, tender: Tender, own: bool) -> dict[str, Any]:
    """A tender as the API gives it; `own` for the agency's people, who see documents not yet public.

    Members without a value are left out, as in the notice that a client builds from this.
    """
    project = session.get_one(Project, tender.project_id)
    buyer = session.get_one(Organisation, tender.organisation_id)
    digits = minor_digits(tender.currency)
    pack = pack_named(tender.pack, tender.pack_version)
    described = {
        **summary(tender),
        "project": {"id": project.id, "number": project.number, "title": project.title},
        "buyer": {"id": buyer.id, "organisation": buyer.reference, "name": buyer.name},
        "rules": {"pack": tender.pack, "version": tender.pack_version},
        "waived": [
            {"rule": rule.id, "article": rule.article.text}
            for rule in (waivers(pack) if tender.sandbox else ())
        ],
        "threshold": tender.threshold,
        "minimum_bidders": tender.minimum_bidders,
        "grace_seconds": tender.grace_seconds,
        "independent": tender.independent,
        "lock": tender.lock,
        "segments": list(tender.segment_names),
        "segment": tender.segment,
        "items": items_of(session, tender.id),
        "custodians": [
            {"organisation": organisation.id, "role": row.role, "name": organisation.name}
            for row, organisation in custodians_of(session, tender.id)
        ],
        "documents": documents_of(session, tender, own or tender.state == State.DRAFT.value),
    }
    for name in ("estimate", "ceiling"):
        if (amount := getattr(tender, name)) is not None:
            described[name] = format_amount(amount, digits)
    for member, value in (
        ("notice", tender.notice_digest),
        ("policy", tender.policy_digest),
        ("ended_reason", tender.ended_reason),
    ):
        if value is not None:
            described[member] = value
    return described


def digest_of(shown: dict[str, Any]) -> str:
    """SHA-256 of what the API gives, in canonical form: by it a page's script knows what the page shows."""
    return digest(dumps(shown))


def sealing_policy(session: Session, tender: Tender) -> dict[str, Any]:
    """What a client builds the policy from: custodians in order, with the keys that are here already."""
    custodians = []
    for row, organisation in custodians_of(session, tender.id):
        entry = {"id": organisation.id, "role": row.role, "name": organisation.name}
        if row.signing_key and row.sealing_key and row.sealing_key_signature:
            entry["signing_key"] = b64encode(row.signing_key)
            entry["sealing_key"] = b64encode(row.sealing_key)
            entry["sealing_key_signature"] = b64encode(row.sealing_key_signature)
        custodians.append(entry)
    return {
        "tender": tender.id,
        "suite": SUITE,
        "ready": all("sealing_key" in entry for entry in custodians),
        "threshold": tender.threshold,
        "minimum_bidders": tender.minimum_bidders,
        "grace_seconds": tender.grace_seconds,
        "independent": tender.independent,
        "lock": tender.lock,
        "segments": list(tender.segment_names),
        "opens_at": format_time(tender.deadline),
        "custodians": custodians,
    }
