"""openssl as referee of our OCSP responder and of the whole chain with the lists that the platform serves."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from signing.certificates import dump_pem
from tests.functional.opening_house import OpeningHouse

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30, cwd=folder)


def test_openssl_asks_and_believes_the_answers(tmp_path: Path) -> None:
    house = OpeningHouse(tmp_path, f"sqlite:///{tmp_path / 'sunseal.db'}")
    try:
        who = house.enrol("supplier")
        house.work()
        keys = house.platform.keys
        files = {"leaf": [who.signer.certificate], "issuer": [keys.parties.certificate], "root": [keys.root]}
        for name, certificates in files.items():
            (tmp_path / f"{name}.pem").write_bytes(dump_pem(certificates))
        asked = ("ocsp", "-issuer", "issuer.pem", "-cert", "leaf.pem", "-reqout", "request.der")
        assert openssl(tmp_path, *asked).returncode == 0

        def answer() -> str:
            data = (tmp_path / "request.der").read_bytes()
            body = house.app.post("/ocsp", data, content_type="application/ocsp-request").body
            (tmp_path / "answer.der").write_bytes(body)
            at = str(int(house.now().timestamp()))
            told = openssl(
                tmp_path, "ocsp", "-reqin", "request.der", "-respin", "answer.der", "-CAfile", "root.pem",
                "-verify_other", "issuer.pem", "-attime", at, "-resp_text",
            )  # fmt: skip
            assert "Response verify OK" in told.stderr, told.stderr
            return told.stdout

        assert "Cert Status: good" in answer()
        path = f"/certificates/{who.fingerprint}/revocation"
        house.call("POST", path, who, {"reason": "keyCompromise"})
        house.clock.ahead(timedelta(hours=24))
        house.work()
        assert "Cert Status: revoked" in answer()

        lists = b""
        for name in ("parties", "root"):
            (tmp_path / "one.crl").write_bytes(house.call("GET", f"/certificates/{name}.crl").body)
            told = openssl(tmp_path, "crl", "-inform", "DER", "-in", "one.crl")
            assert told.returncode == 0
            lists += told.stdout.encode()
        (tmp_path / "crls.pem").write_bytes(lists)
        at = str(int(house.now().timestamp()) + 1)
        checked = openssl(
            tmp_path, "verify", "-crl_check_all", "-attime", at, "-CAfile", "root.pem", "-untrusted",
            "issuer.pem", "-CRLfile", "crls.pem", "leaf.pem",
        )  # fmt: skip
        assert checked.returncode != 0 and "certificate revoked" in checked.stderr
    finally:
        house.close()
