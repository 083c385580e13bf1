"""Rule packs: the statutes' numbers as data, each rule with its article; typed, versioned, checked when read.

A tender is pinned to a pack's version when it is published. Rules that count days, or the hours to seal
again, are waived in sandbox mode, and the waiver is on record; all others hold always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from signing.encoding import format_time
from trading.errors import NotFound, TradingError
from trading.tenders.calendar import day_of, last_day

_FOLDER = Path(__file__).resolve().parent / "packs"

RuleValue = int | bool | str


class PackError(Exception):
    """A rule pack's file is malformed; the text says where. Found at the start, never in a request."""


@dataclass(frozen=True)
class Article:
    """Where a rule is written, or what it is called, in both languages."""

    zh: str
    en: str

    @property
    def text(self) -> str:
        """Both at once, as problems and records cite it."""
        return f"{self.zh} / {self.en}"


@dataclass(frozen=True)
class Rule:
    """One rule: its name, value and article, and whether it counts time (then a sandbox waives it)."""

    id: str
    title: Article
    value: RuleValue
    article: Article
    counts_days: bool

    @property
    def unit(self) -> Article:
        """What it counts, where it counts."""
        return _HOURS if self.id == "reseal-hours" else _DAYS


_DAYS, _HOURS = Article("日", "days"), Article("小时", "hours")


@dataclass(frozen=True)
class RulePack:
    """A pack as read; `rule` gives any of its rules, the properties those that code asks for."""

    name: str
    version: str
    title: Article
    rules: Mapping[str, Rule]

    def rule(self, id: str) -> Rule:
        """The rule of that id; every pack has all of them."""
        return self.rules[id]

    def refuse(self, rule: str, code: str, **params: object) -> TradingError:
        """The refusal `code` under `rule`, with its article."""
        texts: dict[str, Any] = params
        return TradingError(code, rule=rule, article=self.rules[rule].article.text, **texts)

    @property
    def minimum_bidders(self) -> int:
        """Fewer distinct suppliers at closing: nothing is opened."""
        return int(self.rules["minimum-bidders"].value)

    @property
    def minimum_after_opening(self) -> bool:
        """Whether the minimum is counted again among the bids that opened."""
        return bool(self.rules["minimum-after-opening"].value)

    @property
    def minimum_after_stage(self) -> bool:
        """Whether the minimum is counted again among the suppliers that a stage statement admits."""
        return bool(self.rules["minimum-after-stage"].value)

    @property
    def resupply(self) -> timedelta:
        """How long a bidder may supply again, to the byte, what storage lost of its bid."""
        return timedelta(minutes=int(self.rules["resupply-minutes"].value))

    @property
    def unlock_minutes(self) -> int:
        """How long bidders with a lock of their own have to unlock at the opening."""
        return int(self.rules["unlock-minutes"].value)

    @property
    def reseal(self) -> timedelta:
        """How long bidders have at least to seal again what an amendment voids."""
        return timedelta(hours=int(self.rules["reseal-hours"].value))

    @property
    def award_rule(self) -> str:
        """How bids are ranked."""
        return str(self.rules["award-rule"].value)

    @property
    def tie(self) -> str:
        """How equal totals are parted: earlier-receipt, or order (the agency's signed one)."""
        return str(self.rules["tie"].value)

    @property
    def corrections(self) -> str:
        """What stands where total and unit prices differ."""
        return str(self.rules["corrections"].value)


@dataclass(frozen=True)
class PublicationFacts:
    """What the rules of publication look at; times aware, amounts in the notice's currency."""

    published_at: datetime
    deadline: datetime
    opens_at: datetime
    minimum_bidders: int
    ceiling: Decimal | None
    sandbox: bool


def check_publication(pack: RulePack, facts: PublicationFacts) -> tuple[Rule, ...]:
    """The rules waived for this publication, which are those that count days, in sandbox mode alone.

    Raises:
        TradingError: a rule is broken, with rule and article; "calendar-unknown".
    """
    for refusal in publication_refusals(pack, facts):
        raise refusal
    return waivers(pack) if facts.sandbox else ()


