"""What is built is whole: the wheel holds code, fonts and migrations, and migrates a database by itself."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("signing", "bids", "reports", "trading", "alembic", "docs")
FILES = ("setup.py", "pyproject.toml", "MANIFEST.in", "LICENSE", "NOTICE", "README.md", "alembic.ini")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tree as it is, built in a copy, so that nothing is left in the tree."""
    copy = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    for name in FILES:
        shutil.copy2(ROOT / name, copy / name)
    out = tmp_path_factory.mktemp("wheel")
    # The environment's own setuptools builds it: no download in the middle of a test run.
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(copy),
    ]
    done = subprocess.run([*command, "--quiet"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (built,) = out.glob("sunseal-*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_holds_every_file_of_the_packages(unpacked: Path) -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "signing", "bids", "reports", "trading"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    wanted = [name for name in listing.split("\0") if name and (ROOT / name).exists()]
    missing = [name for name in wanted if ".gitignore" not in name and not (unpacked / name).exists()]
    assert len(wanted) > 20
    assert missing == []


def test_holds_the_fonts(unpacked: Path) -> None:
    fonts = sorted(path.name for path in (unpacked / "reports/fonts").glob("*.ttf"))
    assert {"NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"} <= set(fonts)


def test_holds_what_pages_load_and_no_packages_of_npm(unpacked: Path) -> None:
    built = unpacked / "trading/web/static/built"
    names = json.loads((built / "manifest.json").read_text())
    assert {"site.css", "site.js", "sign-in.js"} <= set(names)
    assert all((built / name).stat().st_size > 0 for name in names.values())
    licences = (built / "licences.txt").read_text()
    assert all(name in licences for name in ("bootstrap", "@hpke/core", "pkijs", "shamir-secret-sharing"))
    assert not list(unpacked.rglob("node_modules"))


def test_holds_nothing_of_the_tests_and_no_package_alembic(unpacked: Path) -> None:
    top = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert top == {"signing", "bids", "reports", "trading"}
    assert not (unpacked / "trading/_alembic/__init__.py").exists()


def test_names_the_command(unpacked: Path) -> None:
    (entries,) = unpacked.glob("*.dist-info/entry_points.txt")
    assert "sunseal = trading.cli:main" in entries.read_text()


def test_migrates_away_from_the_tree(unpacked: Path, tmp_path: Path) -> None:
    database = tmp_path / "sunseal.db"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(unpacked),
        "SUNSEAL_DATABASE_URL": f"sqlite:///{database}",
    }
    program = "import trading, sys; print(trading.__file__); from trading.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "migrate"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(unpacked)), "the code under test is the wheel's"
    connection = sqlite3.connect(database)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    assert len(tables) > 5
    assert revision
