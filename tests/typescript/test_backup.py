"""A custodian's backup of its browser: what opens it, and that nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from signing import canonical
from signing.encoding import b64decode, b64encode
from tests.typescript.node import Node, NodeError

PASSPHRASE = "正确的马电池订书钉，写在纸上"
RECORDS = [{"store": "custody", "name": "a/b", "value": {"seed": {"base64": "AAAA"}}}]


@pytest.fixture(scope="module")
def file(node: Node) -> str:
    return str(
        node.ask(
            "backup.write", passphrase=PASSPHRASE, again=PASSPHRASE, records=RECORDS, sealed=b64encode(b"key")
        )
    )


def changed(file: str, **members: Any) -> str:
    return b64encode(canonical.dumps({**json.loads(b64decode(file)), **members}))


def test_it_opens_with_its_passphrase_alone(node: Node, file: str) -> None:
    opened = node.ask("backup.open", file=file, passphrase=PASSPHRASE)
    assert opened == {"signing": b64encode(b"key"), "records": RECORDS}
    assert b"seed" not in b64decode(file) and b"AAAA" not in b64decode(file)
    # Whoever takes the file must not be able to seal other records: by the public half anybody could.
    assert len(json.loads(b64decode(file))["key"]) == 64
    with pytest.raises(NodeError) as wrong:
        node.ask("backup.open", file=file, passphrase=PASSPHRASE + "。")
    assert "The passphrase is wrong" in str(wrong.value)


def test_what_is_none_or_was_changed_is_refused(node: Node, file: str) -> None:
    members = json.loads(b64decode(file))
    spoiled = [
        b64encode(b"PK"),
        b64encode(b"{}"),
        changed(file, rounds=0),
        changed(file, rounds=10**9),
        changed(file, records=members["signing"]["sealed"]),
        changed(file, signing={**members["signing"], "sealed": members["records"][:-4] + "AAAA"}),
    ]
    assert changed(file) == file
    for each in spoiled:
        with pytest.raises(NodeError) as refused:
            node.ask("backup.open", file=each, passphrase=PASSPHRASE)
        assert refused.value.kind == "Refused" and "no readable backup" in str(refused.value)


def test_a_short_passphrase_or_two_are_refused(node: Node) -> None:
    for again, said in (("kurz", "12 characters"), (PASSPHRASE, "differ")):
        first = "kurz" if again == "kurz" else PASSPHRASE + "x"
        with pytest.raises(NodeError) as refused:
            node.ask("backup.write", passphrase=first, again=again, records=[])
        assert said in str(refused.value)
