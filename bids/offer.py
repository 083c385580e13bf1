"""The offer: the index of a bid's public part, what is announced when the bid opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bids.errors import BidError
from bids.money import add, format_amount, line_amount, parse_decimal
from bids.notice import Notice
from bids.objects import read_object, write_object
from signing import canonical
from signing.canonical import JSON

ANNOUNCED = ("total_in_words", "delivery_days", "quality")
_PRICED = ("items", "total", "total_in_words")


@dataclass(frozen=True)
class Line:
    """A line as the bidder stated it."""

    number: str
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Offer:
    """An offer as stated; whether its amounts are right, `recompute` says. `announced` holds what of
    total_in_words, delivery_days (int) and quality the bidder gave."""

    raw: bytes
    digest: str
    currency: str
    lines: tuple[Line, ...]
    total: Decimal
    announced: Mapping[str, str | int]

    @classmethod
    def parse(cls, raw: bytes, notice: Notice) -> Offer:
        """An offer for `notice`: its items, in its order, all once, in its currency.

        Raises BidError: "price-missing" for an item without a price, "number-negative", "number-absurd",
        "amount-digits", "currency-differs", "offer-item-…", or what `read_object` raises.
        """
        members = read_object(raw, "offer")
        _check_currency(members, notice)
        for name in ("items", "total"):
            if name not in members:
                raise BidError("member-missing", path=name)
        _check_items([line["number"] for line in members["items"]], notice)
        digits = notice.digits
        # The schema has seen that each is a decimal string within bounds; only an amount's digits are left.
        lines = tuple(
            Line(
                line["number"],
                Decimal(line["unit_price"]),
                _amount(line["amount"], digits, f"items[{index}].amount"),
            )
            for index, line in enumerate(members["items"])
        )
        return cls(
            raw=raw,
            digest=canonical.digest(raw),
            currency=members["currency"],
            lines=lines,
            total=_amount(members["total"], digits, "total"),
            announced={name: members[name] for name in ANNOUNCED if name in members},
        )


@dataclass(frozen=True)
class Announcement:
    """The offer of a segment without prices: what of delivery_days and quality the bidder gave."""

    raw: bytes
    digest: str
    currency: str
    announced: Mapping[str, str | int]

    @classmethod
    def parse(cls, raw: bytes, notice: Notice) -> Announcement:
        """An announcement for `notice`; BidError "offer-priced" if it says anything of a price."""
        members = read_object(raw, "offer")
        _check_currency(members, notice)
        for name in _PRICED:
            if name in members:
                raise BidError("offer-priced", path=name)
        return cls(
            raw=raw,
            digest=canonical.digest(raw),
            currency=members["currency"],
            announced={name: members[name] for name in ANNOUNCED if name in members},
        )


@dataclass(frozen=True)
class Correction:
    """A stated amount that is not what unit price × quantity, or the sum of the lines, gives.

    `item` is None for the total, `field` "amount" or "total".
    """

    item: str | None
    field: str
    stated: Decimal
    corrected: Decimal


@dataclass(frozen=True)
class Recomputed:
    """Line amounts by item number and their sum, computed again from unit prices and quantities."""

    lines: Mapping[str, Decimal]
    total: Decimal
    corrections: tuple[Correction, ...]


def recompute(offer: Offer, notice: Notice) -> Recomputed:
    """Compute an offer's amounts again: unit price × quantity, each line rounded half up, and their sum."""
    digits = notice.digits
    amounts: dict[str, Decimal] = {}
    corrections: list[Correction] = []
    total = Decimal(0).scaleb(-digits)
    for item, line in zip(notice.items, offer.lines, strict=True):
        amount = line_amount(line.unit_price, item.quantity, digits)
        amounts[item.number] = amount
        total = add(total, amount)
        if amount != line.amount:
            corrections.append(Correction(item.number, "amount", line.amount, amount))
    if total != offer.total:
        corrections.append(Correction(None, "total", offer.total, total))
    return Recomputed(amounts, total, tuple(corrections))


def build_offer(notice: Notice, unit_prices: Mapping[str, str], **announced: str | int) -> bytes:
    """The canonical bytes of an offer with these unit prices (decimal strings by item number).

    A price may be written ".95"; it becomes "0.95". `announced`: total_in_words, delivery_days, quality.
    Raises BidError for whatever `Offer.parse` would refuse, "price-missing" and "offer-item-unknown".
    """
    digits = notice.digits
    known = {item.number for item in notice.items}
    for number in unit_prices:
        if number not in known:
            raise BidError("offer-item-unknown", item=number)
    items: list[JSON] = []
    total = Decimal(0).scaleb(-digits)
    for item in notice.items:
        if item.number not in unit_prices:
            raise BidError("price-missing", item=item.number)
        price = _normal(unit_prices[item.number], item.number)
        amount = line_amount(parse_decimal(price), item.quantity, digits)
        total = add(total, amount)
        items.append({"number": item.number, "unit_price": price, "amount": format_amount(amount, digits)})
    members: dict[str, JSON] = {
        "currency": notice.currency,
        "items": items,
        "total": format_amount(total, digits),
        **announced,
    }
    return write_object("offer", members)


def build_announcement(notice: Notice, **announced: str | int) -> bytes:
    """The canonical bytes of the offer of a segment without prices; `announced`: delivery_days, quality.

    Raises BidError for whatever `Announcement.parse` would refuse.
    """
    raw = write_object("offer", {"currency": notice.currency, **announced})
    Announcement.parse(raw, notice)
    return raw


def _check_currency(members: Mapping[str, Any], notice: Notice) -> None:
    if members["currency"] != notice.currency:
        raise BidError("currency-differs", wanted=notice.currency, currency=members["currency"])


def _normal(text: str, number: str) -> str:
    price = text.strip()
    if price.startswith("."):
        price = "0" + price
    try:
        parse_decimal(price)
    except BidError as error:
        raise BidError(error.code, path=f"unit price of item {number}", value=text[:60]) from None
    return price


def _amount(text: str, digits: int, path: str) -> Decimal:
    if len(text.partition(".")[2]) != digits:
        raise BidError("amount-digits", path=path, value=text[:60], digits=digits)
    return Decimal(text)


def _check_items(numbers: list[str], notice: Notice) -> None:
    """Say precisely how the offer's items differ from the notice's."""
    wanted = [item.number for item in notice.items]
    if numbers == wanted:
        return
    known, seen = set(wanted), set[str]()
    for number in numbers:
        if number not in known:
            raise BidError("offer-item-unknown", item=number)
        if number in seen:
            raise BidError("offer-item-duplicate", item=number)
        seen.add(number)
    for number in wanted:
        if number not in seen:
            raise BidError("price-missing", item=number)
    raise BidError("offer-item-order")
