"""The agency's evaluation: which bids it rejects and why; the ranking follows from it and the offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.money import format_amount
from bids.notice import Notice
from bids.objects import read_signed
from bids.offer import Offer
from bids.ranking import Ranked, Ranking, rank
from signing.encoding import b64encode
from signing.statements import Statement
from trading.accounts.models import Organisation
from trading.accounts.services import Accounts
from trading.audit.services import AuditLog
from trading.errors import NotFound, TradingError
from trading.evaluation.models import Evaluation
from trading.opening.models import OpenedBid, PublishedOpeningRecord
from trading.opening.stages import opened_in
from trading.opening.statements import refuse_before_opening
from trading.platform import Platform
from trading.submission.models import Bid
from trading.tenders.lifecycle import Event, Facts, State, transition
from trading.tenders.models import Tender
from trading.tenders.reading import notice_in_force
from trading.tenders.rules import pack_named
from trading.tenders.services import Tenders
from trading.web.security import Actor


class Evaluations:
    """Takes the agency's signed evaluation and ranks by it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._accounts = Accounts(platform)
        self._tenders = Tenders(platform)
        self._log = AuditLog(platform)

    def evaluate(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, file: bytes
    ) -> dict[str, Any]:
        """Keep the agency's evaluation.

        1. Signature, chain, revocation, organisation, now and as of its own time; it is for this tender
           and its opening record.
        2. It rejects bids that opened, each once, and none that exceeds the ceiling is left in.
        3. It leaves no tie for the first place: the pack's tie rule or the agency's `order` parts it.
        4. Nobody responsive: the tender fails in the same transaction.

        The same evaluation again changes nothing.

        Raises:
            BidError, SigningError, TradingError: refused; nothing is kept.
        """
        read = read_signed(file, "evaluation")
        now = self._platform.clock.now(session)
        verified, crl = self._accounts.verify_party_signature(
            session, read.statement_bytes, read.signature, now, "agency", actor.organisation
        )
        tender = self._tenders.lock(session, tender_id)
        kept = session.get(Evaluation, tender_id)
        if kept is not None and kept.raw == file:
            return self.published(session, tender_id)
        now = self._platform.clock.now(session)
        target = transition(State(tender.state), Event.EVALUATE, Facts(statement="evaluation"))
        self._accounts.judge_statement(session, "evaluation", file, verified, crl, now)
        self._check(session, tender, read.statement)
        notice = notice_in_force(session, tender)
        ranking = ranking_on_record(session, notice, read.statement)
        _check_ceiling(ranking, notice)
        responsive = sum(row.responsive for row in ranking.rows)
        if responsive and ranking.winner is None:
            raise TradingError("evaluation-tied", bids=", ".join(_first(ranking)))
        tender.state = target
        self._keep(session, actor, address, tender_id, read, file)
        if not responsive:
            reason = "评审后没有实质性响应招标文件的投标。 No bid is responsive after the evaluation."
            self._tenders.fail(session, tender, reason, now)
        return _described(session, file, ranking, notice)

    def published(self, session: Session, tender_id: str) -> dict[str, Any]:
        """The evaluation on record and its ranking.

        Raises:
            NotFound: the tender is not evaluated.
        """
        row = session.get(Evaluation, tender_id)
        if row is None:
            raise NotFound("evaluation-not-found")
        notice = notice_in_force(session, session.get_one(Tender, tender_id))
        ranking = ranking_on_record(session, notice, read_signed(row.raw, "evaluation").statement)
        return _described(session, row.raw, ranking, notice)

    def _check(self, session: Session, tender: Tender, statement: Mapping[str, Any]) -> None:
        record = session.get_one(PublishedOpeningRecord, tender.id)
        refuse_before_opening(statement, record.at)
        for field, wanted in (("tender", tender.id), ("opening", record.digest)):
            if statement[field] != wanted:
                raise TradingError("evaluation-disagrees", field=field)
        opened = opened_in(session, tender.id, tender.segment_names[-1])
        rejected = [entry["bid"] for entry in statement["rejections"]]
        for bid in rejected:
            if bid not in opened or rejected.count(bid) > 1:
                raise TradingError("evaluation-rejection", bid=bid)

    def _keep(
        self, session: Session, actor: Actor, address: str | None, tender_id: str, read: Statement,
        file: bytes,
    ) -> None:
        now = self._platform.clock.now(session)
        session.add(
            Evaluation(tender_id=tender_id, raw=file, digest=read.digest, person_id=actor.person, at=now)
        )
        session.flush()
        self._log.append(
            session, "tender.evaluated", at=now, tender=tender_id, actor=actor, address=address,
            digests={"evaluation": read.digest, "opening_record": read.statement["opening"]}, statement=file,
        )


def ranking_on_record(session: Session, notice: Notice, evaluation: Mapping[str, Any]) -> Ranking:
    """Rank the offers on record by the pack's rules and an evaluation statement."""
    priced = notice.policy.segment_names[-1]
    rejected = {entry["bid"]: entry["reason"] for entry in evaluation["rejections"]}
    rows = session.execute(
        select(OpenedBid.bid_id, OpenedBid.offer, Bid.supplier_id, Bid.received_at)
        .join(Bid, OpenedBid.bid_id == Bid.id)
        .where(OpenedBid.tender_id == notice.tender, OpenedBid.segment == priced, OpenedBid.opened)
    )
    bids = [
        Ranked(
            bid=row.bid_id, supplier=row.supplier_id, offer=Offer.parse(row.offer, notice),
            received_at=row.received_at, rejected_reason=rejected.get(row.bid_id),
        )
        for row in rows
    ]
    pack = pack_named(notice.rules.pack, notice.rules.version)
    return rank(bids, notice, pack.award_rule, pack.tie, evaluation.get("order", ()))


def supplier_names(session: Session, ids: set[str]) -> dict[str, str]:
    """The names of organisations by id."""
    rows = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _check_ceiling(ranking: Ranking, notice: Notice) -> None:
    if notice.ceiling is None:
        return
    for row in ranking.rows:
        if row.responsive and row.total > notice.ceiling:
            pack = pack_named(notice.rules.pack, notice.rules.version)
            raise pack.refuse(
                "ceiling", "evaluation-above-ceiling", bid=row.bid,
                total=format_amount(row.total, notice.digits),
            )


def _first(ranking: Ranking) -> list[str]:
    return [row.bid for row in ranking.rows if row.responsive and row.rank == 1]


def _described(session: Session, file: bytes, ranking: Ranking, notice: Notice) -> dict[str, Any]:
    names = supplier_names(session, {row.supplier for row in ranking.rows})
    return {
        "file": b64encode(file),
        "tied": ranking.tied,
        "winner": ranking.winner,
        "ranking": [
            {
                "rank": row.rank, "bid": row.bid, "supplier": row.supplier,
                "supplier_name": names[row.supplier], "total": format_amount(row.total, notice.digits),
                "responsive": row.responsive, "reason": row.reason,
            }
            for row in ranking.rows
        ],
    }
