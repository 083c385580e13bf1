"""What a notice must say: what was drafted or prepared, with the custodians' keys collected here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.notice import Notice
from signing.encoding import b64encode
from trading.accounts.models import Organisation
from trading.errors import TradingError
from trading.tenders.amendments import Amendment, stored_documents
from trading.tenders.models import Project, PublishedNotice, Tender
from trading.tenders.reading import SUITE, custodians_of, items_of
from trading.tenders.terms import Terms, by_name, read_items, terms_of

# Terms that the notice has inside its policy.
_OF_POLICY = frozenset({"minimum_bidders", "grace_seconds"})


def check_facts(session: Session, tender: Tender, notice: Notice, amendment: Amendment | None) -> None:
    """A first notice says what was drafted, a later one what is prepared. Where nothing is, it changes what
    amendments may change, with documents that are stored here.

    Raises:
        TradingError: it says something else.
    """
    fixed, said = _fixed_facts(session, tender), _fixed_said(notice)
    if not all(entry["sealing_key"] for entry in fixed["policy.custodians"]):
        raise TradingError("notice-keys-missing")
    for field, value in fixed.items():
        if said[field] != value:
            raise TradingError("notice-disagrees", field=field)
    first = tender.notice_digest is None
    wanted = amendment.terms if amendment is not None else _drafted(session, tender) if first else None
    terms = terms_of(notice)
    if wanted is not None:
        for each in fields(Terms):
            if getattr(terms, each.name) != getattr(wanted, each.name):
                name = f"policy.{each.name}" if each.name in _OF_POLICY else each.name
                raise TradingError("notice-disagrees", field=name)
    elif not set(terms.documents) <= set(stored_documents(session, tender)):
        raise TradingError("notice-disagrees", field="documents")
    if notice.deadline.microsecond % 1000:
        raise TradingError("notice-disagrees", field="deadline")
    if not first and notice.policy.digest != tender.policy_digest:
        _check_new_policy(session, tender, notice)


def _check_new_policy(session: Session, tender: Tender, notice: Notice) -> None:
    """A policy that returned would bring void bids back beside those sealed since."""
    before = select(PublishedNotice.sha256).where(
        PublishedNotice.tender_id == tender.id, PublishedNotice.policy_digest == notice.policy.digest
    )
    if session.scalar(before.limit(1)) is not None:
        raise TradingError("notice-policy-returns")


def _drafted(session: Session, tender: Tender) -> Terms:
    return Terms(
        tender.title,
        tender.currency,
        tender.estimate,
        tender.ceiling,
        tender.deadline,
        tender.minimum_bidders,
        tender.grace_seconds,
        read_items(items_of(session, tender.id)),
        by_name(stored_documents(session, tender)),
    )


def _fixed_facts(session: Session, tender: Tender) -> dict[str, Any]:
    """What no amendment changes either."""
    project = session.get_one(Project, tender.project_id)
    buyer = session.get_one(Organisation, tender.organisation_id)
    return {
        "tender": tender.id,
        "project": (project.id, project.number, project.title),
        "buyer": (buyer.id, buyer.reference, buyer.name),
        "category": tender.category,
        "sandbox": tender.sandbox,
        "rules": (tender.pack, tender.pack_version),
        "policy.suite": SUITE,
        "policy.segments": tender.segment_names,
        "policy.threshold": tender.threshold,
        "policy.independent": tender.independent,
        "policy.lock": tender.lock,
        "policy.custodians": [
            {
                "id": organisation.id,
                "role": row.role,
                "name": organisation.name,
                "signing_key": _text(row.signing_key),
                "sealing_key": _text(row.sealing_key),
                "sealing_key_signature": _text(row.sealing_key_signature),
            }
            for row, organisation in custodians_of(session, tender.id)
        ],
    }


def _fixed_said(notice: Notice) -> Mapping[str, Any]:
    """The same of the notice, under the same names."""
    policy = notice.policy
    return {
        "tender": notice.tender,
        "project": (notice.project.id, notice.project.number, notice.project.title),
        "buyer": (notice.buyer.id, notice.buyer.organisation, notice.buyer.name),
        "category": notice.category,
        "sandbox": notice.sandbox,
        "rules": (notice.rules.pack, notice.rules.version),
        "policy.suite": policy.suite,
        "policy.segments": policy.segment_names,
        "policy.threshold": policy.threshold,
        "policy.independent": policy.independent,
        "policy.lock": policy.lock,
        "policy.custodians": [
            {
                "id": each.id,
                "role": each.role,
                "name": each.name,
                "signing_key": b64encode(each.signing_key),
                "sealing_key": b64encode(each.sealing_key),
                "sealing_key_signature": b64encode(each.sealing_key_signature),
            }
            for each in policy.custodians
        ],
    }


def _text(key: bytes | None) -> str:
    return b64encode(key) if key else ""
