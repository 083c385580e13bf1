from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms as asn1
from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signing import cms, der
from signing.errors import CertificateError, SignatureInvalid, SigningError
from signing.keys import Signer
from tests.unit.signing.material import AT, new_world, world

DATA = b'{"type":"sunseal/notice/v1"}'
OIDS = {
    "type": "2a864886f70d010903",
    "digest": "2a864886f70d010904",
    "time": "2a864886f70d010905",
    "certificate": "2a864886f70d010910022f",
}


def oid(content: str) -> bytes:
    return der.tlv(der.OID, bytes.fromhex(content))


SHA256 = der.tlv(der.SEQUENCE, oid("608648016503040201"))
SHA384 = der.tlv(der.SEQUENCE, oid("608648016503040202"))
ECDSA256 = der.tlv(der.SEQUENCE, oid("2a8648ce3d040302"))
PLAIN = der.tlv(der.SEQUENCE, oid("2a864886f70d010701"))


class Forge:
    """Builds signatures that are right but for what a test changes, signed by the real key."""

    def __init__(self) -> None:
        self.signer = world().supplier
        self.der = self.signer.certificate.public_bytes(Encoding.DER)
        parsed = x509.Certificate.load(self.der)["tbs_certificate"]
        self.sid = der.tlv(der.SEQUENCE, parsed["issuer"].dump(), parsed["serial_number"].dump())
        ess = der.tlv(der.SEQUENCE, der.tlv(der.OCTET_STRING, hashlib.sha256(self.der).digest()))
        self.values: dict[str, list[bytes]] = {
            OIDS["type"]: [oid("2a864886f70d010701")],
            OIDS["digest"]: [der.tlv(der.OCTET_STRING, hashlib.sha256(DATA).digest())],
            OIDS["time"]: [der.tlv(der.UTC_TIME, b"260602090000Z")],
            OIDS["certificate"]: [der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, ess))],
        }
        self.certificates = [self.der, *(c.public_bytes(Encoding.DER) for c in self.signer.chain)]
        self.version = self.info_version = der.integer(1)
        self.digests, self.digest, self.algorithm, self.content = [SHA256], SHA256, ECDSA256, PLAIN
        self.after_signature = self.after_infos = b""
        self.extra_attributes: list[bytes] = []
        self.infos = 1
        self.hash: hashes.HashAlgorithm = hashes.SHA256()

    def attributes(self) -> list[bytes]:
        pairs = [
            der.tlv(der.SEQUENCE, oid(name), der.set_of(der.SET, values))
            for name, values in self.values.items()
        ]
        return pairs + self.extra_attributes

    def build(self) -> bytes:
        attributes = self.attributes()
        value = self.signer.key.sign(der.set_of(der.SET, attributes), ec.ECDSA(self.hash))
        info = der.tlv(
            der.SEQUENCE,
            self.info_version,
            self.sid,
            self.digest,
            der.set_of(der.CONTEXT_0, attributes),
            self.algorithm,
            der.tlv(der.OCTET_STRING, value),
            self.after_signature,
        )
        other = info.replace(self.info_version, der.integer(1), 1)[:-1] + b"\0"
        infos = [info, other][: self.infos]
        signed = der.tlv(
            der.SEQUENCE,
            self.version,
            der.set_of(der.SET, self.digests),
            self.content,
            der.set_of(der.CONTEXT_0, self.certificates),
            der.set_of(der.SET, infos),
            self.after_infos,
        )
        return der.tlv(der.SEQUENCE, oid("2a864886f70d010702"), der.tlv(der.CONTEXT_0, signed))


def refused(forge: Forge) -> str:
    with pytest.raises(SignatureInvalid) as refusal:
        cms.verify(DATA, forge.build())
    return str(refusal.value)


