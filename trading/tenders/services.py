"""What makes a tender public or ends it: publication, amendment, cancellation, failure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bids.amendments import check_amendment
from bids.examination import examine_notice
from bids.notice import Notice
from bids.objects import build_statement, read_signed
from signing.encoding import format_time
from signing.statements import sign_statement
from trading.accounts.models import Crl
from trading.accounts.services import Accounts
from trading.accounts.signatures import check_signing_time
from trading.audit.services import AuditLog
from trading.errors import TradingError
from trading.platform import Platform
from trading.sign_in.sessions import others_in_role
from trading.tenders.agreement import check_facts
from trading.tenders.amendments import RELEASE_TIME, Amendment, Amendments, prepared, publication_facts
from trading.tenders.comparison import compare
from trading.tenders.drafts import Drafts, put_items
from trading.tenders.lifecycle import Event, Facts, State, transition
from trading.tenders.listing import put_in_lists
from trading.tenders.models import PreparedAmendment, PublishedNotice, Tender, TenderCustodian
from trading.tenders.reading import lock_tender, notice_in_force
from trading.tenders.rules import Rule, amendment_refusals, check_publication, pack_named, waivers
from trading.tenders.terms import item_members, terms_of
from trading.web.security import Actor


@dataclass(frozen=True)
class Publication:
    """What a publication came to: digests of notice and policy, its place in the log, rules waived."""

    notice: str
    policy: str
    log_position: int
    waived: tuple[Rule, ...]


class Tenders:
    """The public acts on a tender. Each locks its row, then reads the clock, and writes the log last."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._clock = platform.clock
        self._accounts = Accounts(platform)
        self._log = AuditLog(platform)
        self._drafts = Drafts(platform)
        self._amendments = Amendments(platform)

    def lock(self, session: Session, tender_id: str) -> Tender:
        """See reading.lock_tender."""
        return lock_tender(session, tender_id)

    def notice_of(self, session: Session, tender: Tender) -> Notice:
        """See reading.notice_in_force."""
        return notice_in_force(session, tender)

    def custodian_key(
        self,
        session: Session,
        actor: Actor,
        tender_id: str,
        sealing_key: bytes,
        signature: bytes,
        certificate: str | None = None,
    ) -> TenderCustodian:
        """See drafts.Drafts.custodian_key."""
        return self._drafts.custodian_key(session, actor, tender_id, sealing_key, signature, certificate)

    def publish(
        self,
        session: Session,
        actor: Actor,
        address: str | None,
        tender_id: str,
        raw: bytes,
        signature: bytes,
    ) -> Publication:
        """Publish a draft, or amend a published tender, by the notice that the agency signed.

        1. The notice is well-formed and canonical; signature, chain and revocation hold; the signer is
           the tender's agency.
        2. The tender is a draft, or published and before its deadline; a notice names the one it replaces.
        3. It says what was drafted or prepared, with the custodians' keys collected and the documents stored
           here; see agreement.py.
        4. Custodians and bidders, who judge it by its own time, will believe it.
        5. The custodians will be able to release: to a key of the agency's, under certificates that hold.
        6. Another person than the signer drafted or prepared it, where there is another.
        7. The rule pack allows it.

        The same notice again is answered as the first time. A new policy makes earlier bids void.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is changed.
        """
        notice = Notice.parse(raw)
        verified, crl = self._accounts.verify_party_signature(
            session, raw, signature, self._clock.now(session), "agency", actor.organisation
        )
        tender = lock_tender(session, tender_id)
        now = self._clock.now(session)
        if tender.notice_digest == notice.digest:
            return self._published_before(session, tender, notice)
        first = tender.notice_digest is None
        event = Event.PUBLISH if first else Event.AMEND
        transition(
            State(tender.state),
            event,
            Facts(
                statement="notice",
                now=now,
                deadline=notice.deadline if first else tender.deadline,
                new_deadline=notice.deadline,
            ),
        )
        check_signing_time(notice.at, now)
        if notice.replaces != tender.notice_digest:
            raise TradingError("notice-replaces")
        amendment = None if first else prepared(session, tender)
        check_facts(session, tender, notice, amendment)
        if not first:
            check_amendment(notice, notice_in_force(session, tender))
        examine_notice(raw, signature, self._accounts.trust_in(session, verified, crl))
        self._check_release(session, tender, notice, first)
        self._check_second_person(session, tender, actor, amendment)
        waived = self._check_rules(session, tender, notice, now)
        return self._write(session, actor, address, tender, notice, signature, crl, now, waived)

    def cancel(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, file: bytes
    ) -> Tender:
        """End a tender by the agency's signed cancellation; nobody opens its bids any more.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is changed.
        """
        statement = read_signed(file, "cancellation")
        verified, crl = self._accounts.verify_party_signature(
            session,
            statement.statement_bytes,
            statement.signature,
            self._clock.now(session),
            "agency",
            actor.organisation,
        )
        tender = lock_tender(session, tender_id)
        now = self._clock.now(session)
        members = statement.statement
        for field, own in (("tender", tender.id), ("notice", tender.notice_digest)):
            if members[field] != own:
                raise TradingError("cancellation-disagrees", field=field)
        facts = Facts(statement="cancellation", reason=members["reason"])
        tender.state = transition(State(tender.state), Event.CANCEL, facts).value
        self._accounts.judge_statement(session, "cancellation", file, verified, crl, now)
        tender.ended_reason = members["reason"]
        session.flush()
        self._log.append(
            session,
            "tender.cancelled",
            at=now,
            tender=tender.id,
            actor=actor,
            address=address,
            digests={"cancellation": statement.digest, "notice": members["notice"]},
            statement=file,
        )
        return tender

    def fail(
        self, session: Session, tender: Tender, reason: str, at: datetime, closing: str | None = None
    ) -> bytes:
        """End a closed tender without award, by a signed failure statement; the last write of a transaction.

        Args:
            tender: its row locked by the caller. closing: digest of the closing statement, if there is one.

        Returns: the signed statement's file.
        """
        facts = Facts(statement="failure", reason=reason)
        tender.state = transition(State(tender.state), Event.FAIL, facts).value
        tender.ended_reason = reason
        members: dict[str, Any] = {"at": format_time(at), "tender": tender.id, "reason": reason}
        digests: dict[str, str] = {}
        if closing is not None:
            members["closing"] = digests["closing"] = closing
        file = sign_statement(build_statement("failure", members), self._platform.keys.statement, at)
        session.flush()
        self._log.append(
            session,
            "tender.failed",
            at=at,
            tender=tender.id,
            actor=None,
            address=None,
            digests=digests,
            statement=file,
        )
        return file

    def _published_before(self, session: Session, tender: Tender, notice: Notice) -> Publication:
        row = session.get_one(PublishedNotice, notice.digest)
        pack = pack_named(tender.pack, tender.pack_version)
        waived = waivers(pack) if notice.sandbox else ()
        return Publication(notice.digest, notice.policy.digest, row.log_position, waived)

    def _check_second_person(
        self, session: Session, tender: Tender, actor: Actor, amendment: Amendment | None
    ) -> None:
        """Where more than one person signs in for the agency, none publishes what nobody else has seen."""
        if not others_in_role(session, actor.organisation, actor.role, actor.person):
            return
        if tender.notice_digest is None:
            if tender.drafted_by == actor.person:
                raise TradingError("second-person")
        elif amendment is None:
            raise TradingError("amendment-unprepared")
        elif amendment.row.prepared_by == actor.person:
            raise TradingError("amendment-own")

    def _check_release(self, session: Session, tender: Tender, notice: Notice, first: bool) -> None:
        """Nobody shall bid where custodians could not release."""
        if not self._accounts.can_be_sealed_to(session, tender.organisation_id):
            raise TradingError("notice-envelope-key-missing")
        if not first and notice.policy.digest == tender.policy_digest:
            return
        until = notice.policy.opens_at + RELEASE_TIME
        if first:
            ending = [
                each
                for each in notice.policy.custodians
                if not self._accounts.signs_until(session, each.id, each.signing_key, until)
            ]
        else:
            ending = list(self._amendments.custodians_lost(session, tender, notice.policy.opens_at))
        if ending:
            raise TradingError(
                "notice-custodian-certificate", custodian=ending[0].name, until=format_time(until)
            )

    def _check_rules(
        self, session: Session, tender: Tender, notice: Notice, now: datetime
    ) -> tuple[Rule, ...]:
        issued = session.scalar(
            select(func.min(PublishedNotice.published_at)).where(PublishedNotice.tender_id == tender.id)
        )
        pack = pack_named(notice.rules.pack, notice.rules.version)
        terms = terms_of(notice)
        facts = publication_facts(terms, issued or now, notice.sandbox)
        if tender.notice_digest is not None:
            found = compare(terms_of(notice_in_force(session, tender)), terms)
            for refusal in amendment_refusals(pack, facts, now, found.affects_bids, found.voids):
                raise refusal
        return check_publication(pack, facts)

    def _write(
        self,
        session: Session,
        actor: Actor,
        address: str | None,
        tender: Tender,
        notice: Notice,
        signature: bytes,
        crl: Crl,
        now: datetime,
        waived: tuple[Rule, ...],
    ) -> Publication:
        first = tender.notice_digest is None
        sequence = session.scalar(
            select(func.count()).select_from(PublishedNotice).where(PublishedNotice.tender_id == tender.id)
        )
        tender.state = State.PUBLISHED.value
        tender.title, tender.currency, tender.deadline = notice.title, notice.currency, notice.deadline
        tender.estimate, tender.ceiling = notice.estimate, notice.ceiling
        tender.minimum_bidders = notice.policy.minimum_bidders
        tender.grace_seconds = notice.policy.grace_seconds
        tender.notice_digest, tender.policy_digest = notice.digest, notice.policy.digest
        if not first:
            put_items(session, tender.id, item_members(notice.items))
            session.execute(delete(PreparedAmendment).where(PreparedAmendment.tender_id == tender.id))
        row = PublishedNotice(
            sha256=notice.digest,
            tender_id=tender.id,
            sequence=sequence,
            raw=notice.raw,
            signature=signature,
            policy_digest=notice.policy.digest,
            crl_sha256=crl.sha256,
            log_position=-1,
            published_at=now,
        )
        session.add(row)
        put_in_lists(session, tender, now)
        entry = self._log.append(
            session,
            "tender.published" if first else "tender.amended",
            at=now,
            tender=tender.id,
            actor=actor,
            address=address,
            digests={"notice": notice.digest, "policy": notice.policy.digest},
            statement=None,
        )
        row.log_position = entry.position
        session.flush()
        return Publication(notice.digest, notice.policy.digest, entry.position, waived)
