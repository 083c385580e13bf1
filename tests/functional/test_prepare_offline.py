"""`sunseal bid prepare` on the base install, with no network at all."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bids.container import SealedBid
from signing.keys import save_pkcs12
from tests.bids_factory import World
from tests.functional.test_base_install import PROGRAM, ROOT, absent_modules

NO_NETWORK = """
import socket
def refuse(*arguments, **options):
    raise AssertionError("the network was used")
socket.socket.connect = socket.getaddrinfo = refuse
"""


class Desk:
    """A supplier's machine: a notice, a key file, an offer, an attachment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        world = World(seed=7, now=datetime.now(UTC).replace(microsecond=0))
        self.tender = world.tender(items=3)
        self.notice = self.tender.notice
        (folder / "notice.json").write_bytes(self.notice.raw)
        (folder / "notice.p7s").write_bytes(self.tender.signature)
        signer = world.suppliers[0].signer
        chain = (*signer.chain, world.root.certificate)
        (folder / "supplier.p12").write_bytes(save_pkcs12(signer.key, signer.certificate, chain, b"secret"))
        (folder / "password").write_text("secret")
        self.offer({item.number: "12.5" for item in self.notice.items})
        (folder / "方案.pdf").write_bytes(b"%PDF-1.7" * 1000)

    def offer(self, prices: dict[str, str]) -> None:
        (self.folder / "offer.json").write_text(json.dumps({"unit_prices": prices}))

    def prepare(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable, "-c", NO_NETWORK + PROGRAM, json.dumps(absent_modules()), "bid", "prepare",
                "--notice", "notice.json", "--offer", "offer.json", "--attach", "方案.pdf", "--key",
                "supplier.p12", "--password-file", "password", "--out", "bid.sealed", "--lang", "en", *more,
            ],
            cwd=self.folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def test_seals_with_no_network_and_no_platform(desk: Desk) -> None:
    done = desk.prepare()
    assert done.returncode == 0, done.stderr
    with (desk.folder / "bid.sealed").open("rb") as source:
        sealed = SealedBid.open(source)
        assert sealed.manifest.tender == desk.notice.tender
        assert f"Bid: {sealed.manifest.bid}" in done.stdout
        assert len(sealed.objects) == 3
    again = desk.prepare()
    assert again.returncode == 1 and "is not overwritten" in again.stderr
    (desk.folder / "bid.sealed").unlink()


def test_refusals_leave_nothing_behind(desk: Desk) -> None:
    before = sorted(path.name for path in desk.folder.iterdir())
    for prices, more, words in (
        ({"1": "-5"}, (), "item 1"),
        ({"99": "5"}, (), "99"),
        (None, ("--offer", "password"), "password is not valid JSON (line 1"),
        (None, ("--notice", "missing.json"), "missing.json"),
        (None, ("--signature", "offer.json"), "signature"),
        (None, ("--attach", "nothing.pdf"), "nothing.pdf"),
        (None, ("--roots", "password"), "PEM"),
    ):
        desk.offer(prices or {item.number: "12.5" for item in desk.notice.items})
        done = desk.prepare(*more)
        assert done.returncode == 1, (more, done.stdout)
        assert done.stderr.startswith("Error: ") and "Traceback" not in done.stderr, done.stderr
        assert words in done.stderr, done.stderr
    assert sorted(path.name for path in desk.folder.iterdir()) == before