def publication_refusals(pack: RulePack, facts: PublicationFacts) -> Iterator[TradingError]:
    """Every rule that a publication would break.

    Raises:
        TradingError: "calendar-unknown".
    """
    if facts.opens_at != facts.deadline:
        yield pack.refuse("opening-at-deadline", "rule-opening-time")
    if facts.minimum_bidders < pack.minimum_bidders:
        yield pack.refuse("minimum-bidders", "rule-minimum-bidders", minimum=pack.minimum_bidders)
    if facts.ceiling is not None and pack.rule("ceiling").value == "none":
        yield pack.refuse("ceiling", "rule-no-ceiling", pack=pack.name)
    if facts.sandbox:
        return
    for id, code in (
        ("documents-to-deadline", "rule-documents-to-deadline"),
        ("documents-available", "rule-documents-available"),
    ):
        yield from _too_soon(pack, id, code, facts.published_at, facts.deadline)


def amendment_refusals(
    pack: RulePack, facts: PublicationFacts, now: datetime, affects_bids: bool, voids: bool
) -> Iterator[TradingError]:
    """Every rule that an amendment would break: those of a publication, and the time left to mend bids in.

    Where bids are void, who was told beforehand must not be the only one with time to seal again.

    Args:
        facts: of the amended notice, published when the first one was. affects_bids: whether it changes what
            bids are made from. voids: whether bids sealed before are void.

    Raises:
        TradingError: "calendar-unknown".
    """
    if voids and not facts.sandbox and facts.deadline - now < pack.reseal:
        earliest = format_time(now + pack.reseal)
        hours = pack.rule("reseal-hours").value
        yield pack.refuse("reseal-hours", "rule-reseal-hours", hours=hours, earliest=earliest)
    yield from publication_refusals(pack, facts)
    if affects_bids and not facts.sandbox:
        code = "rule-amendment-to-deadline"
        yield from _too_soon(pack, "amendment-to-deadline", code, now, facts.deadline)


def _too_soon(
    pack: RulePack, rule: str, code: str, since: datetime, deadline: datetime
) -> Iterator[TradingError]:
    days = int(pack.rule(rule).value)
    if days:
        end = last_day(day_of(since), days)
        if day_of(deadline) < end:
            yield pack.refuse(rule, code, days=days, earliest=end.isoformat())


def waivers(pack: RulePack) -> tuple[Rule, ...]:
    """The rules that a sandbox tender does without: those that count days or hours and have some."""
    return tuple(rule for rule in pack.rules.values() if rule.counts_days and rule.value)


@lru_cache(maxsize=32)
def pack_named(name: str, version: str | None = None) -> RulePack:
    """The pack of that name; with `version`, refused unless it is that one.

    Raises:
        NotFound: "pack-unknown".
    """
    if name not in pack_names():
        raise NotFound("pack-unknown", status=422, pack=name)
    pack = read_pack((_FOLDER / f"{name}.yaml").read_text("utf-8"))
    if version is not None and version != pack.version:
        raise NotFound("pack-unknown", status=422, pack=f"{name} {version}")
    return pack


