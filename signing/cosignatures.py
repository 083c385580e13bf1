"""Witnesses' cosignatures of checkpoints: c2sp.org/tlog-cosignature, Ed25519 (signature type 0x04).

A cosignature says: at this time this was the largest tree of the log that the witness had seen, and it began
with every earlier one. Who wants several of them cannot be shown another log than everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signing.encoding import b64encode
from signing.errors import NoteError
from signing.notes import DASH, decode_vkey, encode_vkey, key_id, split_note

_COSIGNATURE = b"\x04"
_TIME_BYTES, _SIGNATURE_BYTES = 8, 64
_LATEST = 253402300799  # the last second of the year 9999, the last that a datetime can say


class CosignatureSigner:
    """Cosigns checkpoints under a witness's name, such as witness.example/agency."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self.name = name
        self.vkey = encode_vkey(name, _COSIGNATURE, private.public_key())
        self._private = private
        self._id = key_id(name, _COSIGNATURE + private.public_key().public_bytes_raw())

    def cosign(self, note: bytes, at: datetime) -> str:
        """The signature line over a checkpoint's whole text, with its newline; NoteError if malformed.

        That the log signed it, and that it extends what was cosigned before, is the witness's to check.
        """
        text, _ = split_note(note)
        seconds = int(at.timestamp())
        signature = self._private.sign(_message(text, seconds))
        stamped = seconds.to_bytes(_TIME_BYTES, "big") + signature
        return f"{DASH}{self.name} {b64encode(self._id + stamped)}\n"


class CosignatureVerifier:
    """Finds and verifies the cosignatures of one witness."""

    def __init__(self, name: str, public: Ed25519PublicKey) -> None:
        self.name = name
        self.vkey = encode_vkey(name, _COSIGNATURE, public)
        self._public = public
        self._id = key_id(name, _COSIGNATURE + public.public_bytes_raw())

    @classmethod
    def from_vkey(cls, vkey: str) -> CosignatureVerifier:
        """From a C2SP verifier key of the type 0x04; NoteError if it is malformed or of another type."""
        name, _, public = decode_vkey(vkey)
        verifier = cls(name, public)
        if verifier.vkey != vkey:
            raise NoteError("This is no witness's key of the type Ed25519, or its id is not that of its key.")
        return verifier

    @property
    def public(self) -> bytes:
        """The 32 bytes of the key: by them two entries of one witness are told."""
        return self._public.public_bytes_raw()

    def verify(self, note: bytes) -> datetime | None:
        """When this witness cosigned the checkpoint last, UTC; None if it did not.

        Raises NoteError for a malformed note, and for a line under this witness's name and key id that does
        not hold (the C2SP has the whole note refused then).
        """
        text, signatures = split_note(note)
        values = [value[4:] for name, value in signatures if name == self.name and value[:4] == self._id]
        return max((self._time_of(text, value) for value in values), default=None)

    def _time_of(self, text: str, value: bytes) -> datetime:
        seconds = int.from_bytes(value[:_TIME_BYTES], "big")
        try:
            if len(value) != _TIME_BYTES + _SIGNATURE_BYTES or not 0 < seconds <= _LATEST:
                raise InvalidSignature
            self._public.verify(value[_TIME_BYTES:], _message(text, seconds))
        except InvalidSignature:
            raise NoteError(f"The cosignature by {self.name} does not hold.") from None
        return datetime.fromtimestamp(seconds, UTC)


def bare(note: bytes, name: str) -> bytes:
    """The note with the signature lines of `name` alone: a checkpoint as its log signed it; NoteError."""
    text, signatures = split_note(note)
    own = [f"{DASH}{name} {b64encode(value)}\n" for key, value in signatures if key == name]
    return f"{text}\n{''.join(own)}".encode()


def with_cosignatures(note: bytes, lines: Iterable[str]) -> bytes:
    """The note with further signature lines, each as `CosignatureSigner.cosign` gives it."""
    return note + "".join(lines).encode()


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
