"""Custodians in the platform's process: each from a folder of its own."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from signing.keys import save_pkcs12
from tests.bids_factory import Actor, World
from trading.client.errors import ClientError
from trading.commands.embedded import KEY_FILE, PASSWORD_FILE, TOKEN_FILE, EmbeddedCustodians, open_agent

NOWHERE = "http://127.0.0.1:1"


def fill(folder: Path, world: World, actor: Actor) -> Path:
    folder.mkdir(parents=True)
    chain = (*actor.signer.chain, world.root.certificate)
    data = save_pkcs12(actor.signer.key, actor.signer.certificate, chain, b"secret")
    (folder / KEY_FILE).write_bytes(data)
    (folder / PASSWORD_FILE).write_text("secret\n")
    (folder / TOKEN_FILE).write_text("sst_x\n")
    return folder


def test_opens_a_folder(tmp_path: Path) -> None:
    world = World(seed=9)
    agent = open_agent(fill(tmp_path / "one", world, world.custodians[0]), NOWHERE)
    assert agent.id == world.custodians[0].id
    assert (tmp_path / "one" / "state").is_dir()


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    world = World(seed=9)
    with pytest.raises(ClientError, match="role supplier"):
        open_agent(fill(tmp_path / "supplier", world, world.suppliers[0]), NOWHERE)
    folder = fill(tmp_path / "one", world, world.custodians[0])
    (folder / PASSWORD_FILE).write_text("wrong")
    with pytest.raises(ClientError, match="password"):
        open_agent(folder, NOWHERE)
    (folder / PASSWORD_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="decode"):
        open_agent(folder, NOWHERE)
    (folder / PASSWORD_FILE).write_text("secret")
    (folder / TOKEN_FILE).unlink()
    with pytest.raises(OSError, match="token"):
        open_agent(folder, NOWHERE)


def test_folders_are_taken_up_as_they_come(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = World(seed=9)
    folder = tmp_path / "custodians"
    with caplog.at_level(logging.WARNING, "sunseal.custodian"):
        all_of_them = EmbeddedCustodians(folder, NOWHERE)
        all_of_them.start()
        (folder / "broken").mkdir(parents=True)
        fill(folder / ".hidden", world, world.custodians[1])
        fill(tmp_path / "aside", world, world.custodians[0]).rename(folder / "one")
        # Nobody listens at the address: the agent says so and goes on trying.
        wanted = ("custodian broken cannot start", f"custodian {world.custodians[0].id}: http")
        end = time.monotonic() + 20
        while not all(words in caplog.text for words in wanted) and time.monotonic() < end:
            time.sleep(0.05)
        all_of_them.stop()
    assert all(words in caplog.text for words in wanted)
    assert "hidden" not in caplog.text and "secret" not in caplog.text and "sst_" not in caplog.text


def test_nothing_in_the_folder_ends_the_watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "custodians"
    folder.write_text("not a folder")
    all_of_them = EmbeddedCustodians(folder, NOWHERE)
    with caplog.at_level(logging.WARNING, "sunseal.custodian"):
        for _ in range(2):
            all_of_them._take_up()
        folder.unlink()
        world = World(seed=9)
        binary = fill(folder / "binary", world, world.custodians[0])
        (binary / PASSWORD_FILE).write_bytes(b"\xff\xfe")
        for _ in range(2):
            all_of_them._take_up()
    assert caplog.text.count("folder cannot be read") == 1
    assert caplog.text.count("custodian binary cannot start") == 1
