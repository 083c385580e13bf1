"""Evaluators: appointed and dismissed by the agency, in confidence; their opinions on each bid.

Who they are is confidential until the award (Order 20 art. 33-34): the agency and each of them know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.accounts.models import Organisation, Person
from trading.errors import Conflict, NotFound, TradingError
from trading.evaluation.models import Evaluator, Opinion
from trading.opening.models import OpenedBid
from trading.opening.stages import opened_segments
from trading.platform import Platform
from trading.sign_in.models import PersonRole
from trading.submission.models import Bid
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.services import Tenders
from trading.web.permissions import Role
from trading.web.security import Actor

MOST = 30  # evaluators of a tender
_APPOINTING = (State.PUBLISHED, State.CLOSED, State.OPENING, State.JUDGING, State.OPENED)
JUDGED = (State.JUDGING, State.OPENED)  # a segment is open, and the agency has not signed yet


@dataclass(frozen=True)
class Member:
    """An appointed person; `bidder` if their own organisation has bid, which shuts them out."""

    row: Evaluator
    person: Person
    organisation: Organisation
    bidder: bool


class Committee:
    """The evaluators of tenders."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tenders = Tenders(platform)

    def appoint(self, session: Session, actor: Actor, tender_id: str, person_id: str) -> Evaluator:
        """Appoint a person with the evaluator's role; again is as well.

        Raises:
            NotFound: no such evaluator. Conflict: not the time for it. TradingError: too many, or the
            agency's own person in charge.
        """
        tender = self._tenders.lock(session, tender_id)
        _refuse_unless(tender, _APPOINTING, "evaluators-late")
        if person_id not in {person.id for person, _ in candidates(session)}:
            raise NotFound("evaluator-unknown")
        if person_id == actor.person:
            raise TradingError("evaluator-oneself")
        now = self._platform.clock.now(session)
        row = session.get(Evaluator, (tender_id, person_id))
        if row is not None and row.dismissed_at is None:
            return row
        if len(appointed(session, tender_id)) >= MOST:
            raise TradingError("evaluators-many", most=MOST)
        if row is None:
            row = Evaluator(
                tender_id=tender_id, person_id=person_id, appointed_by=actor.person, appointed_at=now
            )
            session.add(row)
        row.appointed_by, row.appointed_at, row.dismissed_at = actor.person, now, None
        session.flush()
        return row

    def dismiss(self, session: Session, tender_id: str, person_id: str) -> None:
        """The person evaluates no more, and what they said counts for nothing; again is as well. NotFound."""
        tender = self._tenders.lock(session, tender_id)
        _refuse_unless(tender, _APPOINTING, "evaluators-late")
        row = session.get(Evaluator, (tender_id, person_id))
        if row is None:
            raise NotFound("evaluator-unknown")
        if row.dismissed_at is None:
            row.dismissed_at = self._platform.clock.now(session)
        session.flush()

    def say(
        self, session: Session, actor: Actor, tender_id: str, bid_id: str, responsive: bool, reason: str
    ) -> Opinion:
        """Keep what the evaluator says of a bid in the segment that is open; it may be changed until the
        agency has signed.

        Raises:
            NotFound: not a bid that opened. Conflict: not the time for it. TradingError: rejected without a
            reason.
        """
        tender = self._tenders.lock(session, tender_id)
        _refuse_unless(tender, JUDGED, "opinion-late")
        opened = session.get(OpenedBid, (tender_id, tender.segment, bid_id))
        if opened is None or not opened.opened:
            raise NotFound("opinion-bid")
        if not responsive and not reason:
            raise TradingError("opinion-reason")
        now = self._platform.clock.now(session)
        row = session.get(Opinion, (tender_id, tender.segment, bid_id, actor.person))
        if row is None:
            row = Opinion(
                tender_id=tender_id, segment=tender.segment, bid_id=bid_id, person_id=actor.person
            )
            session.add(row)
        row.responsive, row.reason, row.at = responsive, reason, now
        session.flush()
        return row


def _refuse_unless(tender: Tender, states: Sequence[State], code: str) -> None:
    if State(tender.state) not in states:
        raise Conflict(code)


def candidates(session: Session) -> list[tuple[Person, Organisation]]:
    """Everybody who evaluates here, of whatever organisation, by name."""
    found = (
        select(Person, Organisation)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(PersonRole.role == Role.EVALUATOR)
        .order_by(Person.name, Person.id)
    )
    return [(row.Person, row.Organisation) for row in session.execute(found)]


def appointed(session: Session, tender_id: str) -> list[Member]:
    """A tender's evaluators. Whether one belongs to a bidder is told only after the opening."""
    found = (
        select(Evaluator, Person, Organisation)
        .join(Person, Person.id == Evaluator.person_id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Evaluator.tender_id == tender_id, Evaluator.dismissed_at.is_(None))
        .order_by(Person.name, Person.id)
    )
    bidders: set[str] = set()
    if opened_segments(session, session.get_one(Tender, tender_id)):
        bidders = set(session.scalars(select(Bid.supplier_id).where(Bid.tender_id == tender_id)))
    return [
        Member(row.Evaluator, row.Person, row.Organisation, row.Organisation.id in bidders)
        for row in session.execute(found)
    ]


def entitled(session: Session, tender_id: str) -> list[str]:
    """The persons who evaluate a tender: appointed, and of no bidder."""
    return [member.person.id for member in appointed(session, tender_id) if not member.bidder]


def opinions_of(
    session: Session, tender_id: str, segment: str, persons: Sequence[str]
) -> dict[str, list[Opinion]]:
    """What these evaluators say of a segment, by bid, the earliest first."""
    found = select(Opinion).where(
        Opinion.tender_id == tender_id, Opinion.segment == segment, Opinion.person_id.in_(persons)
    )
    by_bid: dict[str, list[Opinion]] = {}
    for row in session.scalars(found.order_by(Opinion.at, Opinion.person_id)):
        by_bid.setdefault(row.bid_id, []).append(row)
    return by_bid


def tenders_of(session: Session, person_id: str, most: int) -> Sequence[Tender]:
    """The tenders that a person evaluates, the next to open first."""
    found = (
        select(Tender)
        .join(Evaluator, Evaluator.tender_id == Tender.id)
        .where(Evaluator.person_id == person_id, Evaluator.dismissed_at.is_(None))
        .order_by(Tender.deadline.desc(), Tender.id)
        .limit(most)
    )
    return session.scalars(found).all()
