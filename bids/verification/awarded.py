"""Evaluation and award: the ranking computed again from the offers that were opened again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bids.awards import Award, ranking_rows
from bids.custody import CheckedClosing
from bids.entries import Entry
from bids.errors import BidError
from bids.notice import Notice
from bids.package import AWARD, LOG_ENTRIES, Package
from bids.ranking import TIE_RULES, Ranked, Ranking, rank
from bids.trust import Trust
from bids.verification.findings import Book, Step
from bids.verification.log import Log, agency_statement, check_digest, check_file_digest
from bids.verification.opened import Opened
from signing.statements import Statement


@dataclass(frozen=True)
class Evaluation:
    """The agency's evaluation: rejected bids with the reason, and the order in which it parts ties."""

    digest: str
    rejections: Mapping[str, str]
    order: tuple[str, ...]


def check_award(
    package: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing, opened: Opened
) -> None:
    """1. The agency signed and logged an evaluation of this opening record. 2. The award statement is the
    platform's and logged. 3. Ranking, working and winner follow from the offers, the notice, the evaluation
    and the rule. 4. The agency signed and logged the decision for that winner."""
    evaluation = check_evaluation(book, trust, log, checked, opened)
    award: Award | None = None
    signed: Statement | None = None
    with book.step("verify-award-signed", AWARD):
        data = package.read(AWARD)
        signed = trust.platform_statement("award", data)
        award = Award.parse(signed)
        if award.tender != checked.notice.tender:
            raise BidError("award-other-tender", file=AWARD)
    if award is None or signed is None or evaluation is None:
        book.note("verify-skipped", AWARD)
        return
    with book.step("verify-award-logged", AWARD, LOG_ENTRIES):
        entry = log.only("tender.awarded")
        check_digest(entry, "award", award.digest)
        check_file_digest(entry, "award_file", data)
    with book.step("verify-award-ranking", AWARD, count=len(award.ranking)) as step:
        ranking = _rank_again(checked, opened, evaluation, award.working.get("tie"), award.rule)
        _compare(step, ranking, checked.notice, signed.statement)
        _compare_working(step, ranking, opened, evaluation, signed.statement)
    with book.step("verify-decision", LOG_ENTRIES):
        _check_decision(trust, log.only("tender.awarded"), checked, opened, award)
    _remark(book, award, ranking if not step.reasons else None, checked.notice)


def check_evaluation(
    book: Book, trust: Trust, log: Log, checked: CheckedClosing, opened: Opened
) -> Evaluation | None:
    """The agency's last logged evaluation, signed by the notice's buyer, of this opening record."""
    evaluation: Evaluation | None = None
    with book.step("verify-evaluation", LOG_ENTRIES) as step:
        entries = log.of("tender.evaluated")
        if not entries:
            raise BidError("entry-missing", act="tender.evaluated", file=LOG_ENTRIES)
        read = agency_statement(trust, "evaluation", entries[-1], checked.notice)
        members = read.statement
        if members["opening"] != opened.record.digest:
            raise BidError("evaluation-other-opening", file=LOG_ENTRIES)
        rejections = {row["bid"]: row["reason"] for row in members["rejections"]}
        known = {outcome.bid for outcome in opened.outcomes if outcome.opened}
        if len(rejections) != len(members["rejections"]) or not known.issuperset(rejections):
            raise BidError("evaluation-unknown-bid", file=LOG_ENTRIES)
        evaluation = Evaluation(read.digest, rejections, tuple(members.get("order", ())))
        step.params["count"] = str(len(rejections))
    if evaluation is not None and len(entries) > 1:
        book.note("verify-evaluated-before", LOG_ENTRIES, count=len(entries) - 1)
    return evaluation


def rank_opened(
    checked: CheckedClosing, opened: Opened, evaluation: Evaluation, tie: str, rule: str
) -> Ranking:
    """The ranking of the bids that opened, rejections applied."""
    received = {bid.bid: bid.received_at for bid in checked.current}
    ranked = [
        Ranked(
            outcome.bid,
            outcome.supplier,
            outcome.offer,
            received[outcome.bid],
            evaluation.rejections.get(outcome.bid),
            outcome.recomputed,
        )
        for outcome in opened.outcomes
        if outcome.offer is not None
    ]
    return rank(ranked, checked.notice, rule, tie, evaluation.order)


def _rank_again(
    checked: CheckedClosing, opened: Opened, evaluation: Evaluation, tie: object, rule: str
) -> Ranking:
    if not isinstance(tie, str) or tie not in TIE_RULES:
        raise BidError("rule-unknown", rule=rule, tie=tie, file=AWARD)
    return rank_opened(checked, opened, evaluation, tie, rule)


def _compare(step: Step, ranking: Ranking, notice: Notice, award: Mapping[str, Any]) -> None:
    stated = {row["bid"]: row for row in award["ranking"]}
    rows = ranking_rows(ranking, notice)
    for row in rows:
        assert isinstance(row, dict)
        bid = str(row["bid"])
        said = stated.pop(bid, None)
        if said is None:
            step.fail(BidError("award-bid-missing", bid=bid, file=AWARD))
            continue
        for member in sorted(row.keys() | said.keys()):
            if row.get(member) != said.get(member):
                step.fail(BidError("award-differs", bid=bid, member=member, file=AWARD))
    for bid in stated:
        step.fail(BidError("award-bid-unknown", bid=bid, file=AWARD))
    if not step.reasons and rows != award["ranking"]:
        step.fail(BidError("award-order", file=AWARD))
    if award["winner"] != ranking.winner:
        step.fail(BidError("award-other-winner", winner=ranking.winner or "–", file=AWARD))


def _compare_working(
    step: Step, ranking: Ranking, opened: Opened, evaluation: Evaluation, award: Mapping[str, Any]
) -> None:
    wanted = {**ranking.working, "opening": opened.record.digest, "evaluation": evaluation.digest}
    working = award["working"]
    for member in sorted(wanted.keys() | working.keys()):
        if member not in working or wanted.get(member) != working[member] or member not in wanted:
            step.fail(BidError("award-working", member=member, file=AWARD))


def _check_decision(
    trust: Trust, entry: Entry, checked: CheckedClosing, opened: Opened, award: Award
) -> None:
    decision = agency_statement(trust, "award-decision", entry, checked.notice).statement
    if (decision["opening"], decision["winner"]) != (opened.record.digest, award.winner):
        raise BidError("decision-differs", file=LOG_ENTRIES)


def _remark(book: Book, award: Award, ranking: Ranking | None, notice: Notice) -> None:
    """What the package alone cannot decide, said plainly."""
    if ranking is None:
        return
    totals = [row.total for row in ranking.rows if row.responsive]
    if len(set(totals)) < len(totals):
        book.note("verify-tie-rule", AWARD, tie=award.working["tie"], pack=notice.rules.pack)
    winner = next(row for row in ranking.rows if row.bid == award.winner)
    if notice.ceiling is not None and winner.total > notice.ceiling:
        book.note("verify-above-ceiling", AWARD, bid=winner.bid)
