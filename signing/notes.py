"""Signed notes, checkpoints and proof files of transparency logs, as the C2SP specifies them.

c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof@v1; signatures are Ed25519 (type 0x01).
By default a note carries exactly the one wanted signature: lines that nobody checks would make a recorded
file malleable. Readers that expect witnesses' cosignatures say so with `strict=False`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from signing import merkle
from signing.encoding import b64decode, b64encode
from signing.errors import EncodingError, NoteError

_ED25519 = b"\x01"
DASH = "— "
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_NOTE = 1 << 20
_MAX_SIGNATURES = 100


def generate_note_key() -> Ed25519PrivateKey:
    """A new checkpoint key."""
    return Ed25519PrivateKey.generate()


def save_note_key(key: Ed25519PrivateKey, password: bytes | None) -> bytes:
    """PKCS #8 PEM, encrypted under `password` unless it is None."""
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def load_note_key(data: bytes, password: bytes | None) -> Ed25519PrivateKey:
    """A checkpoint key from PEM; NoteError if it is another key, or the password is wrong or missing."""
    try:
        key = load_pem_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise NoteError(
            "The checkpoint key cannot be read: it is damaged or the password is wrong."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise NoteError("A checkpoint key is an Ed25519 key; this one is of another kind.")
    return key


def vkey_for(name: str, public: Ed25519PublicKey) -> str:
    """The verifier key `name+id+key` of the C2SP; NoteError if the name is empty or has a space or plus."""
    return encode_vkey(name, _ED25519, public)


def encode_vkey(name: str, kind: bytes, public: Ed25519PublicKey) -> str:
    """As `vkey_for`, for a key of the signature type `kind`, one byte."""
    material = kind + public.public_bytes_raw()
    return f"{name}+{key_id(name, material).hex()}+{b64encode(material)}"


def decode_vkey(vkey: str) -> tuple[str, bytes, Ed25519PublicKey]:
    """Name, signature type and key of a verifier key that holds 32 bytes of key; NoteError if malformed."""
    parts = vkey.split("+", 2)
    try:
        material = b64decode(parts[2])
        name, kind, public = parts[0], material[:1], Ed25519PublicKey.from_public_bytes(material[1:])
    except (IndexError, EncodingError, ValueError):
        raise NoteError("This is not a verifier key of the form name+id+key.") from None
    return name, kind, public


def key_id(name: str, material: bytes) -> bytes:
    """The four bytes that name a key in signature lines; `material` is type and key. NoteError as above."""
    if not _NAME.fullmatch(name):
        raise NoteError("A log's key name is not empty and has neither spaces nor a plus.")
    return hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]


class NoteSigner:
    """Signs notes under a key name; for checkpoints that is the log's origin."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self.name = name
        self.vkey = vkey_for(name, private.public_key())
        self._private = private
        self._id = key_id(name, _ED25519 + private.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """The signed note of `text`, which must end in a newline; NoteError if it cannot be a note's text."""
        _check_text(text)
        signature = b64encode(self._id + self._private.sign(text.encode()))
        return f"{text}\n{DASH}{self.name} {signature}\n".encode()


class NoteVerifier:
    """Verifies notes by one key."""

    def __init__(self, name: str, public: Ed25519PublicKey) -> None:
        self.name = name
        self.vkey = vkey_for(name, public)
        self._public = public
        self._id = key_id(name, _ED25519 + public.public_bytes_raw())

    @classmethod
    def from_vkey(cls, vkey: str) -> NoteVerifier:
        """From a C2SP verifier key (no newline at the end); NoteError if it is malformed or not Ed25519."""
        name, _, public = decode_vkey(vkey)
        verifier = cls(name, public)
        if verifier.vkey != vkey:
            raise NoteError("This verifier key is not of the type Ed25519, or its id is not that of its key.")
        return verifier

    def named_in(self, note: bytes) -> bool:
        """Whether the note has a line under this key's name and id, true or false; NoteError."""
        return any(name == self.name and value[:4] == self._id for name, value in split_note(note)[1])

    def verify(self, note: bytes, strict: bool = True) -> str:
        """The text of `note`, signed by this key.

        `strict` refuses any further signature line; otherwise lines of other keys are ignored, as the C2SP
        asks of clients that know no witnesses. Raises NoteError.
        """
        text, signatures = split_note(note)
        if strict and len(signatures) != 1:
            raise NoteError("The note must have exactly one signature.")
        wanted = [value for name, value in signatures if name == self.name and value[:4] == self._id]
        if len(wanted) != 1:
            raise NoteError(f"The note is not signed, once, by the key of {self.name}.")
        try:
            self._public.verify(wanted[0][4:], text.encode())
        except InvalidSignature:
            raise NoteError(f"The note's signature by {self.name} does not hold.") from None
        return text


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NoteError("A note's text is valid UTF-8.") from None
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("A note's text ends in a newline and has no other control characters.")


