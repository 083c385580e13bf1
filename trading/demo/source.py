"""The input: tenders with bills of quantities and all their bids, read with clear words for what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from bids.errors import BidError
from bids.money import add, format_amount, line_amount, minor_digits, parse_amount, parse_decimal
from trading.client.files import read_json
from trading.demo.errors import DemoError

_MAX_CONTRACTS = 200
_MAX_BIDS = 500
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# A certificate's common name takes no more.
_AGENCY_LENGTH = 64
UNNAMED = "招标人 Agency"
BUNDLED = "caltrans-bid-summaries.json"


@dataclass(frozen=True)
class SourceItem:
    """A line of the bill of quantities; `quantity` a decimal string."""

    number: str
    code: str
    description: str
    unit: str
    quantity: str


@dataclass(frozen=True)
class SourceBid:
    """A bid as the file has it; `unit_prices` decimal strings by item number, `note` why it was rejected."""

    rank: int
    bidder: str
    total: str
    responsive: bool
    note: str | None
    unit_prices: Mapping[str, str]


@dataclass(frozen=True)
class Contract:
    """A tender of the file, its bids in the order of their official ranks."""

    number: str
    title: str
    place: str
    currency: str
    estimate: str | None
    items: tuple[SourceItem, ...]
    bids: tuple[SourceBid, ...]

    def recomputed(self, bid: SourceBid) -> str:
        """Sum of unit price × quantity, each line rounded half up, as an amount of the currency."""
        digits = minor_digits(self.currency)
        total = Decimal(0).scaleb(-digits)
        for item in self.items:
            price = parse_decimal(bid.unit_prices[item.number])
            total = add(total, line_amount(price, parse_decimal(item.quantity), digits))
        return format_amount(total, digits)


@dataclass(frozen=True)
class Source:
    """The whole input; `origin` is what the file says of where it comes from."""

    origin: str
    contracts: tuple[Contract, ...]

    @property
    def agency(self) -> str:
        """Whose tenders these are: what the origin names first."""
        return re.split(r"[,，;；]", _CONTROL.sub(" ", self.origin))[0].strip()[:_AGENCY_LENGTH] or UNNAMED

    @property
    def bidders(self) -> tuple[str, ...]:
        """All bidders, each once, in the order of the file."""
        return tuple(dict.fromkeys(bid.bidder for one in self.contracts for bid in one.bids))

    @property
    def bid_count(self) -> int:
        """Bids in all tenders."""
        return sum(len(one.bids) for one in self.contracts)


def bundled() -> Path:
    """The file that comes with Sunseal."""
    return Path(str(files("trading.demo") / BUNDLED))


def read_source(path: Path) -> Source:
    """The tenders of a file.

    Raises:
        DemoError: "input", naming contract, bid and item. ClientError: unreadable or no JSON.
    """
    return _Reader(path).source(read_json(path))


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def _wrong(self, place: str, reason: str) -> DemoError:
        return DemoError("input", path=self._path, place=place, reason=reason)

    def source(self, value: Any) -> Source:
        if not isinstance(value, dict) or not isinstance(value.get("contracts"), list):
            raise self._wrong("file", "it must be an object with a list `contracts`.")
        rows = value["contracts"]
        if not 1 <= len(rows) <= _MAX_CONTRACTS:
            raise self._wrong("contracts", f"there must be 1 to {_MAX_CONTRACTS}.")
        contracts = tuple(self._contract(row, index) for index, row in enumerate(rows))
        numbers = [one.number for one in contracts]
        for number in numbers:
            if numbers.count(number) > 1:
                raise self._wrong(f"contract {number}", "this contract_number stands twice.")
        return Source(str(value.get("source", "")), contracts)

    def _contract(self, row: Any, index: int) -> Contract:
        place = f"contracts[{index}]"
        number = self._text(row, "contract_number", place, 64)
        place = f"contract {number}"
        currency = self._text(row, "currency", place, 3)
        if not _CURRENCY.fullmatch(currency):
            raise self._wrong(place, "currency must be three capital letters, such as USD.")
        items = self._items(row, place)
        return Contract(
            number=number,
            title=self._text(row, "title", place, 400),
            place=_CONTROL.sub(" ", str(row.get("place") or ""))[:500].strip(),
            currency=currency,
            estimate=self._estimate(row, currency, place),
            items=items,
            bids=self._bids(row, currency, {item.number for item in items}, place),
        )

    def _estimate(self, row: Mapping[str, Any], currency: str, place: str) -> str | None:
        if row.get("engineers_estimate") is None:
            return None
        return self._amount(row["engineers_estimate"], currency, f"{place}, engineers_estimate")

    def _items(self, row: Mapping[str, Any], place: str) -> tuple[SourceItem, ...]:
        rows = self._list(row, "items", place)
        items = []
        for index, each in enumerate(rows):
            at = f"{place}, items[{index}]"
            number = self._number_of(each, at)
            at = f"{place}, item {number}"
            items.append(
                SourceItem(
                    number=number,
                    code=str(each.get("code") or "")[:64],
                    description=self._text(each, "description", at, 2000),
                    unit=str(each.get("unit") or "")[:64],
                    quantity=self._decimal(each.get("quantity"), f"{at}, quantity"),
                )
            )
        numbers = [item.number for item in items]
        for number in numbers:
            if numbers.count(number) > 1:
                raise self._wrong(f"{place}, item {number}", "this number stands twice.")
        return tuple(items)

    def _number_of(self, item: Any, place: str) -> str:
        number = item.get("number") if isinstance(item, dict) else None
        if isinstance(number, bool) or not isinstance(number, (int, str)) or not str(number).strip():
            raise self._wrong(place, "number is missing.")
        return str(number)[:64]

    def _bids(
        self, row: Mapping[str, Any], currency: str, numbers: set[str], place: str
    ) -> tuple[SourceBid, ...]:
        rows = self._list(row, "bids", place)
        if len(rows) > _MAX_BIDS:
            raise self._wrong(place, f"there may be {_MAX_BIDS} bids at most.")
        bids = [self._bid(each, currency, numbers, place, index) for index, each in enumerate(rows)]
        names = [bid.bidder for bid in bids]
        for name in names:
            if names.count(name) > 1:
                raise self._wrong(f"{place}, bidder {name}", "this bidder stands twice.")
        ordered = sorted(bids, key=lambda bid: bid.rank)
        ranks = [bid.rank for bid in ordered]
        if any(rank > index for index, rank in enumerate(ranks, 1)):
            raise self._wrong(place, "the ranks must go from 1 on without gaps.")
        return tuple(ordered)

    def _bid(self, row: Any, currency: str, numbers: set[str], place: str, index: int) -> SourceBid:
        bidder = self._text(row, "bidder", f"{place}, bids[{index}]", 64)
        at = f"{place}, bidder {bidder}"
        rank = row.get("rank")
        if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
            raise self._wrong(at, "rank must be a whole number from 1 on.")
        responsive = row.get("responsive", True)
        if not isinstance(responsive, bool):
            raise self._wrong(at, "responsive must be true or false.")
        note = row.get("official_note")
        if note is not None and (not isinstance(note, str) or not note.strip()):
            raise self._wrong(at, "official_note must be text or null.")
        prices = row.get("unit_prices")
        if not isinstance(prices, dict):
            raise self._wrong(at, "unit_prices must be an object, item number to price.")
        for number in prices.keys() - numbers:
            raise self._wrong(f"{at}, item {number}", "the contract has no such item.")
        for number in sorted(numbers - prices.keys(), key=lambda text: (len(text), text)):
            raise self._wrong(f"{at}, item {number}", "the unit price is missing.")
        return SourceBid(
            rank=rank,
            bidder=bidder,
            total=self._amount(row.get("total"), currency, f"{at}, total"),
            responsive=responsive,
            note=note,
            unit_prices={
                number: self._decimal(price, f"{at}, item {number}") for number, price in prices.items()
            },
        )

    def _list(self, row: Mapping[str, Any], name: str, place: str) -> list[Any]:
        value = row.get(name)
        if not isinstance(value, list) or not value:
            raise self._wrong(place, f"{name} must be a list that is not empty.")
        return value

    def _text(self, row: Any, name: str, place: str, most: int) -> str:
        value = row.get(name) if isinstance(row, dict) else None
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(place, f"{name} is missing.")
        if len(value) > most or _CONTROL.search(value):
            raise self._wrong(place, f"{name} is longer than {most} characters or has control characters.")
        return value

    def _decimal(self, value: Any, place: str) -> str:
        """A number as a decimal string; ".95" is 0.95."""
        text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        text = f"0{text}" if text.startswith(".") else text
        try:
            parse_decimal(text)
        except BidError:
            shown = json.dumps(value, ensure_ascii=False)[:60]
            raise self._wrong(place, f"{shown} is not a price or quantity such as 12.50.") from None
        return text

    def _amount(self, value: Any, currency: str, place: str) -> str:
        """An amount with exactly the currency's minor digits; fewer are filled up."""
        text = self._decimal(value, place)
        digits = minor_digits(currency)
        whole, _, fraction = text.partition(".")
        padded = f"{whole}.{fraction.ljust(digits, '0')}" if digits else whole
        try:
            parse_amount(padded, digits)
        except BidError:
            raise self._wrong(place, f"{text} has more than {digits} digits after the point.") from None
        if not digits and fraction.strip("0"):
            raise self._wrong(place, f"{text} has digits after the point, and {currency} has none.")
        return padded
