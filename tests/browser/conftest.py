"""Browsers before a served portal. Each page that a test opens is judged: see chromium.Reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import kept
from tests.browser.chromium import DESK, LANGUAGES, PHONE, PROGRAM, Language, Reader, chromium
from tests.browser.looked import Looked
from tests.browser.scenes import Scene
from tests.browser.served import served
from tests.functional.opening_house import OpeningHouse

Enter = Callable[..., Reader]
# What axe-core says depends on language and width, but hardly on both together.
BOTH = pytest.mark.parametrize(("lang", "width"), (("zh", PHONE), ("en", DESK)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed")
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.outside)
            item.add_marker(missing)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A worker's Chromium; tests share it, but no profile."""
    with chromium() as made:
        yield made


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """The pages at which one of the run's workers has looked."""
    return Looked(kept.shared(tmp_path_factory) / "looked")


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A platform with a tender in each state, for tests that only read or act with parties of their own."""
    scene = kept.open_copy(kept.of_this_run(tmp_path_factory), tmp_path_factory.mktemp("portal"))
    yield scene
    scene.house.close()


@pytest.fixture(scope="session")
def address(scene: Scene) -> Iterator[str]:
    """Where the scene's portal answers."""
    with served(scene.house.platform.settings, scene.house.app.app) as at:
        yield at


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpeningHouse]:
    """A platform shared by a module's tests, each of which makes tenders and parties of its own."""
    folder = tmp_path_factory.mktemp("house")
    made = OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}", default_language="zh")
    yield made
    made.close()


@pytest.fixture
def house(home: OpeningHouse) -> OpeningHouse:
    """The module's platform, for what moves its clock."""
    return home.start_over()


@pytest.fixture(scope="module")
def desk(home: OpeningHouse) -> Iterator[str]:
    """Where the module's platform answers."""
    with served(home.platform.settings, home.app.app) as at:
        yield at


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[OpeningHouse]:
    """A platform of the test's own, for what spoils its log."""
    made = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}", default_language="zh")
    yield made
    made.close()


@pytest.fixture
def own_desk(own_house: OpeningHouse) -> Iterator[str]:
    """Where the test's own platform answers."""
    with served(own_house.platform.settings, own_house.app.app) as at:
        yield at


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> Language:
    """Each of the portal's languages."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def enter(browser: Browser, looked: Looked) -> Iterator[Enter]:
    """`enter(address, lang, width)`: a reader in a fresh profile, judged at the end of the test."""
    readers: list[Reader] = []
    with ExitStack() as stack:

        def come(origin: str, lang: Language, width: int = DESK) -> Reader:
            reader = Reader(browser, origin, lang, width, looked)
            stack.callback(reader.context.close)
            readers.append(reader)
            return reader

        yield come
        for reader in readers:
            reader.judge()


@pytest.fixture
def reader(enter: Enter, address: str, lang: Language) -> Reader:
    """A reader of the scene's portal."""
    return enter(address, lang)
