"""The errors of this package: one root, and a kind for each thing that can be refused."""

from __future__ import annotations

from typing import Literal

CertificateReason = Literal[
    "expired",
    "not-yet-valid",
    "revoked",
    "untrusted",
    "wrong-authority",
    "algorithm",
    "crl-missing",
    "malformed",
]


class SigningError(Exception):
    """Root of all refusals; `str()` is a sentence for a person and never holds a secret.

    `reason` is the short, stable wording used in protocol vectors and records.
    """

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = message if reason is None else reason


class CanonicalError(SigningError):
    """Bytes that are not RFC 8785 JSON within the protocol's limits, or a value that has no such form."""


class EncodingError(SigningError):
    """A base64 text, a time or an id that is not in the one accepted form."""


class SignatureInvalid(SigningError):
    """A signature that does not verify, or whose form is not the one the protocol allows."""


class CertificateError(SigningError):
    """A certificate, request or chain that is refused; `reason_code` says in which of the known ways."""

    def __init__(self, message: str, reason_code: CertificateReason) -> None:
        super().__init__(message, reason_code)
        self.reason_code: CertificateReason = reason_code


class SealingError(SigningError):
    """A share or key that cannot be sealed, or a sealed share that does not open."""


class DealingError(SigningError):
    """Shares that do not recombine, or that were not dealt as the protocol says."""


class PaddingError(SigningError):
    """Decrypted content whose padding is not exactly the one the protocol prescribes."""


class CiphertextError(SigningError):
    """Ciphertext that is cut, altered, or encrypted under another key or context."""


class MerkleError(SigningError):
    """A Merkle proof that does not lead to the root, or a question outside the tree."""


class NoteError(SigningError):
    """A signed note, checkpoint or proof file that is malformed or not signed by the wanted key."""


class PolicyError(SigningError):
    """A trust policy of logs that is malformed, at line `line` of its file (0 where no one line is at fault),
    in the way `code`: "unknown", "vkey", "undefined", "threshold", …"""

    def __init__(self, line: int, code: str, fault: str) -> None:
        place = f"Line {line} of the policy" if line else "The policy"
        super().__init__(f"{place}: {fault}.", f"line {line}: {code}")
        self.line = line
        self.code = code
        self.fault = fault
