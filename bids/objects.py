"""Reading objects of the protocol: size, canonical bytes, type, members; then the object's own checks."""

from __future__ import annotations

from typing import Any

from bids.errors import BidError, refusing
from bids.schemas import SCHEMAS, check
from signing import canonical, statements
from signing.canonical import JSON
from signing.encoding import b64encode
from signing.statements import Statement

MAX_SIZES = {  # bytes; other objects are part of something bounded
    "manifest": 1 << 20,
    "offer": 4 << 20,
    "contents": 4 << 20,
    "notice": 16 << 20,
    "withdrawal": 64 << 10,
    "receipt": 64 << 10,
    "unlock-receipt": 64 << 10,
    "leaf": 4 << 10,
    "entry": 64 << 20,
}
_MAX_OTHER = 64 << 20


def type_of(name: str) -> str:
    """The `type` of objects named `name` in the protocol's table: sunseal/<name>/v1."""
    return f"sunseal/{name}/v1"


def check_size(data: bytes, name: str) -> None:
    """BidError "too-large" if `data` is larger than an object of that name may be."""
    limit = MAX_SIZES.get(name, _MAX_OTHER)
    if len(data) > limit:
        raise BidError("too-large", what=name, limit=limit)


def read_object(data: bytes, name: str) -> dict[str, Any]:
    """The members of an unsigned object, or one signed beside itself.

    Raises BidError: "too-large", "not-canonical", "wrong-type", "member-…", "form-…", "number-…".
    """
    check_size(data, name)
    with refusing(name):
        value = canonical.loads(data)
    if not isinstance(value, dict) or value.get("type") != type_of(name):
        raise BidError("wrong-type", wanted=type_of(name))
    check(value, SCHEMAS[name])
    return value


def write_object(name: str, members: dict[str, JSON]) -> bytes:
    """The canonical bytes of an object; refuses what `read_object` would refuse."""
    value: dict[str, JSON] = {"type": type_of(name), **members}
    check(value, SCHEMAS[name])
    with refusing(name):
        data = canonical.dumps(value)
    check_size(data, name)
    return data


def build_statement(name: str, members: dict[str, JSON]) -> dict[str, JSON]:
    """A statement ready to be signed; refuses what a reader of it would refuse."""
    value: dict[str, JSON] = {"type": type_of(name), **members}
    check(value, SCHEMAS[name])
    return value


# Only receipts are stamped: beside any other statement a token would say nothing.
STAMPED = frozenset({"receipt", "unlock-receipt"})


def read_signed(source: bytes | Statement, name: str) -> Statement:
    """A signed statement, from its file's bytes or as `signing` read it; the signature is not checked here.

    Raises BidError as `read_object`, and "signature-invalid" where the file is no signed statement.
    """
    if isinstance(source, bytes):
        check_size(source, name)
        with refusing(name):
            source = statements.read_statement(source, type_of(name), name in STAMPED)
    elif source.statement.get("type") != type_of(name):
        raise BidError("wrong-type", wanted=type_of(name))
    check(source.statement, SCHEMAS[name])
    return source


def file_of(read: Statement) -> bytes:
    """The bytes of the file that a signed statement was read from: canonical, so there is only one."""
    # Canonical bytes nest, so nothing needs to be encoded again.
    signature = b64encode(read.signature).encode()
    file = b'{"signature":"%b","statement":%b}' % (signature, read.statement_bytes)
    return file if read.token is None else statements.add_token(file, read.token)
