from __future__ import annotations

import hashlib
import io

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from signing import objects, padding
from signing.errors import CiphertextError, PaddingError, SealingError

KEY = b"k" * 32
C = b'{"bid":"b"}'


def by_the_specification(key: bytes, salt: bytes, context: bytes, plaintext: bytes) -> bytes:
    """c2sp.org/chunked-encryption written out plainly, since it has no published vectors."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    okm = HKDFExpand(hashes.SHA512(), 76, info).derive(key)
    aead, base = AESGCM(okm[:32]), int.from_bytes(okm[32:44], "big")
    chunks = [plaintext[at : at + 16384] for at in range(0, len(plaintext) + 1, 16384)]
    sealed = [aead.encrypt((base ^ n).to_bytes(12, "big"), chunk, None) for n, chunk in enumerate(chunks)]
    return salt + okm[44:] + b"".join(sealed)


@pytest.mark.parametrize("length", [0, 1, 16375, 16376, 16377, 40000])
def test_ciphertext_is_what_the_specification_gives(length: int) -> None:
    data = bytes(length)
    ciphertext = objects.encrypt(data, KEY, C, 3, False)
    padded = length.to_bytes(8, "big") + data
    padded += bytes(objects.padded_length(length, False) - len(padded))
    key, context = objects.object_key(KEY, 3), objects.object_context(C, 3)
    assert ciphertext == by_the_specification(key, ciphertext[:24], context, padded)
    assert len(ciphertext) == objects.ciphertext_length(length, False)


def test_a_stream_is_hashed_on_both_sides() -> None:
    data = bytes(range(256)) * 3000
    sink = io.BytesIO()
    sealed = objects.encrypt_stream(io.BytesIO(data), sink, KEY, C, 1, len(data), False)
    ciphertext = sink.getvalue()
    assert sealed.sha256 == hashlib.sha256(ciphertext).hexdigest()
    assert sealed.plaintext_sha256 == hashlib.sha256(data).hexdigest()
    assert sealed.size == len(ciphertext)
    out = io.BytesIO()
    assert objects.decrypt_stream(io.BytesIO(ciphertext), out, KEY, C, 1, False) == len(data)
    assert out.getvalue() == data


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_file_that_changes_while_it_is_sealed_is_refused(difference: int) -> None:
    data = bytes(1000)
    with pytest.raises(SealingError, match="changed"):
        objects.encrypt_stream(io.BytesIO(data), io.BytesIO(), KEY, C, 1, len(data) + difference, False)


class Slow(io.RawIOBase):
    """A raw stream that hands out at most seven bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(min(7, size))


def test_a_stream_that_comes_in_drops_is_decrypted() -> None:
    out = io.BytesIO()
    ciphertext = objects.encrypt(b"offer", KEY, C, 0, False)
    assert objects.decrypt_stream(Slow(ciphertext), out, KEY, C, 0, False) == 5
    assert out.getvalue() == b"offer"


def test_an_object_is_bound_to_its_place_key_and_context() -> None:
    ciphertext = objects.encrypt(b"offer", KEY, C, 0, True)
    assert objects.decrypt(ciphertext, KEY, C, 0, True) == b"offer"
    for key, context, j in ((b"x" * 32, C, 0), (KEY, C + b" ", 0), (KEY, C, 1)):
        with pytest.raises(CiphertextError) as refusal:
            objects.decrypt(ciphertext, key, context, j, True)
        assert refusal.value.reason == "ciphertext: key commitment differs"


@pytest.mark.parametrize(
    ("cut", "reason"),
    [(0, "too short"), (55, "too short"), (71, "too short"), (72, "a chunk does not authenticate")]
    + [
        (56 + 16400, "truncated"),
        (56 + 16400 + 15, "truncated"),
        (56 + 16400 + 16, "a chunk does not authenticate"),
    ],
)
def test_a_cut_ciphertext_is_refused(cut: int, reason: str) -> None:
    ciphertext = objects.encrypt(bytes(30000), KEY, C, 1, False)
    with pytest.raises(CiphertextError) as refusal:
        objects.decrypt(ciphertext[:cut], KEY, C, 1, False)
    assert refusal.value.reason == f"ciphertext: {reason}"


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(CiphertextError):
        objects.decrypt(objects.encrypt(b"a", KEY, C, 1, False) + b"\0", KEY, C, 1, False)


@pytest.mark.parametrize("j", [-1, 200])
def test_objects_are_numbered_to_199(j: int) -> None:
    with pytest.raises(SealingError, match="0 to 199"):
        objects.encrypt(b"", KEY, C, j, False)


def test_an_index_has_at_most_4_mib_whoever_made_it() -> None:
    with pytest.raises(PaddingError):
        objects.encrypt(bytes(padding.MAX_INDEX + 1), KEY, C, 0, True)
    with pytest.raises(PaddingError):
        objects.padded_length(-1, False)
    oversized = objects.encrypt(bytes(padding.MAX_INDEX + 1), KEY, C, 0, False)
    with pytest.raises(PaddingError, match="wrong length"):
        objects.decrypt(oversized, KEY, C, 0, True)


def test_an_index_is_never_smaller_than_64_kib() -> None:
    assert objects.ciphertext_length(0, True) == objects.ciphertext_length(65528, True)
    with pytest.raises(PaddingError, match="wrong length"):
        objects.decrypt(objects.encrypt(b"a", KEY, C, 0, False), KEY, C, 0, True)


def test_padme() -> None:
    assert [objects.padme(n) for n in (0, 1, 2, 7, 9, 100, 1000)] == [0, 1, 2, 7, 10, 104, 1024]
    assert sum(map(len, padding.zeros(600_000))) == 600_000
