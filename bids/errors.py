"""What this package refuses, and why, in Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from bids.messages import MESSAGES
from signing.errors import (
    CanonicalError,
    CertificateError,
    CiphertextError,
    DealingError,
    EncodingError,
    MerkleError,
    NoteError,
    PaddingError,
    PolicyError,
    SealingError,
    SignatureInvalid,
    SigningError,
)

Language = Literal["zh", "en"]

_MAX_PARAM = 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_CODES: tuple[tuple[type[SigningError], str], ...] = (
    (CanonicalError, "not-canonical"),
    (EncodingError, "encoding-invalid"),
    (SignatureInvalid, "signature-invalid"),
    (SealingError, "sealing-failed"),
    (DealingError, "dealing-failed"),
    (PaddingError, "padding-invalid"),
    (CiphertextError, "ciphertext-invalid"),
    (MerkleError, "proof-invalid"),
    (NoteError, "note-invalid"),
    (PolicyError, "policy-malformed"),
)


class BidError(Exception):
    """Root of all refusals: a stable `code`, and the values that its two sentences need.

    Values come from hostile objects at times: they are cut to 300 characters and lose control characters, so
    that a log or a terminal shows what it should. Secrets are never among them.
    """

    rule = ""
    article = ""

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, str] = {
            name: _UNPRINTABLE.sub("\ufffd", str(value)[:_MAX_PARAM]) for name, value in params.items()
        }

    def text(self, lang: Language) -> str:
        """The sentence for a person: what is wrong and what to do."""
        return MESSAGES[self.code][0 if lang == "zh" else 1].format_map(self.params)

    def __str__(self) -> str:
        return self.text("en")


class Refused(BidError):
    """A refusal that a rule of the tender asks for: `rule` names it, `article` cites where it stands."""

    def __init__(self, code: str, /, *, rule: str = "", article: str = "", **params: object) -> None:
        super().__init__(code, **params)
        self.rule = rule
        self.article = article


def from_signing(error: SigningError, **params: object) -> BidError:
    """The refusal that a `signing` error amounts to; `params` say of which object or bid."""
    if isinstance(error, CertificateError):
        code = f"certificate-{error.reason_code}"
    else:
        code = next((code for kind, code in _CODES if isinstance(error, kind)), "signing-refused")
    return BidError(code, **{"what": "object", "reason": error.reason, **params})


@contextmanager
def refusing(what: str, **params: object) -> Iterator[None]:
    """Turn every `signing` error inside into a BidError that says it was about `what` ("manifest", …)."""
    try:
        yield
    except SigningError as error:
        raise from_signing(error, what=what, **params) from None