@lru_cache(maxsize=1)
def pack_names() -> tuple[str, ...]:
    """The packs there are."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1000


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


# Every rule there is, the values it takes, and whether it counts days or hours.
_RULES: dict[str, tuple[Callable[[object], bool], bool]] = {
    "minimum-bidders": (lambda value: _whole(value) and value != 0, False),
    "opening-at-deadline": (lambda value: value is True, False),
    "documents-to-deadline": (_whole, True),
    "documents-available": (_whole, True),
    # Days that must be left when an amendment changes what bids are made from; 0: none.
    "amendment-to-deadline": (_whole, True),
    # Hours that must be left when an amendment voids the bids sealed before; 0: none.
    "reseal-hours": (_whole, True),
    # "maximum": a ceiling may be set, never a floor; "none": the pack knows no ceiling.
    "ceiling": (_one_of("maximum", "none"), False),
    "late-bid": (_one_of("refused"), False),
    "incomplete-bid": (_one_of("refused"), False),
    "unencrypted-bid": (_one_of("refused"), False),
    "unsigned-bid": (_one_of("refused"), False),
    "entitled-supplier": (_one_of("registered"), False),
    "replacement": (_one_of("before-deadline"), False),
    "cancelled-tender": (_one_of("refused"), False),
    "minimum-after-opening": (_flag, False),
    "minimum-after-stage": (_flag, False),
    # Minutes in which a bidder may supply again what storage lost; 0: not at all.
    "resupply-minutes": (_whole, False),
    # Minutes in which bidders unlock where the notice asks for a lock of their own.
    "unlock-minutes": (lambda value: _whole(value) and value != 0, False),
    "award-rule": (_one_of("lowest-total"), False),
    "tie": (_one_of("earlier-receipt", "order"), False),
    "corrections": (_one_of("unit-price-stands"), False),
    "award-to-first": (lambda value: value is True, False),
    # What notices say of the time after an award; the platform watches none of it. 0: as the documents say.
    "award-notice": (_one_of("binding", "informs"), False),
    "contract-days": (_whole, False),
    "objection": (_one_of("during-publicity", "to-agency"), False),
    "complaint-days": (_whole, False),
    "bond-refund-days": (_whole, False),
}


def read_pack(text: str) -> RulePack:
    """A pack from YAML.

    Raises:
        PackError: not YAML, members or rules missing, unknown or double, values of the wrong kind.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PackError(f"The rule pack is not YAML: {error}") from None
    _members(data, {"pack", "version", "title", "rules"}, set(), "the pack")
    for name in ("pack", "version"):
        if not isinstance(data[name], str) or not data[name]:
            raise PackError(f"{name} must be text (put a number in quotes)")
    if not isinstance(data["rules"], list):
        raise PackError("rules must be a list")
    rules: dict[str, Rule] = {}
    for entry in data["rules"]:
        rule = _read_rule(entry)
        if rule.id in rules:
            raise PackError(f"rule {rule.id} is there twice")
        rules[rule.id] = rule
    missing = _RULES.keys() - rules.keys()
    if missing:
        raise PackError(f"rules missing: {', '.join(sorted(missing))}")
    return RulePack(data["pack"], data["version"], _article(data["title"], "title"), rules)


def _read_rule(entry: Any) -> Rule:
    _members(entry, {"id", "title", "value", "article"}, {"counts_days"}, "a rule")
    id, value, counts = entry["id"], entry["value"], entry.get("counts_days", False)
    if not isinstance(id, str) or id not in _RULES:
        raise PackError(f"there is no rule {id!r}")
    fits, counts_days = _RULES[id]
    if not fits(value):
        raise PackError(f"rule {id}: the value {value!r} is not one it can have")
    if counts is not counts_days:
        raise PackError(f"rule {id}: counts_days must be {'true' if counts_days else 'false or absent'}")
    title, article = (_article(entry[name], f"rule {id}, {name}") for name in ("title", "article"))
    return Rule(id, title, value, article, counts_days)


def _article(value: Any, place: str) -> Article:
    _members(value, {"zh", "en"}, set(), place)
    if not all(isinstance(text, str) and text.strip() for text in value.values()):
        raise PackError(f"{place}: both languages must be text")
    return Article(value["zh"], value["en"])


def _members(value: Any, wanted: set[str], optional: set[str], place: str) -> None:
    if not isinstance(value, dict):
        raise PackError(f"{place} must have members")
    wrong = (wanted - value.keys()) | (value.keys() - wanted - optional)
    if wrong:
        raise PackError(f"{place}: missing or unknown: {', '.join(sorted(map(str, wrong)))}")
