"""Lists of tenders on a platform with very many: what they find, how many statements that takes, and that
none of them reads a table from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Connection, event, select

from tests import market
from tests.functional.conftest import DATABASES
from tests.functional.house import House
from trading.accounts.models import Organisation
from trading.portal.lists import ORDERS, Filters, search
from trading.tenders.models import Project, Tender

COUNT = 8_000
BROWSER = {"Accept": "text/html"}
Statement = tuple[str, Any]

# Pages, and how many statements each may take, however many tenders there are.
ADDRESSES = {
    "/": 6,
    "/tenders": 3,
    "/tenders?state=awarded&sort=-published": 3,
    "/tenders?state=published&category=goods&sort=deadline": 3,
    "/tenders?q=道路": 3,
    "/tenders?q=桥&sort=estimate": 3,
    "/tenders?q=瞭望塔 lighthouse": 3,
    "/tenders?q=斗门 工程 bridge&state=failed&sort=published": 3,
    "/tenders?q=%%": 3,
}


@pytest.fixture(scope="module", params=DATABASES)
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("many")
    url = f"sqlite:///{folder / 'sunseal.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_module_url")
    house = House(folder, url)
    market.fill(house.platform.database.engine, COUNT)
    yield house
    house.close()


@contextmanager
def watched(house: House) -> Iterator[list[Statement]]:
    """The statements that read tables while the block runs."""
    seen: list[Statement] = []

    def note(connection: Connection, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        if "\nFROM " in statement:
            seen.append((statement, parameters))

    engine = house.platform.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def get(house: House, address: str) -> str:
    house.app.reset()
    return str(house.app.get(quote(address, safe="/?&=+-"), headers=BROWSER, status=200).text)


def following(source: str) -> str:
    """The address of the next page."""
    return re.findall(r'rel="next" href="([^"]+)"', source)[0].replace("&amp;", "&")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_takes_few_statements_and_no_table_is_read_whole(many: House, address: str) -> None:
    with watched(many) as first:
        source = get(many, address)
    assert len(first) <= ADDRESSES[address], first
    statements = [*first]
    if 'rel="next"' in source:
        with watched(many) as second:
            get(many, following(source))
        assert len(second) <= ADDRESSES[address] + 1, second
        statements += second
    for statement, parameters in statements:
        plan = explain(many, statement, parameters)
        assert not WHOLE[many.platform.database.engine.name].search(plan), f"{statement}\n{plan}"


WHOLE = {
    # Along an index is as far as the page's end.
    "sqlite": re.compile(r"SCAN (?:tenders|tender_words|projects|organisations|awards)\b(?! USING)"),
    "postgresql": re.compile("Seq Scan on (?:tenders|tender_words|projects)"),
}


def explain(house: House, statement: str, parameters: Any) -> str:
    with house.platform.database.engine.connect() as connection:
        how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{how} {statement}", parameters))


def test_a_table_that_is_read_whole_would_be_noticed(many: House) -> None:
    plan = explain(many, "SELECT id FROM tenders WHERE title = 'x' ORDER BY title", ())
    assert WHOLE[many.platform.database.engine.name].search(plan)


@pytest.mark.parametrize("order", ("deadline", "-published", "estimate"))
@pytest.mark.parametrize("word", ("白藤", "路灯", "白藤湖隧道", "第17标段", "凤凰山森林防火瞭望塔"))
def test_the_same_as_by_reading_all_of_them(
    many: House, word: str, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.portal.lists.PAGE", 200)
    with many.platform.database.reading() as session:
        everything = session.execute(
            select(Tender, Project.number, Project.title, Organisation.name)
            .join(Project, Tender.project_id == Project.id)
            .join(Organisation, Tender.organisation_id == Organisation.id)
        ).all()
        wanted = [row[0] for row in everything if any(word in text for text in (row[0].title, *row[1:]))]
        found: list[Tender] = []
        more = True
        while more:
            rows, more = search(session, Filters(word), order, found[-1].id if found else None)
            found += [row.Tender for row in rows]
    keys = {
        "deadline": lambda one: one.deadline,
        "-published": lambda one: -one.published_at.timestamp(),
        "estimate": lambda one: one.estimate,
    }
    assert {one.id for one in found} == {one.id for one in wanted} and len(found) == len(wanted) > 0
    assert [keys[order](one) for one in found] == sorted(keys[order](one) for one in wanted)
    assert order.removeprefix("-") in {each.removeprefix("-") for each in ORDERS}
