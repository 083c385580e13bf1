"""Go's golang.org/x/mod/sumdb tlog and note as referees of our trees, proofs, checkpoints and notes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from signing import merkle, notes
from signing.encoding import b64encode
from tests.outside.go_program import MARKS, build

ORIGIN = "log.example/tender"
SIZES = 40

pytestmark = MARKS


@pytest.fixture(scope="module")
def referee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("go"), "tlog_referee.go", "tlog_answer.go")


def request() -> dict[str, Any]:
    signer = notes.NoteSigner(ORIGIN, notes.generate_note_key())
    leaves = [f'{{"leaf":{n}}}' for n in range(SIZES)]
    tree = merkle.MemoryTree(merkle.leaf_hash(leaf.encode()) for leaf in leaves)

    def texts(proof: list[bytes]) -> list[str]:
        return [b64encode(node) for node in proof]

    sizes = range(1, SIZES + 1)
    checkpoints = [notes.Checkpoint(ORIGIN, size, tree.root(size)) for size in sizes]
    return {
        "VKey": signer.vkey,
        "Checkpoints": [notes.format_checkpoint(one, signer).decode() for one in checkpoints],
        "Leaves": leaves,
        "Inclusion": [[texts(tree.inclusion(i, size)) for i in range(size)] for size in sizes],
        "Consistency": [[texts(tree.consistency(old, size)) for old in range(1, size + 1)] for size in sizes],
        "GoKeyName": "go.example/log",
    }


def ask(referee: Path, asked: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([referee], input=json.dumps(asked).encode(), capture_output=True, timeout=60)


def test_go_accepts_our_log_and_we_accept_gos_note(referee: Path) -> None:
    result = ask(referee, request())
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    verifier = notes.NoteVerifier.from_vkey(answer["vkey"])
    assert verifier.verify(answer["note"].encode()) == "go.example/log\nsigned by Go\n"


def test_the_referee_does_refuse(referee: Path) -> None:
    asked = request()
    asked["Leaves"][7] = "another leaf"
    assert ask(referee, asked).returncode != 0
    asked = request()
    asked["Checkpoints"][3] = asked["Checkpoints"][3].replace("\n4\n", "\n5\n")
    assert ask(referee, asked).returncode != 0
