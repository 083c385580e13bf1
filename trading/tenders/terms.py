"""What a draft and an amendment have in common: read from what the API takes, or told from a notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bids.errors import BidError
from bids.money import minor_digits, parse_amount
from bids.notice import Document, Item, Notice
from signing.encoding import parse_time
from trading.errors import TradingError
from trading.tenders.rules import RulePack

DEFAULT_GRACE = 10  # seconds


@dataclass(frozen=True)
class Terms:
    """What a notice says that a later one may say otherwise; amounts in `currency`, documents by name."""

    title: str
    currency: str
    estimate: Decimal | None
    ceiling: Decimal | None
    deadline: datetime
    minimum_bidders: int
    grace_seconds: int
    items: tuple[Item, ...]
    documents: tuple[Document, ...]


def terms_of(notice: Notice) -> Terms:
    """Those of a signed notice."""
    return Terms(
        notice.title,
        notice.currency,
        notice.estimate,
        notice.ceiling,
        notice.deadline,
        notice.policy.minimum_bidders,
        notice.policy.grace_seconds,
        tuple(notice.items),
        by_name(notice.documents),
    )


def read_terms(facts: Mapping[str, Any], pack: RulePack, documents: Sequence[Document]) -> Terms:
    """Those of a draft's or an amendment's members, as the API document gives them.

    Raises:
        TradingError: they don't fit together, or the pack allows them at no time.
    """
    try:
        digits = minor_digits(facts["currency"])
    except BidError:
        raise TradingError("tender-currency-unknown", currency=facts["currency"]) from None
    deadline = parse_time(facts["deadline"])
    minimum = facts.get("minimum_bidders", pack.minimum_bidders)
    if minimum < pack.minimum_bidders:
        raise pack.refuse("minimum-bidders", "rule-minimum-bidders", minimum=pack.minimum_bidders)
    ceiling = _amount(facts, "ceiling", digits)
    if ceiling is not None and pack.rule("ceiling").value == "none":
        raise pack.refuse("ceiling", "rule-no-ceiling", pack=pack.name)
    return Terms(
        facts["title"],
        facts["currency"],
        _amount(facts, "estimate", digits),
        ceiling,
        deadline.replace(microsecond=deadline.microsecond // 1000 * 1000),
        minimum,
        facts.get("grace_seconds", DEFAULT_GRACE),
        read_items(facts["items"]),
        by_name(documents),
    )


def read_items(members: Sequence[Mapping[str, str]]) -> tuple[Item, ...]:
    """A bill of quantities from its members.

    Raises:
        TradingError: two lines have one number.
    """
    seen: set[str] = set()
    for each in members:
        if each["number"] in seen:
            raise TradingError("tender-items-duplicate", number=each["number"])
        seen.add(each["number"])
    return tuple(
        Item(each["number"], each["code"], each["description"], each["unit"], Decimal(each["quantity"]))
        for each in members
    )


def item_members(items: Sequence[Item]) -> list[dict[str, str]]:
    """A bill of quantities as notices and the API carry it."""
    return [
        {
            "number": item.number,
            "code": item.code,
            "description": item.description,
            "unit": item.unit,
            "quantity": format(item.quantity, "f"),
        }
        for item in items
    ]


def by_name(documents: Sequence[Document]) -> tuple[Document, ...]:
    """Documents in the order of their names: which stands first in a notice says nothing."""
    return tuple(sorted(documents, key=lambda document: document.name))


def _amount(facts: Mapping[str, Any], field: str, digits: int) -> Decimal | None:
    if facts.get(field) is None:
        return None
    try:
        amount = parse_amount(facts[field], digits)
    except BidError:
        amount = Decimal(0)
    if amount <= 0:
        raise TradingError("tender-amount-form", field=field, digits=digits)
    return amount