def test_a_signature_verifies_and_tells_who_and_when() -> None:
    w = world()
    at = datetime(2026, 6, 2, 17, 0, 0, 999000, tzinfo=UTC)
    verified = cms.verify(DATA, cms.sign(DATA, w.supplier, at))
    assert verified.certificate == w.supplier.certificate
    assert verified.intermediates == w.supplier.chain
    assert verified.signing_time == at.replace(microsecond=0)


@pytest.mark.parametrize("year", [1950, 2049, 2050, 2200])
def test_signing_times_of_all_centuries(year: int) -> None:
    at = datetime(year, 1, 2, tzinfo=UTC)
    assert cms.verify(DATA, cms.sign(DATA, world().supplier, at)).signing_time == at


def test_a_signature_is_cades_bes_for_another_parser_too() -> None:
    info = asn1.ContentInfo.load(cms.sign(DATA, world().supplier, AT), strict=True)
    signed = info["content"]
    assert signed["encap_content_info"]["content"].native is None
    (signer,) = signed["signer_infos"]
    types = {attribute["type"].dotted for attribute in signer["signed_attrs"]}
    pkcs9 = "1.2.840.113549.1.9"  # content type, message digest, signing time, signing-certificate-v2
    assert types == {f"{pkcs9}.3", f"{pkcs9}.4", f"{pkcs9}.5", f"{pkcs9}.16.2.47"}
    assert signer["unsigned_attrs"].native is None
    assert len(signed["certificates"]) == 2


def test_other_content_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="other content"):
        cms.verify(DATA + b" ", cms.sign(DATA, world().supplier, AT))


def test_the_chain_is_part_of_the_question() -> None:
    w, stranger = world(), new_world()
    signature = cms.sign(DATA, w.supplier, AT)
    verified = cms.verify_with_chain(DATA, signature, w.roots, AT, "parties", "party")
    assert verified.certificate == w.supplier.certificate
    for roots, at, kind in (
        (stranger.roots, AT, "parties"),
        (w.roots, AT + timedelta(days=900), "parties"),
        (w.roots, AT, "platform"),
    ):
        with pytest.raises(CertificateError):
            cms.verify_with_chain(DATA, signature, roots, at, kind)


def test_a_chain_given_twice_is_embedded_once() -> None:
    w = world()
    doubled = replace(w.supplier, chain=w.supplier.chain * 2)
    assert cms.verify(DATA, cms.sign(DATA, doubled, AT)).intermediates == w.supplier.chain


def test_a_strangers_certificate_beside_the_chain_is_refused() -> None:
    w = world()
    crowded = Signer(w.supplier.key, w.supplier.certificate, (*w.supplier.chain, w.platform.certificate))
    signature = cms.sign(DATA, crowded, AT)
    with pytest.raises(SigningError):
        cms.verify_with_chain(DATA, signature, w.roots, AT, "parties")
    with_root = Signer(w.supplier.key, w.supplier.certificate, (*w.supplier.chain, w.root.certificate))
    with pytest.raises(CertificateError, match="exactly"):
        cms.verify_with_chain(DATA, cms.sign(DATA, with_root, AT), w.roots, AT, "parties")
    other = new_world()
    lonely = Signer(w.supplier.key, w.supplier.certificate, (*w.supplier.chain, other.supplier.certificate))
    with pytest.raises(SignatureInvalid, match="does not belong"):
        cms.verify(DATA, cms.sign(DATA, lonely, AT))


def test_a_key_that_is_not_the_certificates_is_refused() -> None:
    w = world()
    with pytest.raises(SignatureInvalid, match="not by the P-256 key"):
        cms.verify(DATA, cms.sign(DATA, replace(w.supplier, key=w.statements.key), AT))


def test_what_the_profile_allows() -> None:
    forge = Forge()
    assert cms.verify(DATA, forge.build()).certificate == forge.signer.certificate
    forge.digests = [der.tlv(der.SEQUENCE, oid("608648016503040201"), der.tlv(der.NULL))]
    forge.digest = forge.digests[0]
    forge.values["2a864886f70d01090f"] = [der.tlv(der.SEQUENCE)]  # openssl's S/MIME capabilities
    assert cms.verify(DATA, forge.build())


