from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from signing import certificates as c
from signing import keys
from signing.errors import CertificateError, SigningError
from tests.unit.signing.material import BEGIN, world


def test_public_keys_round_trip_and_others_are_refused() -> None:
    key = keys.generate_signing_key()
    data = keys.spki(key.public_key())
    assert keys.spki(keys.load_spki(data)) == data
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    compressed = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    short = data[:1] + bytes([57]) + data[2:24] + bytes([34]) + data[25:26] + compressed
    for wrong in (keys.spki(other), b"", data[:-1], data + b"\0", short):
        with pytest.raises(SigningError):
            keys.load_spki(wrong)


@pytest.mark.parametrize("password", [None, b"correct horse"])
def test_private_pem_round_trips(password: bytes | None) -> None:
    key = keys.generate_signing_key()
    pem = keys.save_private_pem(key, password)
    assert (b"ENCRYPTED" in pem) is (password is not None)
    assert keys.spki(keys.load_private_pem(pem, password).public_key()) == keys.spki(key.public_key())


def test_private_pem_refusals_do_not_show_the_password() -> None:
    pem = keys.save_private_pem(keys.generate_signing_key(), b"correct horse")
    for password in (None, b"battery staple"):
        with pytest.raises(SigningError) as refusal:
            keys.load_private_pem(pem, password)
        assert "staple" not in str(refusal.value)
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for other in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(SigningError, match="P-256"):
            keys.load_private_pem(other.private_bytes(*form), None)


def test_pkcs12_gives_the_signer_back_with_its_chain_and_without_the_root() -> None:
    w = world()
    chain = (w.root.certificate, *w.supplier.chain)
    data = keys.save_pkcs12(w.supplier.key, w.supplier.certificate, chain, b"secret")
    signer = keys.load_pkcs12(data, b"secret")
    assert signer.certificate == w.supplier.certificate
    assert signer.chain == w.supplier.chain
    with pytest.raises(SigningError, match="password"):
        keys.load_pkcs12(data, b"wrong")


def test_pkcs12_of_another_make_is_refused() -> None:
    w = world()
    none = NoEncryption()
    keyless = pkcs12.serialize_key_and_certificates(None, None, w.supplier.certificate, None, none)
    ed = pkcs12.serialize_key_and_certificates(None, ed25519.Ed25519PrivateKey.generate(), None, None, none)
    for data in (keyless, ed):
        with pytest.raises(SigningError):
            keys.load_pkcs12(data, b"")


def test_a_certificate_of_another_key_goes_into_no_pkcs12() -> None:
    w = world()
    alone = keys.save_pkcs12(w.supplier.key, w.supplier.certificate, (), b"x")
    assert keys.load_pkcs12(alone, b"x").chain == ()
    with pytest.raises(CertificateError, match="another key"):
        keys.save_pkcs12(keys.generate_signing_key(), w.supplier.certificate, (), b"x")


def test_certificates_that_issue_each_other_make_no_endless_chain() -> None:
    w = world()
    pairs: list[tuple[x509.Certificate, c.Kind]] = [
        (w.platform.certificate, "parties"),
        (w.parties.certificate, "platform"),
    ]
    twins = [
        c.new_issuing_authority(c.Authority(w.root.key, issuer, ()), kind, BEGIN).certificate
        for issuer, kind in pairs
    ]
    data = keys.save_pkcs12(w.supplier.key, w.supplier.certificate, tuple(twins), b"x")
    assert set(keys.load_pkcs12(data, b"x").chain) == set(twins)
