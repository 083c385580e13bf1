"""A platform's keys and lists, and documents signed with them, without a platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from reports.layout import PORTRAIT, width_of
from reports.seal import SealFacts, render_seal
from signing.certificates import (
    Authority,
    Party,
    PlatformSubject,
    issue,
    make_crl,
    new_issuing_authority,
    new_root,
)
from signing.keys import Signer, generate_signing_key
from signing.profile import PlatformUsage, fingerprint
from signing.timestamps import TimeStampAuthority
from trading.evidence.pades import DocumentSigner

AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


@dataclass
class Papers:
    """Who signs documents here, and by whose clock."""

    root: Authority
    platform: Authority
    signer: Signer
    stamper: Signer
    now: datetime = AT

    @classmethod
    def made(cls) -> Papers:
        """New keys, certified at AT."""
        root = new_root("Sunseal Root", AT)
        platform = new_issuing_authority(root, "platform", AT)
        return cls(root, platform, leaf(platform, "document"), leaf(platform, "timestamp"))

    @property
    def roots(self) -> list[x509.Certificate]:
        return [self.root.certificate]

    def lists(self, revoked: Sequence[Signer] = ()) -> list[bytes]:
        """The authorities' lists of now."""
        hour_ago = self.now - timedelta(hours=1)
        serials = [(each.certificate.serial_number, hour_ago, "keyCompromise") for each in revoked]
        until = self.now + timedelta(days=1)
        made = make_crl(self.root, [], self.now, until), make_crl(self.platform, serials, self.now, until)
        return [each.public_bytes(Encoding.DER) for each in made]

    def answer(self, about: Signer) -> bytes:
        """An OCSP response of now: nobody revoked it."""
        builder = ocsp.OCSPResponseBuilder().add_response(
            about.certificate, self.platform.certificate, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD,
            self.now, self.now + timedelta(days=1), None, None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.platform.certificate)
        return builder.sign(self.platform.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def signer_of(self, **changes: object) -> DocumentSigner:
        """Signs as the platform; `changes` make it somebody else."""
        stamp = TimeStampAuthority(self.stamper, lambda: self.now).reply
        answers = [self.answer(each) for each in (self.signer, self.stamper)]
        made = DocumentSigner(self.signer, self.roots, self.lists(), stamp, answers)
        return replace(made, **changes)  # type: ignore[arg-type]

    def seal(self) -> bytes:
        """What is seen in the field."""
        facts = SealFacts(
            "阳光交易 Sunseal", "Sunseal document", fingerprint(self.signer.certificate), self.now,
            "https://trade.example.gov.cn/api/v1/certificates/roots.pem",
        )
        return render_seal(facts, width_of(PORTRAIT))

    def sign(self, pdf: bytes, **changes: object) -> bytes:
        """A document signed now."""
        return self.signer_of(**changes).sign(pdf, self.seal(), self.now)


def leaf(authority: Authority, usage: PlatformUsage, days: int = 3650) -> Signer:
    """A key of the platform with its certificate."""
    key = generate_signing_key()
    subject = PlatformSubject(f"Sunseal {usage}", usage)
    return Signer(key, issue(authority, key.public_key(), subject, AT, days), authority.chain)


def party(root: Authority) -> Signer:
    """A supplier under the same root."""
    authority, key = new_issuing_authority(root, "parties", AT), generate_signing_key()
    subject = Party("0" * 32, "CN-USCC:X", "supplier", "冒名者", "冒名公司")
    return Signer(key, issue(authority, key.public_key(), subject, AT, 365), authority.chain)
