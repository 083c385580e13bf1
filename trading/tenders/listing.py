"""A tender's place in the public lists, and its words; written when its notice is published or amended.

`listed` is a number of its own for each public tender, None for drafts: the deadline, and random bits to tell
those apart that close together. So it is a list's order and the key that its pages go by, and the full text,
whose index goes by the same number, finds tenders in that order.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, FromClause, cast, column, delete, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from trading.accounts.models import Organisation
from trading.tenders.models import FULL_TEXT, Project, Tender, TenderWords
from trading.tenders.words import for_postgresql, for_sqlite, phrases_of, words_of

_BITS = 15  # 2^63 milliseconds of all years that a time can have leave room for these
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FULL_TEXT = table(FULL_TEXT, column("rowid"), column(FULL_TEXT))


def put_in_lists(session: Session, tender: Tender, now: datetime) -> None:
    """Enter a tender by what its notice says, in place of what an earlier one said."""
    if tender.published_at is None:
        tender.published_at = now
    tender.estimate_order = estimate_order(tender.currency, tender.estimate)
    if tender.listed is None or tender.listed >> _BITS != _milliseconds(tender.deadline):
        tender.listed = _number(session, tender.deadline)
    project = session.get_one(Project, tender.project_id)
    buyer = session.get_one(Organisation, tender.organisation_id)
    session.execute(delete(TenderWords).where(TenderWords.tender_id == tender.id))
    words = words_of(tender.title, project.number, project.title, buyer.name, tender.id)
    session.add(TenderWords(listed=tender.listed, tender_id=tender.id, words=words))
    session.flush()


def estimate_order(currency: str, estimate: Decimal | None) -> str:
    """A text whose order is that of estimates, one currency after the other; those without come first."""
    return "" if estimate is None else f"{currency}{estimate:046.8f}"


@dataclass(frozen=True)
class Answers:
    """The tenders whose words answer a question: what to join by `listed`, and the condition."""

    source: FromClause
    listed: ColumnElement[int]
    found: ColumnElement[bool]


def answers_to(question: str, session: Session) -> Answers | None:
    """By the full text of the session's database; None for a question without a letter or digit."""
    phrases = phrases_of(question)
    if not phrases:
        return None
    if session.get_bind().dialect.name == "postgresql":
        wanted = cast(for_postgresql(phrases), TSQUERY)
        return Answers(
            TenderWords.__table__, TenderWords.__table__.c.listed, TenderWords.words.op("@@")(wanted)
        )
    found = _FULL_TEXT.c[FULL_TEXT].op("MATCH")(for_sqlite(phrases))
    return Answers(_FULL_TEXT, _FULL_TEXT.c.rowid, found)


def listed_number(deadline: datetime) -> int:
    """A number for a tender with this deadline."""
    return (_milliseconds(deadline) << _BITS) + secrets.randbelow(1 << _BITS)


def _number(session: Session, deadline: datetime) -> int:
    while True:
        number = listed_number(deadline)
        if session.scalar(select(Tender.id).where(Tender.listed == number)) is None:
            return number


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
