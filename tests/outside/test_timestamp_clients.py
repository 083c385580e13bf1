"""openssl and rfc3161-client as referees of our time-stamps."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc3161_client

from signing.certificates import PlatformSubject, dump_pem
from signing.keys import Signer
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


def test_rfc3161_client_accepts_our_answer(own: World) -> None:
    asked = rfc3161_client.TimestampRequestBuilder().data(DATA).nonce(nonce=True).build()
    reply = rfc3161_client.decode_timestamp_response(authority(own).reply(asked.as_bytes()))
    verifier = (
        rfc3161_client.VerifierBuilder.from_request(asked).add_root_certificate(own.root.certificate).build()
    )
    assert verifier.verify_message(reply, DATA)
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify_message(reply, DATA + b" ")
