"""What these tests verify, the portal's TypeScript verifies too, and must refuse with the same word."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing import certificates, chains, cms, merkle, notes, profile, timestamp_outside, timestamps
from signing.encoding import b64encode
from signing.errors import SigningError
from tests.typescript.agreement import running
from tests.typescript.node import NodeError


def der(certificate: x509.Certificate | x509.CertificateRevocationList) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER))


def micros(at: datetime) -> str:
    seconds = int(at.replace(microsecond=0).timestamp())
    return str(seconds * 1_000_000 + at.microsecond)


def told(command: str, members: dict[str, Any]) -> tuple[str, str | None, Any]:
    """How it ended in TypeScript: the error's name and reason, or the answer."""
    try:
        return "", None, running()[0].ask(command, **members)
    except NodeError as error:
        return error.kind, error.reason, None


def chain_members(
    leaf: x509.Certificate,
    intermediates: Any,
    roots: Any,
    at: datetime,
    kind: str,
    usage: str | None = None,
    crls: Any = (),
) -> dict[str, Any] | None:
    if kind not in profile.KIND_POLICIES or (usage is not None and usage not in profile.USAGE_POLICIES):
        return None  # a mistake of the caller, which TypeScript's types do not allow
    return {
        "chain": [der(one) for one in (leaf, *intermediates)],
        "roots": list(map(der, roots)),
        "at": micros(at),
        "kind": kind,
        "usage": usage,
        "crls": list(map(der, crls)),
    }


def token_members(
    token: bytes, sha256: bytes, roots: Any, nonce: int | None = None, crls: Any = ()
) -> dict[str, Any] | None:
    if nonce is not None or crls:
        return None  # a verifier has neither
    return {"token": b64encode(token), "imprint": b64encode(sha256), "roots": list(map(der, roots))}


def outside_members(
    token: bytes, sha256: bytes, roots: Any, others: Any = (), nonce: int | None = None
) -> dict[str, Any] | None:
    asked = token_members(token, sha256, roots, nonce)
    return None if asked is None else {**asked, "others": list(map(der, others))}


def stamp_shown(found: Any) -> dict[str, Any]:
    return {
        "time": micros(found.time), "serial": str(found.serial), "policy": found.policy,
        "chain": [profile.fingerprint(one) for one in (found.certificate, *found.intermediates)],
    }  # fmt: skip


def note_members(
    note: bytes, verifier: notes.NoteVerifier, origin: str, strict: bool = True
) -> dict[str, Any] | None:
    # Nothing in the portal reads notes with witnesses' lines.
    return {"note": b64encode(note), "vkey": verifier.vkey, "origin": origin} if strict else None


AGREEING: tuple[tuple[Any, str, str, Callable[..., dict[str, Any] | None], Callable[[Any], Any]], ...] = (
    (
        cms, "verify", "cms.verify",
        lambda data, signature: {"data": b64encode(data), "signature": b64encode(signature)},
        lambda found: [profile.fingerprint(one) for one in (found.certificate, *found.intermediates)],
    ),
    (timestamps, "verify_token", "timestamp.verify", token_members, stamp_shown),
    (timestamp_outside, "verify_outside_token", "timestamp.outside", outside_members, stamp_shown),
    (chains, "verify_chain", "chain.verify", chain_members, lambda found: None),
    (
        profile, "load_pem", "pem.certificates", lambda data: {"pem": b64encode(data)},
        lambda found: list(map(profile.fingerprint, found)),
    ),
    (
        profile, "party_of", "certificate.party", lambda certificate: {"certificate": der(certificate)},
        lambda found: {
            "id": found.id, "organisation": found.organisation, "role": found.role,
            "name": found.name, "organisationName": found.organisation_name,
        },
    ),
    (
        notes, "parse_checkpoint", "note.checkpoint", note_members,
        lambda found: {"size": str(found.size), "root": b64encode(found.root)},
    ),
    (
        notes, "parse_proof", "note.proof", lambda data: {"proof": b64encode(data)},
        lambda found: {
            "index": str(found.index), "hashes": list(map(b64encode, found.hashes)),
            "checkpoint": b64encode(found.checkpoint),
        },
    ),
    (
        merkle, "verify_inclusion", "merkle.inclusion",
        lambda index, size, leaf, proof, root: {
            "index": str(index), "size": str(size), "leaf": b64encode(leaf),
            "proof": list(map(b64encode, proof)), "root": b64encode(root),
        },
        lambda found: None,
    ),
    (
        merkle, "root", "merkle.root", lambda leaves: {"leaves": list(map(b64encode, leaves))},
        b64encode,
    ),
)  # fmt: skip


def agreeing(
    act: Callable[..., Any],
    command: str,
    members: Callable[..., dict[str, Any] | None],
    shown: Callable[[Any], Any],
) -> Callable[..., Any]:
    """`act`, which fails where the TypeScript ends otherwise."""

    @functools.wraps(act)
    def both(*args: Any, **kwargs: Any) -> Any:
        asked = members(*args, **kwargs)
        mine: tuple[str, str | None, Any]
        refused: SigningError | None = None
        found = None
        try:
            found = act(*args, **kwargs)
        except SigningError as error:
            refused = error
        if asked is not None:
            if refused is None:
                mine = ("", None, shown(found))
            else:
                mine = (type(refused).__name__, refused.reason, None)
            assert told(command, asked) == mine
        if refused is not None:
            raise refused
        return found

    return both


@pytest.fixture(autouse=True)
def typescript_agrees(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every call that a test makes of these is made in both languages."""
    for module, name, command, members, shown in AGREEING:
        both = agreeing(getattr(module, name), command, members, shown)
        for place in (module, certificates, cms, timestamps):
            if getattr(place, name, None) is getattr(module, name) and place is not module:
                monkeypatch.setattr(place, name, both)
        monkeypatch.setattr(module, name, both)
    yield
