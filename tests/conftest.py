"""What every test may rely on: markers, no silent skips in CI, PostgreSQL."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres

# Machines that run two suites at once are slow at times; an example that takes long proves nothing.
settings.register_profile(
    "sunseal", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sunseal")

LONG_FIRST = ("crash", "slow")

HOLIDAYS = Path(__file__).with_name("holidays.toml")
RUN = pytest.StashKey[postgres.Run]()
SCRATCH = pytest.StashKey[Path]()
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # bytes


def forbid_skips() -> bool:
    """True where a missing tool is a failure: in CI everything is installed, so nothing may be skipped."""
    return os.environ.get("SUNSEAL_FORBID_SKIPS", "") not in ("", "0")


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    # Tenders of late in a year close in the next one, whose holidays may not be announced yet.
    from trading.tenders import calendar  # not before coverage is measured

    os.environ["SUNSEAL_HOLIDAYS_FILE"] = str(HOLIDAYS)
    calendar.announce(calendar.read_holidays(HOLIDAYS))
    if not is_worker(config) and not config.getoption("collectonly"):
        _into_memory(config)
        config.stash[RUN] = postgres.Run()


def _into_memory(config: pytest.Config) -> None:
    """Temporary files of the whole run, where memory has room: no test is about power cuts, and each database
    waits for the disk at every step."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    folder = Path(tempfile.mkdtemp(prefix="sunseal-tests-", dir=MEMORY))
    folder.chmod(0o711)  # PostgreSQL runs as another user
    config.stash[SCRATCH] = folder
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is not None:
        if own := os.environ.get(postgres.URL_VARIABLE):
            postgres.Server(own, run.folder).drop_templates()
        run.close()
    if folder := config.stash.get(SCRATCH, None):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
    items[:] = _dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Each worker begins with its share of the long ones, so that none is left alone with them at the end.

    xdist gives each worker a run of the list, to begin with; others then take from its end.
    """
    long: dict[tuple[int, Path], list[pytest.Item]] = {}
    short: list[pytest.Item] = []
    for item in items:
        marked = [n for n, name in enumerate(LONG_FIRST) if item.get_closest_marker(name)]
        if marked:
            long.setdefault((min(marked), item.path), []).append(item)
        else:
            short.append(item)
    hands: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for _, together in sorted(long.items()):
        min(hands, key=len).extend(together)
    for hand in hands:
        most = len(items) // workers - len(hand)
        hand += short[:most]
        del short[:most]
    return [item for hand in hands for item in hand] + short


def pytest_collection_finish() -> None:
    """What is loaded by now stays: a collector that never looks at it again saves a twelfth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if forbid_skips() and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, and SUNSEAL_FORBID_SKIPS allows none: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    _refuse_skip(report)  # type: ignore[arg-type]
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    _refuse_skip(report)  # type: ignore[arg-type]
    return report


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands run in this process log to its standard error, which is another one in the next test."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Server:
    """The run's PostgreSQL: `with postgres_server.database() as url:` gives a fresh database."""
    return postgres.ensure_server()


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """postgresql+psycopg://… of an empty database, this test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="module")
def postgres_module_url(postgres_server: postgres.Server) -> Iterator[str]:
    """postgresql+psycopg://… of an empty database, shared by a module's tests."""
    with postgres_server.database() as url:
        yield url
