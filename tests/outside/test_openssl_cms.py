"""openssl as referee of our CMS signatures, certificates and revocation lists."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signing import certificates, cms, keys
from signing.errors import SignatureInvalid
from tests.unit.signing.material import AT, DAY, World, world

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
DATA = '{"type":"sunseal/notice/v1","title":"病床"}'.encode()


def openssl(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=30)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    w = world()
    (tmp_path / "x.json").write_bytes(DATA)
    (tmp_path / "x.p7s").write_bytes(cms.sign(DATA, w.supplier, AT))
    (tmp_path / "roots.pem").write_bytes(certificates.dump_pem(w.roots))
    return tmp_path


def verify(files: Path, *more: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = ["cms", "-verify", "-binary", "-inform", "DER", "-in", files / "x.p7s", "-content"]
    roots = ["-CAfile", files / "roots.pem", "-attime", str(int(AT.timestamp()))]
    return openssl(*command, files / "x.json", *roots, "-out", files / "out", *more)


@pytest.mark.parametrize("more", [(), ("-purpose", "any"), ("-cades",), ("-check_ss_sig", "-x509_strict")])
def test_openssl_accepts_our_signature(files: Path, more: tuple[str, ...]) -> None:
    result = verify(files, *more)
    assert result.returncode == 0, result.stderr
    assert (files / "out").read_bytes() == DATA


def test_openssl_refuses_other_content_and_another_root(files: Path) -> None:
    (files / "x.json").write_bytes(DATA + b" ")
    assert verify(files).returncode != 0
    (files / "x.json").write_bytes(DATA)
    other = certificates.new_root("Sunseal root", AT)
    (files / "roots.pem").write_bytes(certificates.dump_pem([other.certificate]))
    assert verify(files).returncode != 0


def test_openssl_judges_revocation_by_our_list(files: Path) -> None:
    w: World = world()
    serial = w.supplier.certificate.serial_number
    for revoked, accepted in (([], True), ([(serial, AT - timedelta(hours=1), "keyCompromise")], False)):
        crl = certificates.make_crl(w.parties, revoked, AT - timedelta(minutes=1), AT + DAY)
        roots = certificates.dump_pem(w.roots)
        (files / "roots.pem").write_bytes(roots + crl.public_bytes(Encoding.PEM))
        result = verify(files, "-crl_check")
        assert (result.returncode == 0) is accepted, result.stderr


def test_openssl_walks_the_whole_chain_with_the_lists_of_every_authority(tmp_path: Path) -> None:
    at = AT
    place = certificates.Locations("http://127.0.0.1:1/x.crl", "http://127.0.0.1:1/x.cer")
    root = certificates.new_root("Sunseal root", at)
    platform = certificates.new_issuing_authority(root, "platform", at, place)
    key = keys.generate_signing_key().public_key()
    subject = certificates.PlatformSubject("Sunseal statement", "statement")
    leaf = certificates.issue(platform, key, subject, at, 10, place)
    (tmp_path / "roots.pem").write_bytes(certificates.dump_pem([root.certificate]))
    (tmp_path / "chain.pem").write_bytes(certificates.dump_pem([platform.certificate]))
    (tmp_path / "leaf.pem").write_bytes(certificates.dump_pem([leaf]))
    serials = {"root": platform.certificate.serial_number, "platform": leaf.serial_number}
    for revoked in (None, "root", "platform"):
        lists = b""
        for name, authority in (("root", root), ("platform", platform)):
            entries = [(serials[name], at, "keyCompromise")] if name == revoked else []
            crl = certificates.make_crl(authority, entries, at, at + DAY).public_bytes(Encoding.PEM)
            (tmp_path / "one.pem").write_bytes(crl)
            read = openssl("crl", "-in", tmp_path / "one.pem", "-noout", "-text")
            assert read.returncode == 0 and (b"Key Compromise" in read.stdout) is bool(entries), read.stderr
            lists += crl
        (tmp_path / "crls.pem").write_bytes(lists)
        command = ["verify", "-x509_strict", "-crl_check_all", "-attime", str(int(at.timestamp()) + 60)]
        result = openssl(
            *command, "-CAfile", tmp_path / "roots.pem", "-untrusted", tmp_path / "chain.pem",
            "-CRLfile", tmp_path / "crls.pem", tmp_path / "leaf.pem",
        )  # fmt: skip
        assert (result.returncode == 0) is (revoked is None), result.stderr
        text = openssl("x509", "-in", tmp_path / "leaf.pem", "-noout", "-text").stdout
        assert b"URI:http://127.0.0.1:1/x.crl" in text and b"CA Issuers - URI:" in text


def test_our_verifier_takes_what_openssl_signs_as_cades(files: Path) -> None:
    w = world()
    (files / "key.pem").write_bytes(keys.save_private_pem(w.supplier.key, None))
    (files / "leaf.pem").write_bytes(certificates.dump_pem([w.supplier.certificate]))
    (files / "chain.pem").write_bytes(certificates.dump_pem(w.supplier.chain))
    signing = ["cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", "-in", files / "x.json"]
    who = ["-signer", files / "leaf.pem", "-inkey", files / "key.pem", "-certfile", files / "chain.pem"]
    result = openssl(*signing, *who, "-cades", "-out", files / "y.p7s")
    assert result.returncode == 0, result.stderr
    signature = (files / "y.p7s").read_bytes()
    assert cms.verify_with_chain(DATA, signature, w.roots, AT, "parties", "party").intermediates
    assert openssl(*signing, *who, "-out", files / "y.p7s").returncode == 0
    with pytest.raises(SignatureInvalid, match="signing-certificate-v2"):
        cms.verify(DATA, (files / "y.p7s").read_bytes())
