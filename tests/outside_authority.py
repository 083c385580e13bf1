"""An authority outside the platform, as the world has them: its own names, policies, usages and lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing.keys import PublicKey, Signer, SigningKey, generate_signing_key

ORGANISATION_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")
CREDIT_CODE = x509.ObjectIdentifier("1.2.156.10260.4.1.4")
Extension = tuple[x509.ExtensionType, bool]


def usage(**given: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


class OutsideAuthority:
    """A root and an issuing authority under it; `extensions` are added to the issuing one's certificate."""

    def __init__(
        self, at: datetime, name: str = "Outside", days: int = 3650, extensions: Sequence[Extension] = ()
    ) -> None:
        self.at = at
        self._root_key, self.key = generate_signing_key(), generate_signing_key()
        root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} Root")])
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} CA")])
        self.root = self._authority(root, root, self._root_key, self._root_key, days)
        self.issuing = self._authority(root, self.name, self.key, self._root_key, days, extensions)

    def _authority(
        self,
        issuer: x509.Name,
        subject: x509.Name,
        key: SigningKey,
        signer: SigningKey,
        days: int,
        extensions: Sequence[Extension] = (),
    ) -> x509.Certificate:
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        all_of = [(constraints, True), (usage(key_cert_sign=True, crl_sign=True), True), *extensions]
        return self._sign(issuer, subject, key.public_key(), signer, days, all_of)

    def _sign(
        self,
        issuer: x509.Name,
        subject: x509.Name,
        key: PublicKey,
        signer: SigningKey,
        days: int,
        extensions: Sequence[Extension],
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            issuer, subject, key, x509.random_serial_number(), self.at, self.at + timedelta(days=days)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    def issue(
        self,
        key: SigningKey,
        identifier: str,
        *,
        name: str = "张三",
        organisation: str = "某某公司",
        days: int = 365,
        in_extension: bool = False,
        extensions: Sequence[Extension] = (),
    ) -> Signer:
        """A signer for `key`; its certificate holds `identifier` in its subject, or in an extension."""
        parts = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, organisation)]
        more: list[Extension] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (usage(digital_signature=True, content_commitment=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
            *extensions,
        ]
        if in_extension:
            text = identifier.encode()
            value = b"\x0c" + bytes([len(text)]) + text
            more.append((x509.UnrecognizedExtension(CREDIT_CODE, value), False))
        else:
            parts.append((ORGANISATION_IDENTIFIER, identifier))
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
        certificate = self._sign(self.name, subject, key.public_key(), self.key, days, more)
        return Signer(key, certificate, (self.issuing,))

    def crl(
        self, at: datetime, days: float = 7, revoked: Sequence[tuple[int, datetime]] = ()
    ) -> x509.CertificateRevocationList:
        """The issuing authority's list of `at`."""
        builder = x509.CertificateRevocationListBuilder(self.name, at, at + timedelta(days=days))
        for serial, when in revoked:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, when).build())
        return builder.sign(self.key, hashes.SHA256())

    def root_crl(self, at: datetime, when: datetime) -> x509.CertificateRevocationList:
        """The root's list of `at`, which names the issuing authority as revoked from `when` on."""
        builder = x509.CertificateRevocationListBuilder(self.root.subject, at, at + timedelta(days=90))
        serial = self.issuing.serial_number
        revoked = x509.RevokedCertificateBuilder(serial, when).build()
        return builder.add_revoked_certificate(revoked).sign(self._root_key, hashes.SHA256())


__all__ = ["CREDIT_CODE", "ORGANISATION_IDENTIFIER", "OutsideAuthority", "ec", "usage"]
