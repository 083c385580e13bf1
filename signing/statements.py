"""Signed statements: `{"statement": {…}, "signature": base64 CMS over the statement's canonical bytes}`.

A receipt may have a third member, `token`: a time-stamp over its signature, in base64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography import x509

from signing import canonical, cms
from signing.canonical import JSON
from signing.encoding import b64decode, b64encode, parse_time
from signing.errors import SignatureInvalid
from signing.keys import Signer

MAX_STATEMENT = 64 << 20  # bytes; a release for a thousand bids is well under it


@dataclass(frozen=True)
class Statement:
    """A statement as read: its members, canonical bytes and their SHA-256 (hex), and the CMS signature (DER).

    `verified` is None until the signature and chain were checked; `token` is the time-stamp beside it (DER,
    unchecked), None where there is none.
    """

    statement: dict[str, Any]
    statement_bytes: bytes
    digest: str
    signature: bytes
    verified: cms.Verified | None = None
    token: bytes | None = None


def sign_statement(statement: Mapping[str, JSON], signer: Signer, at: datetime) -> bytes:
    """The canonical bytes of the signed statement; SignatureInvalid if it has no text `type`."""
    if not isinstance(statement.get("type"), str):
        raise SignatureInvalid("A statement without a type may not be signed.")
    signature = cms.sign(canonical.dumps(statement), signer, at)
    return canonical.dumps({"statement": statement, "signature": b64encode(signature)})


def read_statement(data: bytes, type: str, with_token: bool = False) -> Statement:
    """Read a signed statement of `type` ("sunseal/closing/v1", …) without checking its signature.

    `with_token` allows a `token` beside it. Raises CanonicalError, EncodingError, or SignatureInvalid if
    members or type are not those wanted.
    """
    if len(data) > MAX_STATEMENT:
        raise SignatureInvalid("The statement is larger than 64 MiB.")
    envelope = canonical.loads(data)
    has_token = with_token and isinstance(envelope, dict) and "token" in envelope
    token = envelope.pop("token") if has_token else None
    if not isinstance(envelope, dict) or envelope.keys() != {"statement", "signature"}:
        raise SignatureInvalid("A signed statement has exactly the members `statement` and `signature`.")
    statement, signature = envelope["statement"], envelope["signature"]
    if has_token and not isinstance(token, str):
        raise SignatureInvalid("In a signed statement `token` is base64 text.")
    if not isinstance(statement, dict) or not isinstance(signature, str):
        raise SignatureInvalid(
            "In a signed statement `statement` is an object and `signature` is base64 text."
        )
    if statement.get("type") != type:
        raise SignatureInvalid(f"This is not a statement of the type {type}.")
    # Canonical bytes nest: the statement's own bytes are those between its name and the closing brace.
    end = -1 if token is None else -len(token) - len(',"token":""}')
    statement_bytes = data[data.index(b',"statement":') + 13 : end]
    return Statement(
        statement,
        statement_bytes,
        canonical.digest(statement_bytes),
        b64decode(signature),
        token=None if token is None else b64decode(token),
    )


def add_token(data: bytes, token: bytes) -> bytes:
    """The file of a signed statement that has no token, with one (DER) beside it."""
    return b'%b,"token":"%b"}' % (data[:-1], b64encode(token).encode())


def stated_time(read: Statement) -> datetime:
    """The statement's own `at`; SignatureInvalid if it has none, EncodingError for a bad one."""
    own = read.statement.get("at")
    if not isinstance(own, str):
        raise SignatureInvalid("The statement has no time `at` to judge its certificate by.")
    return parse_time(own)


def verify_statement(
    data: bytes,
    type: str,
    roots: Sequence[x509.Certificate],
    kind: str,
    usage: str | None = None,
    crls: Sequence[x509.CertificateRevocationList] = (),
    at: datetime | None = None,
    with_token: bool = False,
) -> Statement:
    """Read a signed statement and check signature and chain as of `at`, by default the statement's own `at`.

    A token is read `with_token`, not checked. Raises what `read_statement` raises, SignatureInvalid,
    CertificateError; EncodingError for a bad `at`.
    """
    read = read_statement(data, type, with_token)
    at = stated_time(read) if at is None else at
    verified = cms.verify_with_chain(read.statement_bytes, read.signature, roots, at, kind, usage, crls)
    return replace(read, verified=verified)
