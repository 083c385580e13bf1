"""The packs say what the statutes say, the loader refuses malformed ones, publication is checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

import trading.tenders.rules
from trading.errors import ConfigurationError, NotFound, TradingError
from trading.tenders import calendar
from trading.tenders.calendar import CHINA, day_of, is_public_holiday, last_day
from trading.tenders.rules import (
    PackError,
    PublicationFacts,
    check_publication,
    pack_named,
    pack_names,
    read_pack,
    waivers,
)
from trading.web.messages import MESSAGES

FOLDER = Path(trading.tenders.rules.__file__).parent / "packs"
PUBLISHED = datetime(2026, 6, 1, 9, 0, tzinfo=CHINA)
WORKS = pack_named("cn-works")
FACTS = PublicationFacts(
    published_at=PUBLISHED,
    deadline=datetime(2026, 6, 22, 9, 0, tzinfo=CHINA),
    opens_at=datetime(2026, 6, 22, 9, 0, tzinfo=CHINA),
    minimum_bidders=3,
    ceiling=Decimal("100.00"),
    sandbox=False,
)


def until(deadline: datetime, **change: Any) -> PublicationFacts:
    return replace(FACTS, deadline=deadline, opens_at=deadline, **change)


def test_the_packs_there_are() -> None:
    assert pack_names() == ("cn-works", "generic")


@pytest.mark.parametrize(
    ("rule", "value", "statute"),
    [
        ("minimum-bidders", 3, "第28条"),
        ("opening-at-deadline", True, "第34条"),
        ("documents-to-deadline", 20, "第24条"),
        ("documents-available", 5, "第16条"),
        ("amendment-to-deadline", 15, "第21条"),
        ("reseal-hours", 24, "第23条"),
        ("ceiling", "maximum", "第27条"),
        ("late-bid", "refused", "第27条"),
        ("unencrypted-bid", "refused", "第26条"),
        ("award-to-first", True, "第55条"),
        ("contract-days", 30, "第46条"),
        ("complaint-days", 10, "第60条"),
    ],
)
def test_works_rules_carry_their_number_and_article(rule: str, value: object, statute: str) -> None:
    found = WORKS.rule(rule)
    assert found.value == value
    assert statute in found.article.zh
    assert found.article.text == f"{found.article.zh} / {found.article.en}"


def test_generic_rules() -> None:
    generic = pack_named("generic")
    assert (generic.minimum_bidders, generic.tie, generic.award_rule) == (
        1,
        "earlier-receipt",
        "lowest-total",
    )
    assert not generic.minimum_after_opening and generic.corrections == "unit-price-stands"
    assert waivers(generic) == ()
    soon = PUBLISHED + timedelta(seconds=5)
    assert check_publication(generic, until(soon, minimum_bidders=1, ceiling=None)) == ()


def test_unknown_packs_and_versions_are_refused() -> None:
    for name, version in (("cn-nothing", None), ("../packs/generic", None), ("generic", "999")):
        with pytest.raises(NotFound) as refusal:
            pack_named(name, version)
        assert refusal.value.code == "pack-unknown"
    assert pack_named("generic", pack_named("generic").version).name == "generic"


def test_twenty_days_the_first_not_counted() -> None:
    # Published on 1 June: the twentieth day is 21 June 2026, the last of a holiday's three days, so it rolls.
    assert is_public_holiday(date(2026, 6, 21))
    with pytest.raises(TradingError) as refusal:
        check_publication(WORKS, until(datetime(2026, 6, 21, 23, 59, tzinfo=CHINA)))
    assert refusal.value.code == "rule-documents-to-deadline"
    assert refusal.value.rule == "documents-to-deadline"
    assert "第24条" in refusal.value.article and "art. 24" in refusal.value.article
    assert refusal.value.params["earliest"] == "2026-06-22"
    assert check_publication(WORKS, FACTS) == ()


def test_days_are_chinas_days() -> None:
    # 23:30 UTC on 31 May is already 1 June in China.
    assert day_of(datetime(2026, 5, 31, 23, 30, tzinfo=UTC)) == date(2026, 6, 1)


def test_counting_rolls_over_a_holiday_but_not_over_a_weekend() -> None:
    assert last_day(date(2026, 9, 11), 20) == date(2026, 10, 8)  # 1 October: the National Day week
    assert last_day(date(2026, 6, 7), 6) == date(2026, 6, 13)  # an ordinary Saturday
    assert last_day(date(2026, 6, 1), 1) == date(2026, 6, 2)


def test_a_year_without_announced_holidays_is_never_guessed() -> None:
    with pytest.raises(TradingError) as refusal:
        check_publication(
            WORKS, until(datetime(2035, 6, 1, tzinfo=UTC), published_at=datetime(2035, 1, 1, tzinfo=UTC))
        )
    assert refusal.value.code == "calendar-unknown"
    assert refusal.value.params == {"year": "2035"}


def test_the_operator_names_the_days_of_a_year_to_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "_announced", {})
    path = tmp_path / "holidays.toml"
    path.write_text("2036 = [2036-01-21, 2036-01-22]\n")
    calendar.announce(calendar.read_holidays(path))
    assert last_day(date(2036, 1, 1), 20) == date(2036, 1, 23)
    assert not is_public_holiday(date(2036, 1, 1))


@pytest.mark.parametrize(
    "text",
    ("next = [2036-01-01]", "2036 = []", '2036 = ["2036-01-01"]', "2036 = [2035-12-31]", "2036 = 1", "["),
)
def test_a_wrong_holidays_file_stops_the_start(text: str, tmp_path: Path) -> None:
    path = tmp_path / "holidays.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"2027 = \[2027-01-01"):
        calendar.read_holidays(path)


def test_sandbox_waives_the_counting_of_days_and_nothing_else() -> None:
    soon = PUBLISHED + timedelta(seconds=30)
    waived = check_publication(WORKS, until(soon, sandbox=True))
    assert [rule.id for rule in waived] == [
        "documents-to-deadline", "documents-available", "amendment-to-deadline", "reseal-hours",
    ]  # fmt: skip
    for change, code in (
        ({"minimum_bidders": 2}, "rule-minimum-bidders"),
        ({"opens_at": soon + timedelta(seconds=1)}, "rule-opening-time"),
    ):
        with pytest.raises(TradingError) as refusal:
            check_publication(WORKS, replace(until(soon, sandbox=True), **change))  # type: ignore[arg-type]
        assert refusal.value.code == code
        assert refusal.value.article and refusal.value.rule and code in MESSAGES


def test_generic_knows_no_ceiling() -> None:
    with pytest.raises(TradingError) as refusal:
        check_publication(pack_named("generic"), FACTS)
    assert (refusal.value.code, refusal.value.rule) == ("rule-no-ceiling", "ceiling")


def broken(change: Any) -> str:
    data = yaml.safe_load((FOLDER / "cn-works.yaml").read_text("utf-8"))
    change(data)
    return yaml.safe_dump(data, allow_unicode=True)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d: d.pop("version"), "version"),
        (lambda d: d.update(version=1), "version"),
        (lambda d: d.update(author="x"), "author"),
        (lambda d: d.update(title="works"), "title"),
        (lambda d: d["title"].pop("en"), "en"),
        (lambda d: d.update(rules={}), "list"),
        (lambda d: d["rules"].pop(), "bond-refund-days"),
        (lambda d: d["rules"].append(d["rules"][0]), "twice"),
        (
            lambda d: d["rules"].append({**d["rules"][0], "id": "bribes"}),
            "bribes",
        ),
        (lambda d: d["rules"][0].update(value=0), "minimum-bidders"),
        (lambda d: d["rules"][0].update(value=True), "minimum-bidders"),
        (lambda d: d["rules"][0].update(value="3"), "minimum-bidders"),
        (lambda d: d["rules"][0].update(counts_days=True), "counts_days"),
        (lambda d: d["rules"][2].pop("counts_days"), "counts_days"),
        (lambda d: d["rules"][2].update(value=-1), "documents-to-deadline"),
        (lambda d: d["rules"][6].update(value="minimum"), "ceiling"),
        (lambda d: d["rules"][0].pop("article"), "article"),
        (lambda d: d["rules"][0].pop("title"), "title"),
        (lambda d: d["rules"][0]["title"].update(en=""), "minimum-bidders, title"),
        (lambda d: d["rules"][0]["article"].update(zh=" "), "article"),
        (lambda d: d["rules"].append("rule"), "members"),
    ],
)
def test_malformed_packs_are_refused_with_the_place(change: Any, word: str) -> None:
    with pytest.raises(PackError) as refusal:
        read_pack(broken(change))
    assert word in str(refusal.value)


@pytest.mark.parametrize("text", ["", "- 1", "{", "pack: !!python/object/apply:os.system [id]", "a: 1"])
def test_what_is_no_pack_at_all(text: str) -> None:
    with pytest.raises(PackError):
        read_pack(text)
