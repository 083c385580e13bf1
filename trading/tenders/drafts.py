"""Drafts: projects, tenders before publication, bidding documents, custodians' keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bids import names
from bids.segments import BID, PRICE
from signing.encoding import new_id
from trading.accounts.models import Organisation
from trading.errors import Conflict, NotFound, TradingError
from trading.platform import Platform
from trading.storage import Stored
from trading.tenders.lifecycle import State
from trading.tenders.models import Project, Tender, TenderCustodian, TenderDocument, TenderItem
from trading.tenders.reading import lock_tender
from trading.tenders.reserve import Reserve, certificate_of_key
from trading.tenders.rules import pack_named
from trading.tenders.terms import read_terms
from trading.web.security import Actor

# In which segments a tender may ask for bids; those before the prices open first, each judged by itself.
SEGMENTS = (
    (BID,),
    ("qualification", PRICE),
    ("technical", PRICE),
    ("qualification", "technical", PRICE),
)
_ROLE = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


class Drafts:
    """An agency's acts before the notice is signed; none of them is public or in the log."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._storage = platform.storage
        self._reserve = Reserve(platform)
        self._embedded_custodians = platform.settings.custodians_dir is not None

    def create_project(self, session: Session, actor: Actor, number: str, title: str) -> Project:
        """A project of the actor's organisation.

        Raises:
            Conflict: the number is taken.
        """
        taken = session.scalar(
            select(Project.id).where(Project.organisation_id == actor.organisation, Project.number == number)
        )
        if taken is not None:
            raise Conflict("project-number-taken", number=number)
        project = Project(
            id=new_id(),
            organisation_id=actor.organisation,
            number=number,
            title=title,
            created_at=self._clock.now(session),
        )
        session.add(project)
        session.flush()
        return project

    def create_tender(self, session: Session, actor: Actor, facts: Mapping[str, Any]) -> Tender:
        """A draft from the members that the API document gives a tender.

        Raises:
            NotFound: the project is not the actor's. TradingError: the facts don't fit together.
        """
        project = session.get(Project, facts["project"])
        if project is None or project.organisation_id != actor.organisation:
            raise NotFound("project-not-found", status=422)
        wanted = [str(entry["organisation"]) for entry in facts["custodians"]]
        tender = Tender(
            id=self._reserve.take(session, wanted, self._clock.now(session)) or new_id(),
            project_id=project.id,
            organisation_id=actor.organisation,
            state=State.DRAFT.value,
            created_at=self._clock.now(session),
            notice_digest=None,
            policy_digest=None,
            ended_reason=None,
            drafted_by=actor.person,
        )
        self._fill(session, tender, facts)
        return tender

    def update(self, session: Session, actor: Actor, tender_id: str, facts: Mapping[str, Any]) -> Tender:
        """Put other facts in a draft's place; custodians that stay keep their keys.

        Raises:
            Conflict: the tender is published. NotFound, TradingError: as create_tender.
        """
        tender = lock_tender(session, tender_id)
        if tender.state != State.DRAFT.value:
            raise Conflict("tender-not-draft")
        project = session.get(Project, facts["project"])
        if project is None or project.organisation_id != actor.organisation:
            raise NotFound("project-not-found", status=422)
        tender.project_id, tender.drafted_by = project.id, actor.person
        self._fill(session, tender, facts)
        return tender

    def store_document(self, source: BinaryIO) -> Stored:
        """Store a document's bytes, for add_document.

        Call it with no transaction open (`set_aside`): whoever bids must not wait for the disk.
        """
        return self._storage.put_stream(f"documents/{new_id()}", source)

    def add_document(
        self, session: Session, tender_id: str, name: str, media_type: str, stored: Stored
    ) -> TenderDocument:
        """Give a tender the document stored; the same bytes under the same name again are the same document.

        In a published tender it is there for the next amendment, and public with that. What is refused,
        and what was there already, is stored no more.

        Raises:
            TradingError: the name is unsafe. Conflict: the name has other bytes, or the tender is over.
        """
        try:
            document = self._document(session, tender_id, name, media_type, stored)
        except Exception:
            self._storage.delete(stored.key, stored.parts)
            raise
        if document.storage_key != stored.key:
            self._storage.delete(stored.key, stored.parts)
        return document

    def _document(
        self, session: Session, tender_id: str, name: str, media_type: str, stored: Stored
    ) -> TenderDocument:
        tender = lock_tender(session, tender_id)
        check_document(tender, name)
        for known in session.scalars(select(TenderDocument).where(TenderDocument.tender_id == tender.id)):
            if known.name == name and (known.sha256, known.size) == (stored.sha256, stored.size):
                return known
            if names.same_key(known.name) == names.same_key(name):
                raise Conflict("document-exists", name=name)
        document = TenderDocument(
            id=new_id(),
            tender_id=tender.id,
            name=name,
            media_type=media_type[:100],
            sha256=stored.sha256,
            size=stored.size,
            storage_key=stored.key,
            parts=stored.parts,
        )
        session.add(document)
        session.flush()
        return document

    def custodian_key(
        self,
        session: Session,
        actor: Actor,
        tender_id: str,
        sealing_key: bytes,
        signature: bytes,
        certificate: str | None = None,
    ) -> TenderCustodian:
        """Take a custodian's sealing key for this tender, signed by the key of one of its certificates.

        Args:
            sealing_key: the suite's public key. signature: DER ECDSA over `sealing_key_statement`.
            certificate: SHA-256 of the certificate; by default any valid one whose key signed.

        Raises:
            NotFound, Forbidden: not this tender's custodian. TradingError: no valid certificate.
            BidError: "sealing-key-signature". Conflict: the tender is published with another key.
        """
        tender = lock_tender(session, tender_id)
        row = session.scalar(
            select(TenderCustodian).where(
                TenderCustodian.tender_id == tender.id, TenderCustodian.organisation_id == actor.organisation
            )
        )
        if row is None:
            raise NotFound("custodian-not-of-tender")
        now = self._clock.now(session)
        if tender.state != State.DRAFT.value:
            if row.sealing_key == sealing_key:
                return row
            raise Conflict("custodian-key-set")
        _, signing_key = certificate_of_key(
            session, actor.organisation, now, certificate, tender.id, sealing_key, signature
        )
        row.signing_key, row.sealing_key, row.sealing_key_signature = signing_key, sealing_key, signature
        row.at = now
        session.flush()
        return row

    def _fill(self, session: Session, tender: Tender, facts: Mapping[str, Any]) -> None:
        pack = pack_named(facts["rules"])
        terms = read_terms(facts, pack, ())
        if terms.deadline <= self._clock.now(session):
            raise TradingError("tender-deadline-past", deadline=facts["deadline"])
        custodians = self._custodians(session, facts)
        tender.category, tender.title, tender.currency = facts["category"], terms.title, terms.currency
        tender.estimate, tender.ceiling, tender.deadline = terms.estimate, terms.ceiling, terms.deadline
        tender.pack, tender.pack_version = pack.name, pack.version
        tender.sandbox, tender.independent = facts.get("sandbox", False), facts.get("independent", False)
        tender.lock = facts.get("lock", False)
        tender.segments, tender.segment = _segments(facts)
        tender.threshold, tender.minimum_bidders = facts["threshold"], terms.minimum_bidders
        tender.grace_seconds = terms.grace_seconds
        session.add(tender)
        session.flush()
        put_items(session, tender.id, facts["items"])
        _put_custodians(session, tender.id, custodians)
        self._reserve.fill_in(session, tender.id, self._clock.now(session))

    def _custodians(self, session: Session, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
        wanted = [(entry["organisation"], entry["role"]) for entry in facts["custodians"]]
        count, threshold = len(wanted), facts["threshold"]
        if not count < 2 * threshold <= 2 * count:
            raise TradingError("tender-threshold", threshold=threshold, count=count)
        if threshold == 1 and not facts.get("sandbox", False):
            raise TradingError("tender-threshold-rehearsal")
        if facts.get("independent", False):
            if threshold == 1:
                raise TradingError("tender-independent-alone")
            # Whoever runs them in one process holds all their keys.
            if self._embedded_custodians:
                raise TradingError("tender-independent-embedded")
        known = {
            row.id: row.roles.split(",")
            for row in session.scalars(
                select(Organisation).where(Organisation.id.in_([id for id, _ in wanted]))
            )
        }
        for position, (id, role) in enumerate(wanted):
            if "custodian" not in known.get(id, []) or id in [other for other, _ in wanted[:position]]:
                raise TradingError("tender-custodian", organisation=id)
            if not _ROLE.fullmatch(role):
                raise TradingError("tender-custodian-role", role=role)
        return wanted


def _segments(facts: Mapping[str, Any]) -> tuple[str, str]:
    """The segments with commas between, and the first; TradingError for others than there are."""
    names = tuple(facts.get("segments", (BID,)))
    if names not in SEGMENTS:
        raise TradingError("tender-segments", segments=", ".join(names))
    return ",".join(names), names[0]


def put_items(session: Session, tender_id: str, items: Sequence[Mapping[str, str]]) -> None:
    """The bill of quantities, whole, in the given order."""
    session.execute(delete(TenderItem).where(TenderItem.tender_id == tender_id))
    session.add_all(
        TenderItem(
            tender_id=tender_id,
            position=position,
            number=item["number"],
            code=item["code"],
            description=item["description"],
            unit=item["unit"],
            quantity=item["quantity"],
        )
        for position, item in enumerate(items)
    )
    session.flush()


def _put_custodians(session: Session, tender_id: str, wanted: list[tuple[str, str]]) -> None:
    rows = session.scalars(select(TenderCustodian).where(TenderCustodian.tender_id == tender_id)).all()
    keys = {
        row.organisation_id: (row.signing_key, row.sealing_key, row.sealing_key_signature, row.at)
        for row in rows
    }
    for row in rows:
        session.delete(row)
    session.flush()
    for position, (id, role) in enumerate(wanted, 1):
        signing_key, sealing_key, signature, at = keys.get(id, (None, None, None, None))
        session.add(
            TenderCustodian(
                tender_id=tender_id,
                position=position,
                organisation_id=id,
                role=role,
                signing_key=signing_key,
                sealing_key=sealing_key,
                sealing_key_signature=signature,
                at=at,
            )
        )
    session.flush()


def check_document(tender: Tender, name: str) -> None:
    """Whether a tender takes a document of this name at all; known before its bytes are stored.

    Raises:
        TradingError: the name is unsafe. Conflict: the tender is over.
    """
    if not names.is_safe(name):
        raise TradingError("document-name", name=name)
    if tender.state not in (State.DRAFT.value, State.PUBLISHED.value):
        raise Conflict("state-refuses", state=tender.state, event="document")
