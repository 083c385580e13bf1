"""Attachments handed to the committee: evaluators' own keys, and content keys that the agency sealed to them.

Nothing here opens anything. The platform keeps public keys, and content keys sealed to them; whose a public
key is, it alone vouches for, and so the agency compares fingerprints with each evaluator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from signing import canonical
from signing.hpke import OVERHEAD
from trading.accounts.services import check_sealing_key
from trading.errors import Conflict, NotFound, TradingError
from trading.evaluation.committee import JUDGED, Member, appointed, entitled
from trading.evaluation.models import EvaluatorKey, HandedKey
from trading.opening.attachments import BidFilesDesk
from trading.opening.stages import opened_in, shown_segment
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender
from trading.tenders.services import Tenders
from trading.web.security import Actor

SEALED = 32 + OVERHEAD  # bytes of a content key that is sealed


@dataclass(frozen=True)
class Recipient:
    """An evaluator who may be handed attachments: their key if they have one, the bids handed to that key."""

    member: Member
    key: EvaluatorKey | None
    bids: tuple[str, ...]


class Handover:
    """What the agency hands to its evaluators, sealed to each of them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tenders = Tenders(platform)

    def set_key(self, session: Session, actor: Actor, public: bytes) -> EvaluatorKey:
        """Keep an evaluator's public key, in place of an earlier one; what was handed to that opens no more.

        Raises:
            TradingError: nothing can be sealed to it.
        """
        check_sealing_key(public, "evaluator-key-unusable")
        now, digest = self._platform.clock.now(session), canonical.digest(public)
        insert_if_missing(session, EvaluatorKey, person_id=actor.person, key=public, digest=digest, at=now)
        row = session.get_one(EvaluatorKey, actor.person, with_for_update=True, populate_existing=True)
        row.key, row.digest, row.at = public, digest, now
        session.flush()
        return row

    def hand_over(
        self, session: Session, actor: Actor, tender_id: str, person_id: str, key: str,
        sealed: Mapping[str, bytes],
    ) -> None:
        """Keep content keys by bid, of the segment that is open, sealed to the evaluator's key of digest
        `key`; again replaces them.

        Raises:
            NotFound: no such evaluator of the tender, or no such bid that opened. Conflict: not the time for
            it, or another key than the evaluator's present one. TradingError: no sealed key by its size.
        """
        tender = self._tenders.lock(session, tender_id)
        if State(tender.state) not in JUDGED:
            raise Conflict("handover-time")
        if person_id not in entitled(session, tender_id):
            raise NotFound("evaluator-unknown")
        own = session.get(EvaluatorKey, person_id)
        if own is None or own.digest != key:
            raise Conflict("evaluator-key-other")
        segment = tender.segment
        if not sealed.keys() <= opened_in(session, tender_id, segment):
            raise NotFound("opinion-bid")
        if any(len(each) != SEALED for each in sealed.values()):
            raise TradingError("handed-key-size", wanted=SEALED)
        now = self._platform.clock.now(session)
        before = {row.bid_id: row for row in handed_to(session, tender_id, segment, person_id)}
        for bid, data in sealed.items():
            row = before.get(bid)
            if row is None:
                row = HandedKey(tender_id=tender_id, segment=segment, bid_id=bid, person_id=person_id)
                session.add(row)
            row.key_digest, row.sealed, row.handed_by, row.at = key, data, actor.person, now
        session.flush()

    def stream(
        self, session: Session, tender: Tender, person_id: str, bid_id: str, number: int,
        segment: str | None = None,
    ) -> tuple[int, Iterator[bytes]]:
        """The size and bytes of one ciphertext of a bid that was handed to the person; NotFound."""
        segment = shown_segment(session, tender, segment)
        if session.get(HandedKey, (tender.id, segment, bid_id, person_id)) is None:
            raise NotFound("not-handed-over")
        return BidFilesDesk(self._platform, session).stream(tender, bid_id, number, segment)


def own_key(session: Session, person_id: str) -> str:
    """The digest of the person's public key; empty if they have none."""
    row = session.get(EvaluatorKey, person_id)
    return "" if row is None else row.digest


def handed_to(session: Session, tender_id: str, segment: str, person_id: str) -> Sequence[HandedKey]:
    """What was handed to a person of a segment, by bid."""
    found = select(HandedKey).where(
        HandedKey.tender_id == tender_id, HandedKey.segment == segment, HandedKey.person_id == person_id
    )
    return session.scalars(found.order_by(HandedKey.bid_id)).all()


def recipients(session: Session, tender_id: str, segment: str) -> list[Recipient]:
    """The tender's evaluators, but for those who stand back, and what they were handed of a segment."""
    found = []
    for member in appointed(session, tender_id):
        if member.bidder:
            continue
        key = session.get(EvaluatorKey, member.person.id)
        rows = handed_to(session, tender_id, segment, member.person.id)
        bids = tuple(row.bid_id for row in rows if key is not None and row.key_digest == key.digest)
        found.append(Recipient(member, key, bids))
    return found
