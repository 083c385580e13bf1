"""A platform for tests: clock, authorities, parties with keys and certificates, statements, a public log."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bids.envelope import Attachment
from bids.errors import BidError
from bids.trust import build_enrolment
from signing import cms, merkle, statements
from signing.canonical import JSON
from signing.certificates import (
    Authority,
    Party,
    PlatformSubject,
    fingerprint,
    issue,
    make_crl,
    new_issuing_authority,
    new_root,
)
from signing.keys import Signer
from signing.notes import Checkpoint, NoteSigner, format_checkpoint, format_proof
from signing.timestamps import TimeStampAuthority

NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
LOG_ORIGIN = "log.example.org/sunseal"
HOUR = timedelta(hours=1)
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Actor:
    """A party with its key and certificate, and the enrolment the platform gave it."""

    party: Party
    signer: Signer
    enrolment: bytes
    crl: x509.CertificateRevocationList | None = None  # where another than the platform's judges it

    @property
    def id(self) -> str:
        return self.party.id

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.signer.certificate)

    def sign(self, data: bytes, at: datetime) -> bytes:
        """A detached signature."""
        return cms.sign(data, self.signer, at)

    def statement(self, statement: Mapping[str, JSON], at: datetime) -> bytes:
        """A signed statement's file."""
        return statements.sign_statement(statement, self.signer, at)


class Platform:
    """A platform and its parties at `now`."""

    def __init__(
        self, seed: int = 0, *, now: datetime = NOW, suppliers: int = 3, custodians: int = 3
    ) -> None:
        self.seed = seed
        self.now = now
        self._random = random.Random(f"sunseal {seed}")
        issued = now - timedelta(days=30)
        self.issued = issued
        self.root = new_root("Test root", issued)
        self.platform = new_issuing_authority(self.root, "platform", issued)
        self.parties = new_issuing_authority(self.root, "parties", issued)
        self.roots = (self.root.certificate,)
        self.statement_signer = self._platform_signer("Statements", "statement")
        self.receipt_signer = self._platform_signer("Receipts", "receipt")
        self.timestamps = TimeStampAuthority(self._platform_signer("Time-stamps", "timestamp"), lambda: now)
        self.log_key = self._ed25519("log")
        self.log_origin = LOG_ORIGIN
        self.log_signer = NoteSigner(LOG_ORIGIN, self.log_key)
        self.log_entries: list[bytes] = []
        self.log_tree = merkle.MemoryTree()
        self.crl = self.make_crl()
        self.platform_crl = self.make_crl(authority=self.platform)
        self.more_crls: list[x509.CertificateRevocationList] = []  # beside these
        self.outside: tuple[x509.Certificate, ...] = ()
        self.agency = self.actor("agency", "招标代理机构")
        self.suppliers = [self.actor("supplier", f"供应商 {n}") for n in range(1, suppliers + 1)]
        self.custodians = [self.actor("custodian", f"保管人 {n}") for n in range(1, custodians + 1)]

    # --- keys and parties

    def new_id(self) -> str:
        """The next id of this world."""
        return f"{self._random.getrandbits(128):032x}"

    def secret(self, label: str) -> bytes:
        """32 bytes that follow from the seed."""
        return hashlib.sha256(f"sunseal test {self.seed} {label}".encode()).digest()

    def actor(
        self,
        role: str,
        name: str,
        *,
        id: str | None = None,
        organisation: str | None = None,
        at: datetime | None = None,
        days: int = 365,
        authority: Authority | None = None,
        enrol: Party | None = None,
    ) -> Actor:
        """A new party; `enrol` is what its enrolment says, if not what its certificate says."""
        id = id or self.new_id()
        organisation = organisation or f"CN-USCC:91{id[:16].upper()}"
        party = Party(id, organisation, role, name, f"{name}公司")
        key = self.p256(id + role)
        authority = authority or self.parties
        certificate = issue(authority, key.public_key(), party, at or self.issued, days)
        signer = Signer(key, certificate, authority.chain)
        return Actor(party, signer, self.enrolment(certificate, enrol or party))

    def enrolment(self, certificate: x509.Certificate, party: Party, at: datetime | None = None) -> bytes:
        """The platform's signed statement that `certificate` is `party`'s."""
        at = at or self.now - HOUR
        return self.state(build_enrolment(at=at, certificate=certificate, party=party), at)

    def p256(self, label: str) -> ec.EllipticCurvePrivateKey:
        """A P-256 key that follows from the seed."""
        return ec.derive_private_key(
            int.from_bytes(self.secret(label), "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1()
        )

    def _ed25519(self, label: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret(label))

    def _platform_signer(self, name: str, usage: Any) -> Signer:
        key = self.p256(usage)
        certificate = issue(self.platform, key.public_key(), PlatformSubject(name, usage), self.issued, 3650)
        return Signer(key, certificate, self.platform.chain)

    def make_crl(
        self,
        revoked: Sequence[tuple[int, datetime, str]] = (),
        at: datetime | None = None,
        authority: Authority | None = None,
    ) -> x509.CertificateRevocationList:
        """A revocation list of an authority, by default of the parties', current for a week from `at`."""
        at = at or self.now - HOUR
        return make_crl(authority or self.parties, revoked, at, at + timedelta(days=7))

    # --- the platform's statements and log

    def state(self, statement: Mapping[str, JSON], at: datetime) -> bytes:
        """A statement signed by the platform's statement key: the file."""
        return statements.sign_statement(statement, self.statement_signer, at)

    def log(self, entry: bytes) -> int:
        """Append a leaf to the public log; its index."""
        self.log_entries.append(entry)
        return self.log_tree.append(merkle.leaf_hash(entry))

    def checkpoint(self, size: int | None = None) -> bytes:
        """The log's signed checkpoint."""
        size = len(self.log_tree) if size is None else size
        return format_checkpoint(Checkpoint(self.log_origin, size, self.log_tree.root(size)), self.log_signer)

    def proof(self, index: int, size: int | None = None) -> bytes:
        """The tlog-proof of a leaf of the log."""
        return format_proof(index, self.log_tree.inclusion(index, size), self.checkpoint(size))


class Memory:
    """Takes the objects that sealing writes; `write` is what `envelope.seal` wants."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    @contextmanager
    def write(self, path: str, size: int) -> Iterator[io.BytesIO]:
        place = io.BytesIO()
        yield place
        self.objects[path] = place.getvalue()
        assert len(self.objects[path]) == size

    @contextmanager
    def sink(self, name: str) -> Iterator[io.BytesIO]:
        """A place for an opened file, kept only if all went well."""
        place = io.BytesIO()
        yield place
        self.objects[name] = place.getvalue()


def attach(name: str, data: bytes, media_type: str = "application/pdf") -> Attachment:
    """An attachment from memory."""

    def opened() -> BinaryIO:
        return io.BytesIO(data)

    return Attachment(name, media_type, len(data), opened)


@contextmanager
def refused(code: str, **params: str) -> Iterator[None]:
    """The block must refuse with exactly this code (and these parameters), in whole sentences."""
    with pytest.raises(BidError) as caught:
        yield
    error = caught.value
    assert error.code == code, f"{error.code}: {error}"
    assert {name: error.params.get(name) for name in params} == params
    for text in (error.text("zh"), error.text("en"), str(error)):
        assert text and "{" not in text
