"""The award: the agency decides, by its signature; the platform states it with its working."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bids.awards import build_award
from bids.objects import read_signed
from signing.statements import Statement
from trading.accounts.services import Accounts
from trading.audit.services import AuditLog
from trading.awards.models import PublishedAward
from trading.errors import NotFound, TradingError
from trading.evaluation.models import Evaluation
from trading.evaluation.services import ranking_on_record
from trading.opening.models import PublishedOpeningRecord
from trading.opening.statements import refuse_before_opening, sign
from trading.platform import Platform
from trading.tenders.lifecycle import Event, Facts, State, transition
from trading.tenders.models import Tender
from trading.tenders.reading import notice_in_force
from trading.tenders.rules import pack_named
from trading.tenders.services import Tenders
from trading.unlocking.record import undecided
from trading.web.security import Actor


class Awards:
    """Takes the agency's decision and publishes the award."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._accounts = Accounts(platform)
        self._tenders = Tenders(platform)
        self._log = AuditLog(platform)

    def award(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, file: bytes
    ) -> bytes:
        """Award to the bid that the agency's decision names, which must be the first in the ranking.

        The same decision again gets the award that was made.

        Returns: the signed award statement's file.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is kept.
        """
        read = read_signed(file, "award-decision")
        now = self._platform.clock.now(session)
        verified, crl = self._accounts.verify_party_signature(
            session, read.statement_bytes, read.signature, now, "agency", actor.organisation
        )
        tender = self._tenders.lock(session, tender_id)
        kept = session.get(PublishedAward, tender_id)
        if kept is not None and kept.decision == file:
            return kept.raw
        self._accounts.judge_statement(session, "award-decision", file, verified, crl, now)
        return self._publish(session, actor, address, tender, read, file)

    def published(self, session: Session, tender_id: str) -> bytes:
        """The award statement's file.

        Raises:
            NotFound: nothing is awarded.
        """
        row = session.get(PublishedAward, tender_id)
        if row is None:
            raise NotFound("award-not-found")
        return row.raw

    def _publish(
        self, session: Session, actor: Actor, address: str | None, tender: Tender, read: Statement,
        file: bytes,
    ) -> bytes:
        now = self._platform.clock.now(session)
        evaluation = session.get(Evaluation, tender.id)
        if evaluation is None:
            # Refuses: there is no way from a state without an evaluation.
            transition(State(tender.state), Event.AWARD, Facts(statement="award"))
            raise NotFound("evaluation-not-found")
        notice = notice_in_force(session, tender)
        ranking = ranking_on_record(session, notice, read_signed(evaluation.raw, "evaluation").statement)
        responsive = sum(row.responsive for row in ranking.rows)
        target = transition(
            State(tender.state), Event.AWARD, Facts(statement="award", responsive=responsive)
        )
        if left := undecided(session, tender.id):
            pack = pack_named(notice.rules.pack, notice.rules.version)
            raise pack.refuse("unlock-minutes", "award-unlock-undecided", count=len(left))
        record = session.get_one(PublishedOpeningRecord, tender.id)
        opening = record.digest
        for field, wanted in (("tender", tender.id), ("opening", opening)):
            if read.statement[field] != wanted:
                raise TradingError("award-disagrees", field=field)
        refuse_before_opening(read.statement, record.at)
        if read.statement["winner"] != ranking.winner:
            pack = pack_named(notice.rules.pack, notice.rules.version)
            raise pack.refuse("award-to-first", "award-not-first", winner=ranking.winner)
        signed = sign(self._platform, build_award(notice, ranking, opening, evaluation.digest, now), now)
        row = PublishedAward(
            tender_id=tender.id, decision=file, raw=signed.raw, digest=signed.digest,
            winner_bid=read.statement["winner"], log_position=-1, at=now,
        )
        tender.state = target
        session.add(row)
        session.flush()
        entry = self._log.append(
            session, "tender.awarded", at=now, tender=tender.id, actor=actor, address=address,
            digests={
                "award": signed.digest, "award_file": signed.file_digest, "decision": read.digest,
                "opening_record": opening, "evaluation": evaluation.digest,
            },
            statement=file,
        )
        row.log_position = entry.position
        return signed.raw
