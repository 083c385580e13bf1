"""A notice beside the one before it: what was changed, and what that means for bids sealed already. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bids.notice import Document, Item
from trading.tenders.terms import Terms

Value = str | int | datetime | Decimal | None

_FIELDS = ("title", "deadline", "minimum_bidders", "grace_seconds", "currency", "estimate", "ceiling")
_POLICY = frozenset({"deadline", "minimum_bidders", "grace_seconds"})


@dataclass(frozen=True)
class Change:
    """A field with what it said and what it says; amounts come with the currency of their side."""

    name: str
    old: Value
    new: Value
    currencies: tuple[str, str]


@dataclass(frozen=True)
class ItemChange:
    """A line of the bill by its number: new where `old` is None, gone where `new` is."""

    number: str
    old: Item | None
    new: Item | None


@dataclass(frozen=True)
class DocumentChange:
    """A document by its name: added where `old` is None, removed where `new` is."""

    name: str
    old: Document | None
    new: Document | None


@dataclass(frozen=True)
class Comparison:
    """What differs. `reordered` says that the bill has the same lines in another order."""

    fields: tuple[Change, ...]
    items: tuple[ItemChange, ...]
    reordered: bool
    documents: tuple[DocumentChange, ...]
    earlier: bool

    def __bool__(self) -> bool:
        return bool(self.fields or self.items or self.reordered or self.documents)

    def changed(self, name: str) -> bool:
        """Whether that field differs."""
        return any(change.name == name for change in self.fields)

    @property
    def voids(self) -> bool:
        """Whether the sealing policy is another one: then bids sealed before are void."""
        return any(self.changed(name) for name in _POLICY)

    @property
    def spoils(self) -> str:
        """What must not change while bids stay good, as bids.amendments has it; empty if nothing does."""
        if self.voids:
            return ""
        return "items" if self.items or self.reordered else "currency" if self.changed("currency") else ""

    @property
    def affects_bids(self) -> bool:
        """Whether bids are made from something else now, or in less time."""
        more = self.items or self.reordered or self.documents or self.earlier
        return bool(more or self.changed("currency") or self.changed("ceiling"))


def compare(old: Terms, new: Terms) -> Comparison:
    """What `new` says otherwise than `old`."""
    currencies = (old.currency, new.currency)
    fields = tuple(
        Change(name, getattr(old, name), getattr(new, name), currencies)
        for name in _FIELDS
        if getattr(old, name) != getattr(new, name)
    )
    before, after = ({item.number: item for item in terms.items} for terms in (old, new))
    numbers = [*after, *(number for number in before if number not in after)]
    items = tuple(
        ItemChange(number, before.get(number), after.get(number))
        for number in numbers
        if before.get(number) != after.get(number)
    )
    had, has = ({each.name: each for each in terms.documents} for terms in (old, new))
    documents = tuple(
        DocumentChange(name, had.get(name), has.get(name))
        for name in sorted({*had, *has})
        if had.get(name) != has.get(name)
    )
    reordered = not items and old.items != new.items
    return Comparison(fields, items, reordered, documents, new.deadline < old.deadline)