def test_other_algorithms_are_refused() -> None:
    for change, words in (
        ({"digests": [SHA384]}, "another digest"),
        ({"digests": [SHA256, SHA384]}, "another digest"),
        ({"digest": SHA384}, "another digest"),
        ({"algorithm": der.tlv(der.SEQUENCE, oid("2a8648ce3d040303"))}, "another algorithm"),
        ({"hash": hashes.SHA384()}, "not by the P-256 key"),
    ):
        forge = Forge()
        vars(forge).update(change)
        assert words in refused(forge)


def test_other_forms_are_refused() -> None:
    changes: list[dict[str, object]] = [
        {"version": der.integer(3)},
        {"info_version": der.integer(3)},
        {"content": der.tlv(der.SEQUENCE, oid("2a864886f70d010701"), der.tlv(0xA0, der.tlv(4, DATA)))},
        {"after_signature": der.tlv(0xA1, der.tlv(der.SEQUENCE, oid(OIDS["time"]), der.tlv(der.SET)))},
        {"after_infos": b"\0"},
        {"certificates": []},
        {"certificates": [der.tlv(der.SEQUENCE, b"\0")]},
        {"infos": 2},
        {"infos": 0},
        {"sid": der.tlv(der.SEQUENCE)},
    ]
    for change in changes:
        forge = Forge()
        vars(forge).update(change)
        assert refused(forge)


@pytest.mark.parametrize("missing", list(OIDS.values()))
def test_every_attribute_is_needed(missing: str) -> None:
    forge = Forge()
    del forge.values[missing]
    assert refused(forge)


def test_attributes_must_say_the_right_thing_once() -> None:
    time = der.tlv(der.UTC_TIME, b"260602090001Z")
    twice = der.tlv(der.SEQUENCE, oid(OIDS["time"]), der.tlv(der.SET, time))
    for name, values in (
        ("type", [oid("2a864886f70d010702")]),
        ("digest", [der.tlv(der.OCTET_STRING, bytes(32))]),
        ("digest", [der.tlv(der.OCTET_STRING, b"")]),
        ("certificate", [der.tlv(der.SEQUENCE)]),
        ("time", [time, der.tlv(der.UTC_TIME, b"260602090000Z")]),
        ("time", [der.tlv(der.UTC_TIME, b"2606020900Z")]),
        ("time", [der.tlv(der.GENERALIZED_TIME, b"20260602090000Z")]),
        ("time", [der.tlv(der.OCTET_STRING, b"260602090000Z")]),
        ("time", [der.tlv(der.UTC_TIME, b"\xff60602090000Z")]),
    ):
        forge = Forge()
        forge.values[OIDS[name]] = values
        assert refused(forge)
    forge = Forge()
    forge.extra_attributes = [twice]
    assert "twice" in refused(forge)


@pytest.mark.parametrize(
    "signature", [b"", b"\x30", b"\x30\x80\0\0", b"\0" * 70_000, b"\x30\x03\x02\x01\x01"]
)
def test_rubbish_is_refused(signature: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        cms.verify(DATA, signature)


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(SignatureInvalid):
        cms.verify(DATA, cms.sign(DATA, world().supplier, AT) + b"\0")


@pytest.mark.slow
def test_every_byte_counts() -> None:
    """Each byte of a signature, changed in three ways: not one gets past the two checks."""
    w = world()
    signature = cms.sign(DATA, w.supplier, AT)
    for at in range(len(signature)):
        for change in (0x01, 0x80, 0xFF):
            changed = bytearray(signature)
            changed[at] ^= change
            with pytest.raises(SigningError):
                cms.verify_with_chain(DATA, bytes(changed), w.roots, AT, "parties", "party")
