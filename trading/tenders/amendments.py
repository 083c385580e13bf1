"""Amendments that wait for their signature. Nothing public changes before the signed notice is in force."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.errors import BidError
from bids.money import format_amount, minor_digits
from bids.notice import Custodian, Document
from signing.encoding import format_time
from trading.accounts.services import Accounts
from trading.errors import NotFound, TradingError
from trading.platform import Platform
from trading.tenders.comparison import Comparison, compare
from trading.tenders.lifecycle import Event, Facts, State, transition
from trading.tenders.models import PreparedAmendment, PublishedNotice, Tender, TenderDocument
from trading.tenders.reading import describe, lock_tender, notice_in_force, notices_of
from trading.tenders.rules import PublicationFacts, amendment_refusals, pack_named
from trading.tenders.terms import Terms, item_members, read_terms, terms_of
from trading.web.security import Actor

# A custodian releases at the opening or, if its machine was away, soon after it.
RELEASE_TIME = timedelta(days=1)


@dataclass(frozen=True)
class Amendment:
    """A prepared amendment: its terms beside those in force."""

    row: PreparedAmendment
    terms: Terms
    comparison: Comparison


class Amendments:
    """An agency's acts before an amendment is signed."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._accounts = Accounts(platform)

    def prepare(
        self, session: Session, actor: Actor, tender_id: str, facts: Mapping[str, Any]
    ) -> PreparedAmendment:
        """Put a prepared amendment in place of what was prepared before.

        Raises:
            Conflict, TradingError, BidError: it is not open for bids, or no notice could say this now.
        """
        tender = lock_tender(session, tender_id)
        now = self._clock.now(session)
        _require_amendable(tender, now)
        terms = terms_from(session, tender, facts)
        comparison = compare(terms_of(notice_in_force(session, tender)), terms)
        for refusal in self.refusals(session, tender, terms, comparison, now):
            raise refusal
        row = session.get(PreparedAmendment, tender.id)
        members = json.dumps(_members(terms), ensure_ascii=False)
        if row is None:
            row = PreparedAmendment(tender_id=tender.id, members=members, prepared_by=actor.person, at=now)
            session.add(row)
        row.members, row.prepared_by, row.at = members, actor.person, now
        session.flush()
        return row

    def drop(self, session: Session, tender_id: str) -> None:
        """Forget what was prepared.

        Raises:
            NotFound: nothing is.
        """
        tender = lock_tender(session, tender_id)
        row = session.get(PreparedAmendment, tender.id)
        if row is None:
            raise NotFound("amendment-none")
        session.delete(row)
        session.flush()

    def refusals(
        self, session: Session, tender: Tender, terms: Terms, comparison: Comparison, now: datetime
    ) -> Iterator[TradingError | BidError]:
        """Every reason why no notice could say this now."""
        if not comparison:
            yield TradingError("amendment-nothing")
        if terms.deadline <= now:
            yield TradingError("tender-deadline-past", deadline=format_time(terms.deadline))
        if comparison.spoils:
            yield BidError("amendment-same-policy", member=comparison.spoils)
        if comparison.voids and _policy_was_used(session, tender, terms):
            yield TradingError("notice-policy-returns")
        if comparison.voids:
            lost = self.custodians_lost(session, tender, terms.deadline)
            if lost:
                until = format_time(terms.deadline + RELEASE_TIME)
                yield TradingError("notice-custodian-certificate", custodian=lost[0].name, until=until)
        issued = session.scalar(
            select(func.min(PublishedNotice.published_at)).where(PublishedNotice.tender_id == tender.id)
        )
        pack = pack_named(tender.pack, tender.pack_version)
        facts = publication_facts(terms, issued or now, tender.sandbox)
        try:
            yield from amendment_refusals(pack, facts, now, comparison.affects_bids, comparison.voids)
        except TradingError as error:  # holidays that are not announced yet
            yield error

    def custodians_lost(self, session: Session, tender: Tender, deadline: datetime) -> Sequence[Custodian]:
        """Those who could not release at that deadline, if too few are left who could; else none.

        Published, a tender has its custodians and their sealing keys for good: enough of them must do.
        """
        policy = notice_in_force(session, tender).policy
        until = deadline + RELEASE_TIME
        lost = [
            each
            for each in policy.custodians
            if not self._accounts.signs_until(session, each.id, each.signing_key, until)
        ]
        return lost if len(policy.custodians) - len(lost) < policy.threshold else []


