"""docs/custodians.md, typed at a terminal against a platform over real HTTP: each command, each question."""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.fuzzing import served
from tests.functional.house import House

TREE = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"^    (sunseal .*(?:\\\n.*)*)", re.MULTILINE)
PASSPHRASE, ANOTHER = "三只小猪盖了三座结实的房子", "correct horse battery staple"
SHARE = re.compile(r"^Group 1, share \d of 3.*?\n((?: .*\n)+)", re.MULTILINE)


class Terminal:
    """A shell of the agent's account, and who sits there."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self._server = folder, server

    def type(self, command: str, *answers: tuple[str, str]) -> str:
        """Type a command of the page and answer what it asks, in this order; what it showed."""
        line = command.replace("/var/lib", str(self.folder))
        line = line.replace("https://trading.example.gov", self._server)
        master, slave = pty.openpty()
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(TREE), "LANG": "C.UTF-8", "HOME": str(self.folder),
            "SUNSEAL_STORE": str(self.folder / "sunseal-custodian"),
        }  # fmt: skip
        program = [sys.executable, "-c", "import sys; from trading.cli import main; sys.exit(main())"]
        with subprocess.Popen(
            [*program, *shlex.split(line)[1:]], cwd=self.folder, env=environment, stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True,
        ) as process:  # fmt: skip
            os.close(slave)
            shown = self._answer(master, list(answers))
        assert process.returncode == 0, f"{command}\n{shown}"
        return shown

    def _answer(self, master: int, answers: list[tuple[str, str]]) -> str:
        shown = asked = ""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux's way to say that nobody holds the other end
                break
            shown += data.decode()
            asked += data.decode()
            if asked.endswith(": "):
                assert answers, f"an unexpected question: {shown}"
                question, answer = answers.pop(0)
                assert question in asked.splitlines()[-1], shown
                os.write(master, answer.encode() + b"\n")
                asked = ""
        os.close(master)
        assert not answers, f"not asked: {answers[0][0]}\n{shown}"
        return shown.replace("\r\n", "\n")


def sheets(shown: str) -> list[str]:
    """The shares of the words, as people copied them."""
    found = [" ".join(re.findall(r"\d+ ([a-z]+)", words)) for words in SHARE.findall(shown)]
    assert [len(each.split()) for each in found] == [33] * 3
    return found


@pytest.fixture
def token(house: House) -> str:
    facts = {"scheme": "CN-USCC", "identifier": "GUIDE", "name": "公证处", "roles": ["custodian"]}
    id = house.call("POST", "/organisations", house.operator, facts, 201).json["id"]
    person = {"person": "公证员", "role": "custodian", "days": 30}
    return str(house.call("POST", f"/organisations/{id}/tokens", house.operator, person, 201).json["token"])


@pytest.mark.one_database
def test_the_page_is_true_from_the_key_to_the_drill(house: House, token: str, tmp_path: Path) -> None:
    page = (TREE / "docs" / "custodians.md").read_text("utf-8")
    enrol, backup, unit, journal, name, recover, anew, release, renew, drill, words = COMMAND.findall(page)
    for folder in ("sunseal-custodian", "sunseal-custodian-backup"):
        (tmp_path / folder).mkdir(mode=0o700)
    opens = ("The store's passphrase", PASSPHRASE)
    with served(house.platform) as document:
        desk = Terminal(tmp_path, document.removesuffix("/api/v1/openapi.json"))
        said = desk.type(
            enrol, ("Token", token), ("A passphrase for the store", PASSPHRASE), ("Once more", "another"),
            ("A passphrase for the store", PASSPHRASE), ("Once more", PASSPHRASE), ("elsewhere?", "y"),
        )  # fmt: skip
        assert token not in said and house.platform.keys.log.vkey in said
        first, _, third = sheets(desk.type(backup, opens))
        desk.type(renew, opens)
        assert "Every certificate in your name is your own." in desk.type(name, opens)
        asked = [opens, ("so far 0", first), ("so far 1/2", first), ("so far 1/2", third)]
        said = desk.type(drill, *asked)
        assert "This share is in already" in said and "It holds" in said
        burnt, new = (first, third), sheets(desk.type(words, opens))
        said = desk.type(journal)
        for line in ("Enrolled as", "New words", "A new signing key", "The recovery drill succeeded"):
            assert line in said
        shutil.rmtree(tmp_path / "sunseal-custodian")
        recover = recover.replace("FILE", str(tmp_path / "sunseal-custodian-backup" / "backup"))
        held = [("so far 0", new[1]), ("so far 1/2", burnt[0]), ("so far 1/2", new[2])]
        said = desk.type(recover, *held, ("A passphrase for the store", ANOTHER), ("Once more", ANOTHER))
        assert "another set of words" in said
        sheets(desk.type(anew, ("The store's passphrase", ANOTHER)))
    assert "sunseal custodian unit" in unit and "sunseal custodian release" in release
