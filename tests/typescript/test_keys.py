"""Keys made in the browser and key files opened there, before the Python code and openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from signing import cms, keys
from signing.certificates import dump_pem, issue, read_csr
from signing.encoding import b64decode, b64encode
from tests.bids_factory import NOW, World
from tests.typescript.node import Node, NodeError

WORLD = World(12)
SUPPLIER = WORLD.suppliers[0]
AT = "2026-06-01T01:00:00Z"
DATA = b"signed"
PASSWORD = "correct horse"


def test_a_key_made_in_the_browser(node: Node) -> None:
    made = node.ask("key.new", name="张三 “Z”")
    assert made["extractable"] is False
    key = read_csr(made["csr"].encode())
    certificate = issue(WORLD.parties, key, SUPPLIER.party, WORLD.issued, 365)
    above = [*WORLD.parties.chain, WORLD.root.certificate]
    asked = {"number": made["number"], "data": b64encode(DATA), "at": AT}
    pem = dump_pem([certificate, *above]).decode()
    signature = b64decode(node.ask("key.sign", certificates=pem, **asked))
    verified = cms.verify_with_chain(DATA, signature, WORLD.roots, NOW, "parties", "party")
    assert verified.certificate == certificate
    with pytest.raises(NodeError) as refusal:
        node.ask("key.sign", certificates=dump_pem([SUPPLIER.signer.certificate]).decode(), **asked)
    assert refusal.value.kind == "CertificateError"


def opened(node: Node, file: bytes, password: str = PASSWORD) -> str:
    """ "signed" if the file gives a signer, else why not."""
    try:
        told = node.ask("key.file", file=b64encode(file), password=password, data=b64encode(DATA), at=AT)
    except NodeError as error:
        assert error.kind == "KeyFileError" and error.reason is not None, error
        return error.reason
    assert told["extractable"] is False
    verified = cms.verify_with_chain(DATA, b64decode(told["signature"]), WORLD.roots, NOW, "parties", "party")
    assert verified.certificate == SUPPLIER.signer.certificate
    return "signed"


def own_file(password: str = PASSWORD) -> bytes:
    signer = SUPPLIER.signer
    above = (*signer.chain, WORLD.root.certificate)
    return keys.save_pkcs12(signer.key, signer.certificate, above, password.encode())


def test_our_own_key_files(node: Node) -> None:
    assert opened(node, own_file()) == "signed"
    assert opened(node, own_file("密码 ü"), "密码 ü") == "signed"
    assert opened(node, own_file(), "wrong") == "password"
    assert opened(node, own_file(), "") == "password"


def test_what_is_no_key_file(node: Node) -> None:
    file = own_file()
    assert opened(node, b"") == "damaged"
    assert opened(node, b"\x30\x03\x02\x01\x03") == "damaged"
    assert opened(node, file[:400]) == "damaged"
    assert opened(node, dump_pem([SUPPLIER.signer.certificate])) == "damaged"


def test_files_of_other_keys(node: Node) -> None:
    signer, encryption = SUPPLIER.signer, BestAvailableEncryption(PASSWORD.encode())
    other = rsa.generate_private_key(65537, 2048)
    unfit = ec.generate_private_key(ec.SECP384R1())
    for key in (other, unfit):
        made = pkcs12.serialize_key_and_certificates(b"x", key, None, [signer.certificate], encryption)
        assert opened(node, made) == "other-key-kind"
    stranger = WORLD.suppliers[1].signer
    made = pkcs12.serialize_key_and_certificates(b"x", stranger.key, None, [signer.certificate], encryption)
    assert opened(node, made) == "other-certificate"
    made = pkcs12.serialize_key_and_certificates(b"x", None, signer.certificate, None, encryption)
    assert opened(node, made) == "no-key"
    made = pkcs12.serialize_key_and_certificates(
        b"x", signer.key, signer.certificate, list(signer.chain), NoEncryption()
    )
    assert opened(node, made) == "signed"


@pytest.mark.outside
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ((), "signed"),
        (("-keypbe", "AES-256-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512"), "signed"),
        (("-certpbe", "NONE"), "signed"),
        (("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"), "legacy"),
        (("-certpbe", "PBE-SHA1-3DES"), "legacy"),
        (("-legacy",), "legacy"),
    ],
)
def test_files_of_openssl(node: Node, tmp_path: Path, options: tuple[str, ...], wanted: str) -> None:
    signer = SUPPLIER.signer
    key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "certificate.pem").write_bytes(signer.certificate.public_bytes(Encoding.PEM))
    above: list[x509.Certificate] = [*signer.chain, WORLD.root.certificate]
    (tmp_path / "above.pem").write_bytes(dump_pem(above))
    command = ["openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "certificate.pem"]
    command += ["-certfile", "above.pem", "-passout", f"pass:{PASSWORD}", "-out", "key.p12", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True)
    if done.returncode and "-legacy" in options:
        pytest.skip("this openssl comes without its legacy algorithms")
    assert done.returncode == 0, done.stderr
    assert opened(node, (tmp_path / "key.p12").read_bytes()) == wanted