def publication_facts(terms: Terms, published_at: datetime, sandbox: bool) -> PublicationFacts:
    """What the rules of publication look at; bids open at the deadline."""
    return PublicationFacts(
        published_at, terms.deadline, terms.deadline, terms.minimum_bidders, terms.ceiling, sandbox
    )


def prepared(session: Session, tender: Tender) -> Amendment | None:
    """What is prepared for a tender, if anything is."""
    row = session.get(PreparedAmendment, tender.id)
    if row is None or tender.state != State.PUBLISHED.value:
        return None
    terms = terms_from(session, tender, json.loads(row.members))
    return Amendment(row, terms, compare(terms_of(notice_in_force(session, tender)), terms))


def terms_from(session: Session, tender: Tender, facts: Mapping[str, Any]) -> Terms:
    """An amendment's terms from its members, its documents found among those stored.

    Raises:
        TradingError: they don't fit together, or a document is not there.
    """
    stored = {document.name: document for document in stored_documents(session, tender)}
    missing = next((name for name in facts["documents"] if name not in stored), None)
    if missing is not None:
        raise TradingError("amendment-document", name=missing)
    documents = [stored[name] for name in dict.fromkeys(facts["documents"])]
    return read_terms(facts, pack_named(tender.pack, tender.pack_version), documents)


def stored_documents(session: Session, tender: Tender) -> list[Document]:
    """All documents that a notice of this tender may name."""
    rows = session.scalars(
        select(TenderDocument).where(TenderDocument.tender_id == tender.id).order_by(TenderDocument.name)
    )
    return [Document(row.name, row.sha256, row.size) for row in rows]


def described(session: Session, tender: Tender, amendment: Amendment) -> dict[str, Any]:
    """The tender as the API gives it, with what the amended notice is to say and the notice it replaces."""
    members = _members(amendment.terms)
    shown = {key: value for key, value in describe(session, tender, True).items() if key not in _OPTIONAL}
    documents = [
        {"name": each.name, "sha256": each.sha256, "size": each.size} for each in amendment.terms.documents
    ]
    return {**shown, **members, "documents": documents, "replaces": tender.notice_digest}


_OPTIONAL = ("estimate", "ceiling")


def _members(terms: Terms) -> dict[str, Any]:
    digits = minor_digits(terms.currency)
    amounts = {name: getattr(terms, name) for name in _OPTIONAL}
    return {
        "title": terms.title,
        "currency": terms.currency,
        **{name: format_amount(value, digits) for name, value in amounts.items() if value is not None},
        "deadline": format_time(terms.deadline),
        "minimum_bidders": terms.minimum_bidders,
        "grace_seconds": terms.grace_seconds,
        "items": item_members(terms.items),
        "documents": [each.name for each in terms.documents],
    }


def _require_amendable(tender: Tender, now: datetime) -> None:
    facts = Facts(statement="notice", now=now, deadline=tender.deadline, new_deadline=now + RELEASE_TIME)
    transition(State(tender.state), Event.AMEND, facts)


def _policy_was_used(session: Session, tender: Tender, terms: Terms) -> bool:
    """A policy that returned would bring void bids back; custodians, keys and threshold are for good."""
    wanted = (terms.deadline, terms.minimum_bidders, terms.grace_seconds)
    earlier = (terms_of(each.notice) for each in notices_of(session, tender))
    return wanted in [(each.deadline, each.minimum_bidders, each.grace_seconds) for each in earlier]
