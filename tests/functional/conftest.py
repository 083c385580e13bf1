"""The application as people use it: over HTTP, on SQLite and on PostgreSQL, with nothing replaced but the
offset of the clock, and every answer checked against the API document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functional.house import House, Tendering, Who
from tests.functional.opening_house import OpeningHouse, shared_house
from tests.postgres import Server
from trading.migrations import migrate

DATABASES = ("sqlite", "postgresql")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `one_database` run on SQLite alone: what they ask is no question to the database."""
    one = [item for item in items if item.get_closest_marker("one_database")]
    left_out = {item for item in one if "[postgresql" in item.name}
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="module", params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A platform shared by a module's tests, each of which acts with parties of its own."""
    folder: Path = tmp_path_factory.mktemp("house")
    url = f"sqlite:///{folder / 'sunseal.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_module_url")
    made = House(folder, url)
    yield made
    made.close()


@pytest.fixture(scope="module", params=DATABASES)
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpeningHouse]:
    """A platform whose jobs run, shared by a module's tests, each of which makes tenders of its own."""
    yield from shared_house(request, tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def agency(house: House) -> Who:
    """An agency of the module's house."""
    return house.enrol("agency")


@pytest.fixture(scope="module")
def custodians(house: House) -> tuple[Who, ...]:
    """Three custodians of the module's house."""
    return tuple(house.enrol("custodian") for _ in range(3))


@pytest.fixture(scope="module")
def supplier(house: House) -> Who:
    """A supplier of the module's house."""
    return house.enrol("supplier")


@pytest.fixture
def tender(house: House, agency: Who, custodians: tuple[Who, ...]) -> Tendering:
    """A tender of the test's own, published, an hour before its deadline."""
    return house.tender(agency, custodians)


@pytest.fixture(params=DATABASES)
def working_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpeningHouse]:
    """A platform of this test alone, whose jobs run and whose clock it may move."""
    url = f"sqlite:///{tmp_path / 'sunseal.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    made = OpeningHouse(tmp_path, url)
    yield made
    made.close()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test alone."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Server) -> Callable[[], str]:
    """The name of a migrated PostgreSQL database to copy: `postgres_server.database(migrated_template())`."""
    return lambda: postgres_server.template("migrated", migrate)
