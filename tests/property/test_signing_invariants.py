"""Invariants of signing/ over generated inputs."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from signing import canonical, cms, encoding, merkle, objects, sharing
from signing.errors import CiphertextError, SigningError
from tests.unit.signing.material import AT, world

LIMIT = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LIMIT, LIMIT) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
KEYS = st.binary(min_size=32, max_size=32)
CONTEXT = b'{"bid":"b"}'


@settings(max_examples=150)
@given(VALUES)
def test_canonical_json_round_trips_and_agrees_with_another_implementation(value: Any) -> None:
    data = canonical.dumps(value)
    assert canonical.loads(data) == value
    assert data == rfc8785.dumps(value)


@settings(max_examples=150)
@given(
    st.binary(max_size=40) | TEXT.map(str.encode) | VALUES.map(canonical.dumps).map(lambda d: d[:-1] + b" ")
)
def test_whatever_is_read_is_written_the_same(data: bytes) -> None:
    try:
        value = canonical.loads(data)
    except SigningError:
        return
    assert canonical.dumps(value) == data


@given(st.binary(max_size=100))
def test_base64_round_trips(data: bytes) -> None:
    assert encoding.b64decode(encoding.b64encode(data)) == data


@given(st.datetimes(timezones=st.just(AT.tzinfo)))
def test_times_round_trip_to_the_millisecond(moment: Any) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert encoding.parse_time(encoding.format_time(moment)) == cut


@settings(max_examples=60)
@given(st.data(), KEYS, st.binary(max_size=20))
def test_any_k_of_n_recover_the_key(data: st.DataObject, key: bytes, context: bytes) -> None:
    count = data.draw(st.integers(1, 16))
    threshold = data.draw(st.integers(1, count))
    shares = sharing.deal(key, threshold, count, context)
    digests = [hashlib.sha256(share).hexdigest() for share in shares]
    chosen = data.draw(st.permutations(shares))[:threshold]
    assert sharing.recover(chosen, threshold, count, context, digests) == key
    assert sharing.combine(chosen) == key
    if threshold > 1:
        assert sharing.combine(chosen[1:]) != key
        wrong = list(digests)
        wrong[data.draw(st.integers(0, count - 1))] = "0" * 64
        with pytest.raises(SigningError):
            sharing.recover(chosen, threshold, count, context, wrong)


SIGNED = cms.sign(b"data", world().supplier, AT)


@settings(max_examples=150)
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_signature_is_refused(at: int, change: int) -> None:
    changed = bytearray(SIGNED)
    changed[at] ^= change
    with pytest.raises(SigningError):
        cms.verify_with_chain(b"data", bytes(changed), world().roots, AT, "parties", "party")


@settings(max_examples=60)
@given(st.binary(max_size=200) | st.integers(0, 40_000).map(bytes), KEYS, st.integers(0, 199), st.booleans())
def test_objects_round_trip(data: bytes, key: bytes, j: int, index: bool) -> None:
    sealed, opened = io.BytesIO(), io.BytesIO()
    told = objects.encrypt_stream(io.BytesIO(data), sealed, key, CONTEXT, j, len(data), index)
    ciphertext = sealed.getvalue()
    assert told.size == len(ciphertext) == objects.ciphertext_length(len(data), index)
    assert objects.decrypt_stream(io.BytesIO(ciphertext), opened, key, CONTEXT, j, index) == len(data)
    assert opened.getvalue() == data


OBJECT = objects.encrypt(bytes(20_000), b"k" * 32, CONTEXT, 1, False)


@settings(max_examples=100)
@given(st.integers(0, len(OBJECT) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_ciphertext_is_refused(at: int, change: int) -> None:
    changed = bytearray(OBJECT)
    changed[at] ^= change
    with pytest.raises(CiphertextError):
        objects.decrypt(bytes(changed), b"k" * 32, CONTEXT, 1, False)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 20_000), max_size=6), KEYS)
def test_encrypting_in_any_pieces_gives_equal_plaintext(pieces: list[int], key: bytes) -> None:
    data = (bytes(range(256)) * (sum(pieces) // 256 + 1))[: sum(pieces)]
    encryptor = objects.Encryptor(key, CONTEXT, 2, len(data), False)
    ciphertext, at = b"", 0
    for size in pieces:
        ciphertext += encryptor.update(data[at : at + size])
        at += size
    ciphertext += encryptor.finalize()
    assert objects.decrypt(ciphertext, key, CONTEXT, 2, False) == data


@given(st.integers(0, 2**50))
def test_padding_is_monotonous_and_adds_at_most_12_percent(size: int) -> None:
    padded = objects.padme(size)
    assert size <= padded <= size * 1.12
    assert objects.padme(padded) == padded
    assert objects.padme(size + 1) >= padded


def test_all_proofs_of_all_trees_up_to_70() -> None:
    tree = merkle.MemoryTree()
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(70)]
    for size in range(1, 71):
        tree.append(leaves[size - 1])
        root = tree.root()
        for index in range(size):
            merkle.verify_inclusion(index, size, leaves[index], tree.inclusion(index), root)
        for old in range(size + 1):
            proof = tree.consistency(old)
            merkle.verify_consistency(old, size, tree.root(old), root, proof)
            if 0 < old < size:
                with pytest.raises(SigningError):
                    merkle.verify_consistency(old, size, leaves[-1], root, proof)
