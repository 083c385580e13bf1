from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signing import notes
from signing.cosignatures import CosignatureSigner, with_cosignatures
from signing.errors import NoteError, PolicyError
from signing.policies import parse_policy

# The log's own key, as a witness's.
ITSELF = CosignatureSigner("log.example/a", Ed25519PrivateKey.from_private_bytes(bytes(32))).vkey
AT = datetime(2026, 6, 1, tzinfo=UTC)
LOG = notes.NoteSigner("log.example/a", Ed25519PrivateKey.from_private_bytes(bytes(32)))
NAMES = ("X1", "X2", "X3", "Y1", "Y2")
# The same keys in every process: they are part of tests' names.
WITNESSES = {
    name: CosignatureSigner(f"w.example/{name}", Ed25519PrivateKey.from_private_bytes(name.encode() * 16))
    for name in NAMES
}
NOTE = notes.format_checkpoint(notes.Checkpoint("log.example/a", 3, bytes(32)), LOG)
# The example of c2sp.org/tlog-policy, less one witness.
EXAMPLE = f"""
# two groups
log {LOG.vkey} https://log.example/a/
witness X1 {WITNESSES["X1"].vkey}
\twitness  X2\t{WITNESSES["X2"].vkey}  https://x2.example/
witness X3 {WITNESSES["X3"].vkey}
group X-witnesses 2 X1 X2 X3

witness Y1 {WITNESSES["Y1"].vkey}
witness Y2 {WITNESSES["Y2"].vkey}
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


@pytest.mark.parametrize(
    ("names", "enough"),
    [("X1 X2 Y1", True), ("X1 X3 Y2", True), ("X1 X2 X3", False), ("X1 Y1 Y2", False), ("", False)],
)
def test_the_quorum_of_the_example(names: str, enough: bool) -> None:
    policy = parse_policy(EXAMPLE.encode())
    cosigned = with_cosignatures(NOTE, (WITNESSES[name].cosign(NOTE, AT) for name in names.split()))
    found = policy.cosigned(cosigned)
    assert sorted(found) == sorted(names.split()) and set(found.values()) <= {AT}
    assert policy.satisfied(found) is enough
    assert [known.url for known in policy.logs] == ["https://log.example/a/"]
    assert policy.witnesses[1].url == "https://x2.example/" and policy.witnesses[0].url is None


def test_none_and_one_witness() -> None:
    assert parse_policy(b"quorum none\n").satisfied([])
    policy = parse_policy(f"witness w {WITNESSES['X1'].vkey}\nquorum w".encode())
    assert policy.satisfied(["w"]) and not policy.satisfied([])


def test_a_false_line_of_a_known_witness_is_refused() -> None:
    other = notes.format_checkpoint(notes.Checkpoint("log.example/a", 4, bytes(32)), LOG)
    forged = with_cosignatures(NOTE, [WITNESSES["X1"].cosign(other, AT)])
    with pytest.raises(NoteError):
        parse_policy(EXAMPLE.encode()).cosigned(forged)


def test_names_are_octets() -> None:
    kelvin = "\u212a"  # looks like K
    keys = [WITNESSES[name].vkey for name in ("X1", "X2")]
    text = f"witness K {keys[0]}\nwitness {kelvin} {keys[1]}\ngroup 组 all K {kelvin}\nquorum 组"
    policy = parse_policy(text.encode())
    assert [each.label for each in policy.witnesses] == ["K", kelvin]
    assert not policy.satisfied(["K"])
    assert policy.satisfied([each.name for each in policy.witnesses])
    assert parse_policy(b"witness \xff " + keys[0].encode() + b"\nquorum \xff").witnesses



W1, W2 = (f"witness {name} {WITNESSES[name].vkey}" for name in ("X1", "X2"))


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 0, "quorum-count"),
        ("quorum none\nquorum none", 0, "quorum-count"),
        ("#\nwitnesses", 2, "unknown"),
        ("log", 1, "log-form"),
        (f"log {LOG.vkey} a b", 1, "log-form"),
        ("log x+y+z", 1, "vkey"),
        (f"log {WITNESSES['X1'].vkey}", 1, "vkey"),
        ("witness", 1, "witness-form"),
        ("witness a", 1, "witness-form"),
        (f"witness a {LOG.vkey}", 1, "vkey"),
        (f"{W1}\n{W1}", 2, "key-twice"),
        (f"log {LOG.vkey}\nlog {LOG.vkey}", 2, "key-twice"),
        (f"log {LOG.vkey}\nwitness itself {ITSELF}", 2, "key-twice"),
        (f"{W1}\nwitness X1 {WITNESSES['X2'].vkey}", 2, "name-taken"),
        (f"witness none {WITNESSES['X2'].vkey}", 1, "name-taken"),
        ("group g all", 1, "group-form"),
        ("group g all X1", 1, "undefined"),
        (f"{W1}\n{W2}\ngroup g all X1\ngroup h all X1 X2", 4, "member-twice"),
        (f"{W1}\ngroup g 2 X1", 2, "threshold"),
        (f"{W1}\ngroup g 0 X1", 2, "threshold"),
        (f"{W1}\ngroup g some X1", 2, "threshold"),
        (f"{W1}\ngroup X1 all X1", 2, "name-taken"),
        ("quorum X1", 1, "undefined"),
        ("quorum", 1, "quorum-form"),
        ("quorum none\r\n", 1, "control"),
        ("#" * 300_000, 0, "too-large"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text.encode())
    assert (caught.value.line, caught.value.code) == (line, code)
    assert str(line) in str(caught.value) or line == 0
