"""Every vector of sunseal-1.json but `amounts`, which belong to the bids: made by another implementation."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from signing import canonical, encoding, hpke, merkle, objects, padding, sharing
from signing.errors import SigningError
from signing.suite import SUNSEAL_1, by_name

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("sunseal-1.json").read_text("utf-8"))
BID: dict[str, Any] = VECTORS["complete_bid"]
unhex = bytes.fromhex


def each(group: str) -> pytest.MarkDecorator:
    rows = VECTORS[group]
    return pytest.mark.parametrize("vector", rows, ids=[row["name"] for row in rows])


def content(vector: dict[str, Any]) -> bytes:
    length: int = vector["length"]
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_no_group_of_vectors_is_left_out() -> None:
    known = {"json", "contexts", "object_keys", "locks", "padding", "dealing", "recombination"}
    known |= {"custodian_keys", "sealed_shares", "ciphertexts", "merkle", "complete_bid", "refusals"}
    assert set(VECTORS) == known | {"note", "suite", "amounts"}
    assert by_name(VECTORS["suite"]) is SUNSEAL_1


@each("json")
def test_json(vector: dict[str, Any]) -> None:
    if "refused" in vector:
        # The words in brackets tell what the maker of the vector changed.
        with pytest.raises(SigningError) as refusal:
            canonical.loads(unhex(vector["bytes"]))
        assert refusal.value.reason == vector["refused"].partition(" (")[0]
    else:
        data = vector["text"].encode()
        assert canonical.dumps(canonical.loads(data)) == data
        assert canonical.digest(data) == vector["sha256"]


@each("contexts")
def test_context(vector: dict[str, Any]) -> None:
    names = ("tender", "policy", "supplier", "bid", "segment", "part")
    context = by_name(vector["suite"]).context(**{name: vector[name] for name in names})
    assert context.hex() == vector["context"]


@each("object_keys")
def test_object_key(vector: dict[str, Any]) -> None:
    assert objects.object_key(unhex(vector["content_key"]), vector["j"]).hex() == vector["object_key"]
    own = VECTORS["contexts"][0]["context"]
    assert objects.object_context(unhex(own), vector["j"]).hex() == vector["context"]


@each("locks")
def test_lock(vector: dict[str, Any]) -> None:
    shared, secret, context = unhex(vector["shared_key"]), unhex(vector["secret"]), unhex(vector["context"])
    assert sha256(secret) == vector["secret_sha256"]
    shares = SUNSEAL_1.deal(shared, vector["k"], vector["n"], context)
    assert [share.hex() for share in shares] == vector["shares"]
    assert [sha256(share) for share in shares] == vector["share_digests"]
    content_key = SUNSEAL_1.bind_lock(shared, secret, context)
    assert content_key.hex() == vector["content_key"]
    key = objects.object_key(content_key, 0)
    assert key.hex() == vector["object_key_0"]
    ciphertext = encoding.b64decode(vector["ciphertext"])
    opened = objects.open_ciphertext(key, unhex(vector["cobblestone_context"]), ciphertext)
    assert opened.hex() == vector["plaintext"]


@each("padding")
def test_padding(vector: dict[str, Any]) -> None:
    index: bool = vector["index"]
    assert objects.padded_length(vector["length"], index) == vector["padded_length"]
    if "data" not in vector:  # of the largest, a gigabyte and more, only the length is told
        assert vector["length"] >= 10**9
        return
    encryptor = objects.Encryptor(bytes(32), b"{}", 3, vector["length"], index)
    ciphertext = encryptor.update(content(vector)) + encryptor.finalize()
    assert len(ciphertext) == objects.ciphertext_length(vector["length"], index)
    key, context = objects.object_key(bytes(32), 3), objects.object_context(b"{}", 3)
    padded = objects.open_ciphertext(key, context, ciphertext)
    if "padded" in vector:
        assert padded.hex() == vector["padded"]
    else:
        assert sha256(padded) == vector["padded_sha256"]


@each("dealing")
def test_dealing(vector: dict[str, Any]) -> None:
    shares = sharing.deal(unhex(vector["key"]), vector["k"], vector["n"], unhex(vector["context"]))
    assert [share.hex() for share in shares] == vector["shares"]
    assert [sha256(share) for share in shares] == vector["share_digests"]


@each("recombination")
def test_recombination(vector: dict[str, Any]) -> None:
    shares = [unhex(share) for share in vector["shares"]]
    assert sharing.combine(shares).hex() == vector["key"]
    context = unhex(vector["context"])
    key = sharing.recover(shares, vector["k"], vector["n"], context, vector["share_digests"])
    assert key.hex() == vector["key"]


@each("custodian_keys")
def test_custodian_key(vector: dict[str, Any]) -> None:
    assert hpke.public_key(unhex(vector["seed"])).hex() == vector["public_key"]


@each("sealed_shares")
def test_sealed_share(vector: dict[str, Any]) -> None:
    key = SUNSEAL_1.sealing_key(unhex(vector["seed"]))
    assert key.public.hex() == vector["public_key"]
    sealed = encoding.b64decode(vector["sealed"])
    assert len(sealed) == SUNSEAL_1.sealed_share_size == 1169
    assert key.open(unhex(vector["info"]), sealed).hex() == vector["share"]
    assert SUNSEAL_1.open_share(key, unhex(vector["context"]), vector["i"], sealed).hex() == vector["share"]


@each("ciphertexts")
def test_ciphertext(vector: dict[str, Any]) -> None:
    key = objects.object_key(unhex(vector["content_key"]), vector["j"])
    assert key.hex() == vector["object_key"]
    ciphertext = encoding.b64decode(vector["ciphertext"])
    opened = objects.open_ciphertext(key, unhex(vector["context"]), ciphertext)
    if "plaintext" in vector:
        assert opened.hex() == vector["plaintext"]
    else:
        assert sha256(opened) == vector["plaintext_sha256"]


@each("merkle")
def test_merkle(vector: dict[str, Any]) -> None:
    leaves = [merkle.leaf_hash(leaf.encode()) for leaf in vector["leaves"]]
    assert merkle.root(leaves).hex() == vector["root"]


class TestCompleteBid:
    """Opening one whole bid, 2 of 3, from its manifest, ciphertexts and two custodians' seeds."""

    def manifest(self) -> Any:
        data = BID["manifest"]["text"].encode()
        assert canonical.digest(data) == BID["manifest"]["sha256"]
        return canonical.loads(data)

    def test_digests(self) -> None:
        notice = BID["notice"]["text"].encode()
        assert canonical.digest(notice) == BID["notice"]["sha256"]
        policy = canonical.dumps(canonical.loads(notice)["policy"])
        assert canonical.digest(policy) == BID["policy_digest"]

    @pytest.mark.parametrize("custodians", list(itertools.combinations((1, 2, 3), 2)))
    @pytest.mark.parametrize("number", [0, 1])
    def test_part_opens(self, custodians: tuple[int, ...], number: int) -> None:
        manifest, told = self.manifest(), BID["parts"][number]
        part = manifest["parts"][number]
        suite = by_name(manifest["suite"])
        identity = {name: manifest[name] for name in ("tender", "policy", "supplier", "bid")}
        context = suite.context(**identity, segment=part["segment"], part=part["part"])
        assert context.hex() == told["context"]
        shares = []
        for i in custodians:
            key = suite.sealing_key(unhex(BID["custodian_seeds"][i - 1]))
            sealed = encoding.b64decode(part["sealed_shares"][i - 1])
            shares.append(suite.open_share(key, context, i, sealed))
            assert shares[-1].hex() == told["shares"][i - 1]
        content_key = suite.recover(shares, 2, 3, context, part["share_digests"])
        assert content_key.hex() == told["content_key"]
        for vector in (row for row in BID["objects"] if row["part"] == part["part"]):
            ciphertext = encoding.b64decode(vector["ciphertext"])
            listed = part["objects"][vector["j"]]
            assert (sha256(ciphertext), len(ciphertext)) == (listed["sha256"], listed["size"])
            assert sha256(ciphertext) == vector["sha256"]
            index = vector["j"] == 0
            opened = suite.decrypt(ciphertext, content_key, context, vector["j"], index)
            assert opened.hex() == vector["plaintext"]
            assert suite.ciphertext_length(len(opened), index) == len(ciphertext)

    def test_offer(self) -> None:
        offer = BID["offer"]["text"].encode()
        assert canonical.digest(offer) == BID["offer"]["sha256"]
        assert BID["objects"][0]["plaintext"] == offer.hex()
        assert canonical.dumps(canonical.loads(offer)) == offer


def attempt(vector: dict[str, Any]) -> None:
    match vector["step"]:
        case "hpke":
            hpke.open_(unhex(vector["seed"]), unhex(vector["info"]), encoding.b64decode(vector["sealed"]))
        case "ciphertext":
            ciphertext = encoding.b64decode(vector["ciphertext"])
            objects.open_ciphertext(unhex(vector["object_key"]), unhex(vector["context"]), ciphertext)
        case "dealing":
            shares = [unhex(share) for share in vector["shares"]]
            context = unhex(vector["context"])
            sharing.recover(shares, vector["k"], vector["n"], context, vector["share_digests"])
        case "padding":
            unpadder = padding.Unpadder(io.BytesIO(), vector["index"])
            unpadder.update(unhex(vector["padded"]))
            unpadder.finish()
        case "time":
            encoding.parse_time(vector["text"])
        case "base64":
            encoding.b64decode(vector["text"])


@each("refusals")
def test_refusal(vector: dict[str, Any]) -> None:
    with pytest.raises(SigningError) as refusal:
        attempt(vector)
    assert refusal.value.reason == vector["refused"]
