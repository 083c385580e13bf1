"""A time-stamp authority that is not the platform's: a root, an intermediate, RSA or another curve.

Tokens are written by asn1crypto, which shares no code with ours; nothing in it hurries.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_HASHES = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}


def new_key(kind: str) -> Key:
    """ "rsa2048", "rsa1024", "P-256", "P-384", "P-521" or another curve's name."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    return ec.generate_private_key(curves.get(kind) or ec.SECP256K1())


@dataclass
class Stamper:
    """The authority; `changes` of its leaf's extensions are for tests of refusals."""

    key: Key
    leaf: x509.Certificate
    intermediate: x509.Certificate
    root: x509.Certificate
    digest: str = "sha256"
    middle_key: Key | None = None  # the intermediate's, where lists are made

    def crl(
        self,
        at: datetime,
        revoked_at: datetime | None = None,
        reason: x509.ReasonFlags | None = None,
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
        key: Key | None = None,
    ) -> x509.CertificateRevocationList:
        """The intermediate's list of `at`, good for a week; the stamper is on it if `revoked_at` says so."""
        subject = self.intermediate.subject
        builder = x509.CertificateRevocationListBuilder(subject, at, at + timedelta(days=7))
        if revoked_at is not None:
            entry = x509.RevokedCertificateBuilder(self.leaf.serial_number, revoked_at)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), False)
            builder = builder.add_revoked_certificate(entry.build())
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        signer = key or self.middle_key
        assert signer is not None
        return builder.sign(signer, hashes.SHA384())

    def stamp(self, imprint: bytes, at: datetime, **changes: Any) -> bytes:
        """A token over a SHA-256 digest: `embedded`, `named`, `signed`, `algorithm`, `info` may be others."""
        certificate = asn1.Certificate.load(der(self.leaf))
        info = {
            "version": "v1",
            "policy": "1.2.3.4.1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
            "serial_number": 4242,
            "gen_time": at.astimezone(UTC).replace(microsecond=0),
            **changes.get("info", {}),
        }
        content = tsp.TSTInfo(info)
        named = changes.get("named", hashlib.new(self.digest, der(self.leaf)).digest())
        identifier = {"hash_algorithm": {"algorithm": self.digest}, "cert_hash": named}
        if self.digest == "sha256":
            del identifier["hash_algorithm"]  # the default
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.new(self.digest, content.dump()).digest()]},
                {"type": "signing_certificate_v2", "values": [{"certs": [identifier]}]},
            ]
        )
        signed = {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            },
            "digest_algorithm": {"algorithm": self.digest},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": changes.get("algorithm", self.algorithm)},
            "signature": self.sign(changes.get("signed", attributes.dump())),
        }
        embedded = changes.get("embedded", [self.root, self.intermediate, self.leaf])
        data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": self.digest}],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(content.dump()),
                },
                "certificates": [asn1.Certificate.load(der(one)) for one in embedded],
                "signer_infos": [signed],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()

    @property
    def algorithm(self) -> str:
        return "rsassa_pkcs1v15" if isinstance(self.key, rsa.RSAPrivateKey) else f"{self.digest}_ecdsa"

    def sign(self, data: bytes) -> bytes:
        digest = _HASHES[self.digest]()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), digest)
        return self.key.sign(data, ec.ECDSA(digest))


def new_stamper(
    at: datetime,
    kind: str = "rsa2048",
    digest: str = "sha256",
    usage: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
) -> Stamper:
    """An authority good for a year from a day before `at`."""
    root_key, middle_key, key = new_key("P-384"), new_key("rsa2048"), new_key(kind)
    root = certify("Outside root", root_key, None, root_key, at, ca=1)
    middle = certify("Outside TSA authority", middle_key, root, root_key, at, ca=0)
    leaf = certify("Outside TSA", key, middle, middle_key, at, usage=usage, critical=critical)
    return Stamper(key, leaf, middle, root, digest, middle_key)


def certify(
    name: str,
    key: Key,
    issuer: x509.Certificate | None,
    issuer_key: Key,
    at: datetime,
    ca: int | None = None,
    usage: tuple[x509.ObjectIdentifier, ...] = (),
    critical: bool = True,
) -> x509.Certificate:
    """A certificate of an authority (`ca` its path length) or of a stamper."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        subject if issuer is None else issuer.subject, subject, key.public_key(), x509.random_serial_number(),
        at - timedelta(days=1), at + timedelta(days=365),
    )  # fmt: skip
    builder = builder.add_extension(x509.BasicConstraints(ca is not None, ca), critical=True)
    signs = (True, False, False, False, False, False, False, False, False)
    issues = (False, False, False, False, False, True, True, False, False)
    builder = builder.add_extension(x509.KeyUsage(*(signs if ca is None else issues)), critical=True)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=critical)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
    )
    return builder.sign(issuer_key, hashes.SHA384())


def der(certificate: x509.Certificate) -> bytes:
    """A certificate's DER."""
    return certificate.public_bytes(Encoding.DER)
