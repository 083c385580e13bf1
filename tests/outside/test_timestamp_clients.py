"""openssl and rfc3161-client as referees of our time-stamps."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc3161_client

from signing.certificates import PlatformSubject, dump_pem, load_pem
from signing.errors import SignatureInvalid
from signing.keys import Signer
from signing.timestamp_messages import build_request, imprint_of, read_reply
from signing.timestamp_outside import verify_outside_token
from signing.timestamps import TimeStampAuthority
from tests.unit.signing.material import AT, World, new_world, signer

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
DATA = b"the value of a receipt's signature"
MOMENT = datetime(2026, 6, 2, 9, 0, 0, 120_500, tzinfo=UTC)


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=30)


@pytest.fixture(scope="module")
def own() -> World:
    return new_world()


def authority(own: World) -> TimeStampAuthority:
    stamper: Signer = signer(own.platform, PlatformSubject("Time-stamps", "timestamp"))
    return TimeStampAuthority(stamper, lambda: MOMENT)


def test_openssl_asks_us_and_accepts_the_answer(own: World, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "roots.pem").write_bytes(dump_pem(own.roots))
    at = ("-CAfile", "roots.pem", "-attime", str(int(AT.timestamp())))
    for digest in ("-sha256", "-sha512"):
        openssl(tmp_path, "ts", "-query", "-data", "data", digest, "-cert", "-out", "q.tsq")
        (tmp_path / "r.tsr").write_bytes(authority(own).reply((tmp_path / "q.tsq").read_bytes()))
        verified = openssl(tmp_path, "ts", "-verify", "-in", "r.tsr", "-queryfile", "q.tsq", *at)
        assert "Verification: OK" in verified.stdout, verified.stderr
    shown = openssl(tmp_path, "ts", "-reply", "-in", "r.tsr", "-text").stdout
    assert "Jun  2 09:00:00.1205 2026 GMT" in shown and "Accuracy: 0x01 seconds" in shown


def test_openssl_accepts_a_token_by_itself_and_no_other_data(own: World, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "roots.pem").write_bytes(dump_pem(own.roots))
    (tmp_path / "t.tst").write_bytes(authority(own).stamp(hashlib.sha256(DATA).digest()))
    command = ("ts", "-verify", "-in", "t.tst", "-token_in", "-data", "data", "-CAfile", "roots.pem")
    at = ("-attime", str(int(AT.timestamp())))
    assert "Verification: OK" in openssl(tmp_path, *command, *at).stdout
    (tmp_path / "data").write_bytes(DATA + b" ")
    assert openssl(tmp_path, *command, *at).returncode != 0


def test_openssl_tells_our_refusals(own: World, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    for arguments, word in (
        (("-sha1",), "unrecognized or unsupported algorithm identifier"),
        (("-sha256", "-tspolicy", "1.2.3.4"), "the requested TSA policy is not supported"),
    ):
        openssl(tmp_path, "ts", "-query", "-data", "data", *arguments, "-out", "q.tsq")
        (tmp_path / "r.tsr").write_bytes(authority(own).reply((tmp_path / "q.tsq").read_bytes()))
        shown = openssl(tmp_path, "ts", "-reply", "-in", "r.tsr", "-text").stdout
        assert "Rejected" in shown and word in shown


CONFIGURATION = """
[dn]
[req]
distinguished_name=dn
[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign
[stamper]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
[tsa]
default_tsa=own
[own]
serial=./serial
signer_cert=tsa.pem
signer_key=tsa.key
signer_digest=sha256
default_policy=1.2.3.4
digests=sha256
accuracy=secs:1
ess_cert_id_alg=sha256
"""


def test_we_accept_the_answer_of_an_authority_that_openssl_makes(tmp_path: Path) -> None:
    (tmp_path / "c.cnf").write_text(CONFIGURATION)
    (tmp_path / "serial").write_text("0A1B\n")
    common = ("-nodes", "-config", "c.cnf")
    root = ["req", "-x509", "-newkey", "rsa:2048", "-keyout", "ca.key", "-out", "ca.pem", "-extensions", "ca"]
    request = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-keyout", "tsa.key"]
    issue = ["x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7"]
    for command in (
        (*root, "-subj", "/CN=Their root", *common),
        (*request, "-out", "tsa.csr", "-subj", "/CN=Their TSA", *common),
        (*issue, "-out", "tsa.pem", "-extfile", "c.cnf", "-extensions", "stamper"),
    ):
        done = openssl(tmp_path, *command)
        assert done.returncode == 0, done.stderr
    imprint = hashlib.sha256(DATA).digest()
    (tmp_path / "q.tsq").write_bytes(build_request(imprint_of(imprint), 2**62 + 1))
    openssl(tmp_path, "ts", "-reply", "-queryfile", "q.tsq", "-config", "c.cnf", "-out", "r.tsr")
    token = read_reply((tmp_path / "r.tsr").read_bytes())
    roots = load_pem((tmp_path / "ca.pem").read_bytes())
    stamp = verify_outside_token(token, imprint, roots, nonce=2**62 + 1)
    assert (stamp.policy, stamp.root) == ("1.2.3.4", roots[0])
    assert abs(stamp.time - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(SignatureInvalid):
        verify_outside_token(token, hashlib.sha256(DATA + b" ").digest(), roots)


def test_rfc3161_client_accepts_our_answer(own: World) -> None:
    asked = rfc3161_client.TimestampRequestBuilder().data(DATA).nonce(nonce=True).build()
    reply = rfc3161_client.decode_timestamp_response(authority(own).reply(asked.as_bytes()))
    verifier = (
        rfc3161_client.VerifierBuilder.from_request(asked).add_root_certificate(own.root.certificate).build()
    )
    assert verifier.verify_message(reply, DATA)
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify_message(reply, DATA + b" ")
