"""Go's sumdb packages as readers of our log over HTTP: cosigned checkpoint, tiles, entry bundles, proofs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.served import served
from tests.functional.house import House
from tests.functional.test_log_files import grow
from tests.functional.witnessed import policy_file, watchers
from tests.outside.go_program import MARKS, build
from trading.audit.tiles import Tiles
from trading.audit.witnesses import Witnesses

pytestmark = MARKS
ENTRIES = 700


@pytest.fixture(scope="module")
def referee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("go"), "tiles_referee.go")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, Any]]]:
    """A cosigned log behind a real server, and what Go is asked of it."""
    folder = tmp_path_factory.mktemp("log")
    with watchers(folder, 2) as made:
        policy = policy_file(folder, made, 2)
        house = House(folder, f"sqlite:///{folder / 'sunseal.db'}", log_policy=policy)
        for each in made:
            each.watch(house)
        grow(house, ENTRIES)
        Tiles(house.platform).write()
        Witnesses(house.platform).work()
        with served(house.platform.settings, house.app.app) as address:
            yield house, {
                "Server": address,
                "VKey": house.platform.keys.log.vkey,
                "Witnesses": [each.signer.vkey for each in made],
                "Positions": [0, 1, 255, 256, 511, 512, 699],
                "Olds": [1, 2, 255, 256, 257, 512, 700],
            }
        house.close()


def ask(referee: Path, asked: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([referee], input=json.dumps(asked).encode(), capture_output=True, timeout=60)


def test_go_reads_our_log_from_its_files(referee: Path, log: tuple[House, dict[str, Any]]) -> None:
    result = ask(referee, log[1])
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == ENTRIES


def test_go_does_refuse(referee: Path, log: tuple[House, dict[str, Any]]) -> None:
    house, asked = log
    assert ask(referee, {**asked, "Witnesses": [asked["VKey"].replace("+A", "+B")]}).returncode != 0
    storage = house.platform.storage.folder
    assert storage is not None
    for name in ("tile/0/001", "tile/entries/001"):
        file = storage / "log" / name
        good = file.read_bytes()
        file.write_bytes(good[:-100] + b"\0" * 100)
        assert ask(referee, {**asked, "Positions": [511], "Olds": []}).returncode != 0
        file.write_bytes(good)
    assert ask(referee, asked).returncode == 0
