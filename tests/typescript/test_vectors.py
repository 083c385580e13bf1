"""The protocol's vectors in TypeScript, and each direction of sealing against the Python code."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signing import canonical, encoding, hpke, objects, sharing
from signing.errors import SigningError
from signing.suite import SUNSEAL_1
from tests.typescript.node import Node, NodeError

FOLDER = Path(__file__).parent.parent / "vectors"
VECTORS: dict[str, Any] = json.loads((FOLDER / "sunseal-1.json").read_text("utf-8"))
BID: dict[str, Any] = VECTORS["complete_bid"]
CONTEXT: str = VECTORS["contexts"][0]["context"]


def each(group: str) -> pytest.MarkDecorator:
    rows = VECTORS[group]
    return pytest.mark.parametrize("vector", rows, ids=[row["name"] for row in rows])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def says(answer: Any, content: bytes) -> bool:
    """Whether an answer gives these bytes, or their digest where they are many."""
    return bool(answer in ({"bytes": content.hex()}, {"sha256": sha256(content)}))


def digests(shares: list[str]) -> list[str]:
    return [sha256(bytes.fromhex(share)) for share in shares]


@each("contexts")
def test_context(node: Node, vector: dict[str, Any]) -> None:
    place = {name: vector[name] for name in ("tender", "policy", "supplier", "bid", "segment", "part")}
    assert node.ask("suite.context", suite=vector["suite"], place=place) == vector["context"]


@each("object_keys")
def test_object_key(node: Node, vector: dict[str, Any]) -> None:
    asked = {"content_key": vector["content_key"], "j": vector["j"]}
    assert node.ask("object.key", **asked) == vector["object_key"]
    assert node.ask("object.context", context=CONTEXT, j=vector["j"]) == vector["context"]


@each("locks")
def test_lock(node: Node, vector: dict[str, Any]) -> None:
    dealt = {"key": vector["shared_key"], "k": vector["k"], "n": vector["n"], "context": vector["context"]}
    assert node.ask("sharing.deal", **dealt) == vector["shares"]
    bound = {name: vector[name] for name in ("shared_key", "secret", "context")}
    assert node.ask("suite.lock", **bound) == vector["content_key"]
    opened = node.ask(
        "object.open",
        key=vector["object_key_0"],
        context=vector["cobblestone_context"],
        ciphertext=vector["ciphertext"],
    )
    assert says(opened, bytes.fromhex(vector["plaintext"]))


@each("padding")
def test_padding(node: Node, vector: dict[str, Any]) -> None:
    length, index = vector["length"], vector["index"]
    ciphertext_length = objects.ciphertext_length(length, index)
    lengths = node.ask("object.lengths", length=length, index=index)
    assert lengths == [vector["padded_length"], ciphertext_length]
    if "data" not in vector:
        return
    sealed = node.ask(
        "object.encrypt", content_key="00" * 32, context=b"{}".hex(), j=3, index=index, length=length
    )
    key, context = objects.object_key(bytes(32), 3), objects.object_context(b"{}", 3)
    padded = objects.open_ciphertext(key, context, encoding.b64decode(sealed))
    assert sha256(padded) == vector.get("padded_sha256", sha256(bytes.fromhex(vector.get("padded", ""))))


@each("dealing")
def test_dealing(node: Node, vector: dict[str, Any]) -> None:
    asked = {name: vector[name] for name in ("key", "k", "n", "context")}
    shares = node.ask("sharing.deal", **asked)
    assert shares == vector["shares"] and digests(shares) == vector["share_digests"]


@each("recombination")
def test_recombination(node: Node, vector: dict[str, Any]) -> None:
    assert node.ask("sharing.combine", shares=vector["shares"]) == vector["key"]
    asked = {name: vector[name] for name in ("shares", "k", "n", "context", "share_digests")}
    assert node.ask("sharing.recover", **asked) == vector["key"]


@each("custodian_keys")
def test_custodian_key(node: Node, vector: dict[str, Any]) -> None:
    assert node.ask("hpke.public", seed=vector["seed"]) == vector["public_key"]


@each("sealed_shares")
def test_sealed_share(node: Node, vector: dict[str, Any]) -> None:
    seed = vector["seed"]
    assert node.ask("hpke.open", seed=seed, info=vector["info"], sealed=vector["sealed"]) == vector["share"]
    place = {"context": vector["context"], "i": vector["i"]}
    assert node.ask("share.open", seed=seed, sealed=vector["sealed"], **place) == vector["share"]
    again = node.ask("share.seal", public_key=vector["public_key"], share=vector["share"], **place)
    assert len(encoding.b64decode(again)) == SUNSEAL_1.sealed_share_size
    key = SUNSEAL_1.sealing_key(bytes.fromhex(seed))
    opened = SUNSEAL_1.open_share(
        key, bytes.fromhex(vector["context"]), vector["i"], encoding.b64decode(again)
    )
    assert opened.hex() == vector["share"]


@each("ciphertexts")
def test_ciphertext(node: Node, vector: dict[str, Any]) -> None:
    key = node.ask("object.key", content_key=vector["content_key"], j=vector["j"])
    assert key == vector["object_key"]
    opened = node.ask("object.open", key=key, context=vector["context"], ciphertext=vector["ciphertext"])
    plaintext = bytes.fromhex(vector.get("plaintext", ""))
    wanted = vector.get("plaintext_sha256", sha256(plaintext))
    assert opened.get("sha256", sha256(bytes.fromhex(opened.get("bytes", "")))) == wanted


@pytest.mark.parametrize("custodians", list(itertools.combinations((1, 2, 3), 2)))
@pytest.mark.parametrize("number", [0, 1])
def test_complete_bid(node: Node, custodians: tuple[int, ...], number: int) -> None:
    manifest = canonical.loads(BID["manifest"]["text"].encode())
    part, told = manifest["parts"][number], BID["parts"][number]
    place = {name: manifest[name] for name in ("tender", "policy", "supplier", "bid")}
    place |= {"segment": part["segment"], "part": part["part"]}
    context = node.ask("suite.context", suite=manifest["suite"], place=place)
    assert context == told["context"]
    shares = [
        node.ask(
            "share.open",
            seed=BID["custodian_seeds"][i - 1],
            context=context,
            i=i,
            sealed=part["sealed_shares"][i - 1],
        )
        for i in custodians
    ]
    dealt = {"k": 2, "n": 3, "context": context, "share_digests": part["share_digests"]}
    content_key = node.ask("sharing.recover", shares=shares, **dealt)
    assert content_key == told["content_key"]
    for vector in (row for row in BID["objects"] if row["part"] == part["part"]):
        opened = node.ask(
            "object.decrypt",
            content_key=content_key,
            context=context,
            j=vector["j"],
            index=vector["j"] == 0,
            ciphertext=vector["ciphertext"],
        )
        assert says(opened, bytes.fromhex(vector["plaintext"]))


def attempt(node: Node, vector: dict[str, Any]) -> None:
    match vector["step"]:
        case "hpke":
            node.ask("hpke.open", seed=vector["seed"], info=vector["info"], sealed=vector["sealed"])
        case "ciphertext":
            place = {"key": vector["object_key"], "context": vector["context"]}
            node.ask("object.open", **place, ciphertext=vector["ciphertext"])
        case "dealing":
            names = ("shares", "k", "n", "context", "share_digests")
            node.ask("sharing.recover", **{name: vector[name] for name in names})
        case "padding":
            node.ask("padding.read", padded=vector["padded"], index=vector["index"])
        case "time":
            node.ask("time.read", text=vector["text"])
        case "base64":
            node.ask("base64.read", text=vector["text"])


@each("refusals")
def test_refusal(node: Node, vector: dict[str, Any]) -> None:
    with pytest.raises(NodeError) as refusal:
        attempt(node, vector)
    assert refusal.value.reason == vector["refused"]


CHUNK = objects.CHUNK
# Around the ends of chunks, of what is encrypted side by side, and of an index's least size.
SIZES = [0, 1, 7, 8, CHUNK - 9, CHUNK - 8, CHUNK - 7, CHUNK, 65_527, 65_528, 65_529, 256 * CHUNK - 8]
LENGTHS = st.sampled_from(SIZES) | st.integers(0, 5 * CHUNK)


@settings(max_examples=40)
@given(length=LENGTHS, index=st.booleans(), j=st.integers(0, 199), key=st.binary(min_size=32, max_size=32))
@example(length=4 * 1024 * 1024, index=True, j=0, key=bytes(32))
@example(length=5_000_000, index=False, j=1, key=bytes(32))
@example(length=256 * CHUNK - 8, index=False, j=199, key=bytes(32))
def test_objects_open_each_other(node: Node, length: int, index: bool, j: int, key: bytes) -> None:
    content = (bytes(range(251)) * (length // 251 + 1))[:length]
    place = {"content_key": key.hex(), "context": CONTEXT, "j": j, "index": index}
    sealed = encoding.b64decode(node.ask("object.encrypt", **place, length=length))
    assert len(sealed) == objects.ciphertext_length(length, index)
    assert objects.decrypt(sealed, key, bytes.fromhex(CONTEXT), j, index) == content
    ours = encoding.b64encode(objects.encrypt(content, key, bytes.fromhex(CONTEXT), j, index))
    opened = node.ask("object.decrypt", **place, ciphertext=ours)
    assert says(opened, content)


@settings(max_examples=60)
@given(data=st.data(), length=st.integers(0, 3 * CHUNK), index=st.booleans())
def test_damage_is_judged_alike(node: Node, data: st.DataObject, length: int, index: bool) -> None:
    """Cut or altered anywhere: the same reason, and never the content."""
    key, context = bytes(32), bytes.fromhex(CONTEXT)
    sealed = bytearray(objects.encrypt(bytes(length), key, context, 5, index))
    if data.draw(st.booleans()):
        del sealed[data.draw(st.integers(0, len(sealed) - 1)) :]
    else:
        sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SigningError) as ours:
        objects.decrypt(bytes(sealed), key, context, 5, index)
    asked = {"content_key": key.hex(), "context": CONTEXT, "j": 5, "index": index}
    with pytest.raises(NodeError) as theirs:
        node.ask("object.decrypt", **asked, ciphertext=encoding.b64encode(bytes(sealed)))
    assert (theirs.value.kind, theirs.value.reason) == (type(ours.value).__name__, ours.value.reason)


@settings(max_examples=40)
@given(key=st.binary(min_size=32, max_size=32), n=st.integers(1, 16), data=st.data())
def test_dealing_agrees(node: Node, key: bytes, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    shares = sharing.deal(key, k, n, bytes.fromhex(CONTEXT))
    dealt = node.ask("sharing.deal", key=key.hex(), k=k, n=n, context=CONTEXT)
    assert dealt == [share.hex() for share in shares]
    given_ = data.draw(st.permutations(dealt))[:k]
    asked = {"k": k, "n": n, "context": CONTEXT, "share_digests": digests(dealt)}
    assert node.ask("sharing.recover", shares=given_, **asked) == key.hex()


@pytest.mark.parametrize("public_key", [b"", bytes(1216), b"\xff" * 1216])
def test_malformed_sealing_keys_are_refused(node: Node, public_key: bytes) -> None:
    with pytest.raises(SigningError):
        hpke.seal(public_key, b"", bytes(33))
    with pytest.raises(NodeError) as refusal:
        node.ask("hpke.seal", public_key=public_key.hex(), info="", bytes="00" * 33)
    assert refusal.value.kind == "SealingError"


PIECES = st.lists(st.binary(max_size=200) | st.integers(0, 400).map(bytes), max_size=6)


@settings(max_examples=50)
@given(pieces=PIECES, fast=st.booleans())
@example(pieces=[], fast=True)
@example(pieces=[b"abc"], fast=True)
@example(pieces=[bytes(range(256)) * 300, b"x" * 55, b"", b"y" * 64, b"z" * 63], fast=True)
def test_sha256_in_pieces(node: Node, pieces: list[bytes], fast: bool) -> None:
    told = node.ask("sha256", pieces=[piece.hex() for piece in pieces], fast=fast)
    assert told == sha256(b"".join(pieces))