def split_note(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and name and value (id and signature) of each signature line; NoteError if malformed."""
    if len(note) > _MAX_NOTE:
        raise NoteError("The note is larger than 1 MiB.")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("The note is not UTF-8.") from None
    head, separator, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    if not separator or lines.pop() != "" or not 1 <= len(lines) <= _MAX_SIGNATURES:
        raise NoteError("The note has no text and signatures parted by an empty line.")
    text = head + "\n"
    _check_text(text)
    return text, [_signature_line(line) for line in lines]


def _signature_line(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    try:
        value = b64decode(encoded)
    except EncodingError:
        value = b""
    if not line.startswith(DASH) or not _NAME.fullmatch(name) or len(value) < 5:
        raise NoteError("A signature line of the note is malformed.")
    return name, value


@dataclass(frozen=True)
class Checkpoint:
    """A log's tree head: its origin, the number of leaves, the 32-byte root."""

    origin: str
    size: int
    root: bytes


def format_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> bytes:
    """The signed checkpoint; NoteError if it is malformed or the signer's name is not its origin."""
    if signer.name != checkpoint.origin:
        raise NoteError("A checkpoint is signed under the name of its origin.")
    text = _checkpoint_text(checkpoint)
    _parse_text(text)
    return signer.sign(text)


def parse_checkpoint(note: bytes, verifier: NoteVerifier, origin: str, strict: bool = True) -> Checkpoint:
    """The checkpoint of `origin` that `verifier`'s key signed; NoteError for anything else.

    Extension lines are refused: we write none, and the C2SP advises against them.
    """
    checkpoint = _parse_text(verifier.verify(note, strict))
    if checkpoint.origin != origin:
        raise NoteError(f"The checkpoint is of another log than {origin}.")
    return checkpoint


def _checkpoint_text(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.origin}\n{checkpoint.size}\n{b64encode(checkpoint.root)}\n"


def _parse_text(text: str, extended: bool = False) -> Checkpoint:
    lines = text.split("\n")
    count_fits = len(lines) >= 4 and all(lines[:-1]) if extended else len(lines) == 4
    if not count_fits or not lines[0] or not _NUMBER.fullmatch(lines[1]):
        raise NoteError("A checkpoint has three lines: origin, number of leaves, root.")
    return Checkpoint(lines[0], int(lines[1]), parse_hash(lines[2]))


def is_size(text: str) -> bool:
    """Whether this is a number of leaves as the C2SP writes it: decimal, no leading zeros."""
    return _NUMBER.fullmatch(text) is not None


def read_checkpoint(note: bytes) -> Checkpoint:
    """What a checkpoint says, whoever signed it, extension lines left aside; NoteError if malformed."""
    return _parse_text(split_note(note)[0], extended=True)


def parse_hash(line: str) -> bytes:
    """A hash's 32 bytes from its line in base64; NoteError."""
    try:
        value = b64decode(line)
    except EncodingError:
        value = b""
    if len(value) != 32:
        raise NoteError("A hash is 32 bytes in base64.")
    return value


@dataclass(frozen=True)
class Proof:
    """A proof file: the leaf's index, the inclusion hashes from the leaf up, the checkpoint verbatim."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


def format_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes) -> bytes:
    """A `.tlog-proof` file without extra data."""
    lines = [_PROOF_HEADER, f"index {index}", *map(b64encode, hashes), "", ""]
    return "\n".join(lines).encode() + checkpoint


def parse_proof(data: bytes) -> Proof:
    """A proof from exactly the bytes that `format_proof` gives; NoteError for anything else.

    `extra` data is refused: nothing authenticates it, and we write none.
    """
    head, separator, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if not separator or len(lines) < 2 or lines[0] != _PROOF_HEADER or not lines[1].startswith("index "):
        raise NoteError(f"A proof begins with {_PROOF_HEADER} and the leaf's index.")
    number = lines[1].removeprefix("index ")
    if not _NUMBER.fullmatch(number):
        raise NoteError("The proof's index is malformed.")
    return Proof(int(number), tuple(map(parse_hash, lines[2:])), checkpoint)


def verify_proof(
    data: bytes, leaf: bytes, verifier: NoteVerifier, origin: str, strict: bool = True
) -> Checkpoint:
    """Check that the leaf with the bytes `leaf` is in the log of `origin`, and return its checkpoint.

    Raises NoteError for a malformed proof or a checkpoint not signed by `verifier`'s key, MerkleError for
    hashes that do not lead to its root.
    """
    proof = parse_proof(data)
    checkpoint = parse_checkpoint(proof.checkpoint, verifier, origin, strict)
    merkle.verify_inclusion(
        proof.index, checkpoint.size, merkle.leaf_hash(leaf), proof.hashes, checkpoint.root
    )
    return checkpoint
